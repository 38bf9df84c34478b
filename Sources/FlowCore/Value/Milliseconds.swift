// SPDX-License-Identifier: Apache-2.0

/// A length of time in whole milliseconds, as workflows write it: `500ms 10s 5m 2h 1d`.
public struct Milliseconds: Sendable, Hashable, Comparable {
    public var count: Int64

    /// A length of `count` milliseconds.
    public init(_ count: Int64) { self.count = count }

    public static let zero = Milliseconds(0)

    /// The longest time a workflow may name: ten years.
    public static let longest = Milliseconds(3650 * 86_400_000)

    public static func < (a: Milliseconds, b: Milliseconds) -> Bool { a.count < b.count }

    /// Parses one number with a unit (`ms s m h d`), also several after each other (`1h30m`); nil for anything
    /// else, for nothing, and for more than ten years.
    public init?(parsing text: some StringProtocol) {
        var total = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let amount = Double(digits), !digits.hasPrefix("."), !digits.hasSuffix(".") else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "ms": total += amount
            case "s": total += amount * 1000
            case "m": total += amount * 60_000
            case "h": total += amount * 3_600_000
            case "d": total += amount * 86_400_000
            default: return nil
            }
        }
        guard total <= Double(Self.longest.count) else { return nil }
        self.init(Int64(total.rounded()))
    }

    /// The length for the standard library's clocks.
    public var duration: Duration { .milliseconds(count) }

    /// The shortest text people read at once: `850ms`, `12.4s`, `3m05s`, `2h10m`, `4d03h`.
    public var description: String {
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        switch count {
        case ..<1000: return "\(count)ms"
        case ..<60_000: return "\(count / 1000).\(count % 1000 / 100)s"
        case ..<3_600_000: return "\(count / 60_000)m\(two(count / 1000 % 60))s"
        case ..<86_400_000: return "\(count / 3_600_000)h\(two(count / 60_000 % 60))m"
        default: return "\(count / 86_400_000)d\(two(count / 3_600_000 % 24))h"
        }
    }
}
