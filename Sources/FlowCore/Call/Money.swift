// SPDX-License-Identifier: Apache-2.0

/// An amount of US dollars, exact to a millionth of a millionth: prices are given for a million tokens, so the price of
/// one token is a whole number of these. Sums are clamped, because amounts come from outside.
public struct Money: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Millionths of a millionth of a dollar.
    public var picodollars: Int64

    /// An amount.
    public init(picodollars: Int64) { self.picodollars = picodollars }

    /// The amount nearest to a number of dollars; out of range becomes the largest amount.
    public init(dollars: Double) {
        let scaled = (dollars * 1e12).rounded()
        picodollars = scaled.isNaN ? 0 : scaled >= 9.2e18 ? .max : scaled <= -9.2e18 ? .min : Int64(scaled)
    }

    /// Nothing.
    public static let zero = Money(picodollars: 0)

    /// The amount as a number of dollars.
    public var dollars: Double { Double(picodollars) / 1e12 }

    public static func < (a: Money, b: Money) -> Bool { a.picodollars < b.picodollars }

    /// The sum, or the largest amount.
    public static func + (a: Money, b: Money) -> Money {
        let (sum, overflow) = a.picodollars.addingReportingOverflow(b.picodollars)
        return Money(picodollars: overflow ? (b.picodollars < 0 ? .min : .max) : sum)
    }

    /// The difference, or the largest amount.
    public static func - (a: Money, b: Money) -> Money {
        let (difference, overflow) = a.picodollars.subtractingReportingOverflow(b.picodollars)
        return Money(picodollars: overflow ? (b.picodollars < 0 ? .max : .min) : difference)
    }

    /// The amount for a number of units, or the largest amount.
    public static func * (a: Money, count: Int) -> Money {
        let (product, overflow) = a.picodollars.multipliedReportingOverflow(by: Int64(count))
        return Money(picodollars: overflow ? ((a.picodollars < 0) != (count < 0) ? .min : .max) : product)
    }

    /// Dollars with six decimals, such as `$0.012300`.
    public var description: String {
        let micro = picodollars / 1_000_000 + (abs(picodollars % 1_000_000) >= 500_000 ? picodollars.signum() : 0)
        let magnitude = micro.magnitude
        let fraction = String(magnitude % 1_000_000)
        let padding = String(repeating: "0", count: 6 - fraction.count)
        return "\(micro < 0 ? "-" : "")$\(magnitude / 1_000_000).\(padding)\(fraction)"
    }
}
