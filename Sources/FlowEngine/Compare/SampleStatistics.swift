// SPDX-License-Identifier: Apache-2.0

/// How many numbers there are, their mean, and how far they spread.
public struct SampleStatistics: Sendable, Hashable {
    public var count: Int
    public var mean: Double
    /// The standard deviation of the sample (n − 1 below the line); nil for less than two numbers.
    public var deviation: Double?

    /// The statistics of some numbers; by Welford's method, which does not lose digits when the mean is large.
    public init(_ numbers: [Double]) {
        var mean = 0.0
        var squares = 0.0
        for (place, number) in numbers.enumerated() {
            let delta = number - mean
            mean += delta / Double(place + 1)
            squares += delta * (number - mean)
        }
        count = numbers.count
        self.mean = mean
        deviation = numbers.count > 1 ? (squares / Double(numbers.count - 1)).squareRoot() : nil
    }
}
