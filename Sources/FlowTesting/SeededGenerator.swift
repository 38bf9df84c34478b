// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same for the same seed (SplitMix64), so that a failing case can be made again.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The sequence of a seed.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// True `percent` times out of a hundred.
    public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// A number from 0 up to `bound`, which is at least 1. The tiny bias of the remainder does not matter here.
    public mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }

    /// One of the values, of which there is at least one.
    public mutating func pick<Value>(_ values: [Value]) -> Value { values[below(values.count)] }
}
