// SPDX-License-Identifier: Apache-2.0

/// A time pattern: `%d %m %Y %y %H %I %M %S %b %p %%`, and text that must stand as it is. White space in the pattern
/// stands for any white space, also none.
struct TimeFormat: Sendable, Hashable {
    /// What is wrong with a pattern.
    struct Fault: Error {
        var message: String
    }

    private enum Part: Sendable, Hashable {
        case literal(UInt8)
        case space
        case day, month, year, shortYear, hour, hour12, minute, second, monthName, half
    }

    /// The pattern as it is written.
    let text: String
    private let parts: [Part]

    /// Reads a pattern.
    init(_ text: String) throws(Fault) {
        self.text = text
        var parts: [Part] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                parts.append(Self.isSpace(byte) ? .space : .literal(byte))
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "d"): parts.append(.day)
            case UInt8(ascii: "m"): parts.append(.month)
            case UInt8(ascii: "Y"): parts.append(.year)
            case UInt8(ascii: "y"): parts.append(.shortYear)
            case UInt8(ascii: "H"): parts.append(.hour)
            case UInt8(ascii: "I"): parts.append(.hour12)
            case UInt8(ascii: "M"): parts.append(.minute)
            case UInt8(ascii: "S"): parts.append(.second)
            case UInt8(ascii: "b"): parts.append(.monthName)
            case UInt8(ascii: "p"): parts.append(.half)
            case UInt8(ascii: "%"): parts.append(.literal(UInt8(ascii: "%")))
            case let other:
                let letter = other.map { String(decoding: [$0], as: UTF8.self) } ?? ""
                throw Fault(message: "`%\(letter)` is not known in a time format (%d %m %Y %y %H %I %M %S %b %p %%)")
            }
        }
        self.parts = parts
        let hasYear = parts.contains(.year) || parts.contains(.shortYear)
        let hasMonth = parts.contains(.month) || parts.contains(.monthName)
        guard hasYear, hasMonth, parts.contains(.day) else {
            throw Fault(message: "the time format `\(text)` lacks the day, the month or the year")
        }
    }

    /// The time that a text means by this pattern; nil when it does not fit or there is no such time.
    func read(_ bytes: ArraySlice<UInt8>) -> TableTime? {
        var reader = DigitReader(bytes)
        var time = TableTime()
        var half: Int?
        for part in parts {
            switch part {
            case .literal(let byte): guard reader.take(byte) else { return nil }
            case .space: reader.skipSpaces()
            case .day: guard reader.number(1...2, into: &time.day) else { return nil }
            case .month: guard reader.number(1...2, into: &time.month) else { return nil }
            case .year: guard reader.number(4...4, into: &time.year) else { return nil }
            case .shortYear:
                guard reader.number(2...2, into: &time.year) else { return nil }
                // The rule of POSIX.
                time.year += time.year < 69 ? 2000 : 1900
            case .hour, .hour12:
                guard reader.number(1...2, into: &time.hour) else { return nil }
                if part == .hour12, !(1...12).contains(time.hour) { return nil }
            case .minute: guard reader.number(1...2, into: &time.minute) else { return nil }
            case .second: guard reader.number(1...2, into: &time.second) else { return nil }
            case .monthName:
                guard let month = reader.monthName() else { return nil }
                time.month = month
            case .half:
                guard let found = reader.half() else { return nil }
                half = found
            }
        }
        if let half {
            guard (1...12).contains(time.hour) else { return nil }
            time.hour = time.hour % 12 + half
        }
        return reader.isAtEnd && time.isValid ? time : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
