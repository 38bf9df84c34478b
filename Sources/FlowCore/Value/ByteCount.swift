// SPDX-License-Identifier: Apache-2.0

/// A number of bytes as workflows write it: `512B 64KiB 10MiB 2GiB`.
public struct ByteCount: Sendable, Hashable {
    public var bytes: Int64

    /// A number of bytes.
    public init(_ bytes: Int64) { self.bytes = bytes }

    /// Parses a number with a binary unit (`B KiB MiB GiB TiB`); nil for anything else and for more than 8 EiB.
    public init?(parsing text: some StringProtocol) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let amount = Double(digits), !digits.hasPrefix("."), !digits.hasSuffix(".") else { return nil }
        let factor: Double
        switch text.dropFirst(digits.count) {
        case "B": factor = 1
        case "KiB": factor = 1024
        case "MiB": factor = 1_048_576
        case "GiB": factor = 1_073_741_824
        case "TiB": factor = 1_099_511_627_776
        default: return nil
        }
        guard let bytes = Int64(exactly: (amount * factor).rounded()) else { return nil }
        self.init(bytes)
    }

    /// `512 B`, `1.5 KiB`, `2.0 GiB`. What rounds to 1024 of a unit is 1 of the next.
    public var description: String {
        if bytes < 1024 { return "\(bytes) B" }
        var amount = Double(bytes)
        var unit = ""
        for next in ["KiB", "MiB", "GiB", "TiB"] where unit.isEmpty || amount >= 1023.95 {
            amount /= 1024
            unit = next
        }
        let tenths = Int64((amount * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
