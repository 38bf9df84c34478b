// SPDX-License-Identifier: Apache-2.0

/// A moment of the wall clock: milliseconds since 1970-01-01T00:00:00Z. For records and for waits that outlive a
/// process; time limits within a process use the monotonic clock.
public struct Timestamp: Sendable, Hashable, Comparable {
    public var milliseconds: Int64

    /// A moment by its milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// The moment `duration` later; stops at the end of the range.
    public func advanced(by duration: Milliseconds) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(duration.count)
        return Timestamp(milliseconds: overflow ? (duration.count < 0 ? .min : .max) : sum)
    }

    /// The time from `earlier` to this moment; stops at the end of the range.
    public func since(_ earlier: Timestamp) -> Milliseconds {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return Milliseconds(overflow ? (milliseconds < 0 ? .min : .max) : difference)
    }

    /// ISO 8601 in UTC with milliseconds: `2026-11-21T05:10:00.000Z`. Days to civil date after H. Hinnant's
    /// `civil_from_days`.
    public var iso8601: String {
        let milli = milliseconds.quotientAndRemainderFloored(by: 1000)
        let day = milli.quotient.quotientAndRemainderFloored(by: 86_400)
        let z = day.quotient + 719_468
        let era = z.quotientAndRemainderFloored(by: 146_097)
        let dayOfEra = era.remainder
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * shifted + 2) / 5 + 1
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era.quotient * 400 + (month <= 2 ? 1 : 0)
        let second = day.remainder
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))T\(pad(second / 3600, 2)):"
            + "\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2)).\(pad(milli.remainder, 3))Z"
    }

    /// A moment from `YYYY-MM-DD`, `YYYY-MM-DDTHH:MM[:SS[.mmm]]` with `Z`, `±HH:MM` or nothing (UTC); nil for
    /// any other text and for days that do not exist.
    public init?(iso8601 text: some StringProtocol) {
        var scanner = DigitScanner(bytes: Array(text.utf8))
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year)
        else { return nil }
        var milliseconds = Self.daysSince1970(year: year, month: month, day: day) * 86_400_000
        if scanner.skip("T") || scanner.skip(" ") {
            guard let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2), hour < 24,
                minute < 60
            else { return nil }
            milliseconds += hour * 3_600_000 + minute * 60_000
            if scanner.skip(":") {
                guard let second = scanner.number(2), second < 60 else { return nil }
                milliseconds += second * 1000
                if scanner.skip(".") {
                    guard let milli = scanner.fraction() else { return nil }
                    milliseconds += milli
                }
            }
            if !scanner.skip("Z") {
                let sign: Int64 = scanner.skip("+") ? -1 : scanner.skip("-") ? 1 : 0
                if sign != 0 {
                    guard let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2),
                        hour < 24, minute < 60
                    else { return nil }
                    milliseconds += sign * (hour * 3_600_000 + minute * 60_000)
                }
            }
        }
        guard scanner.atEnd else { return nil }
        self.init(milliseconds: milliseconds)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// After H. Hinnant's `days_from_civil`.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.quotientAndRemainderFloored(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = era.remainder * 365 + era.remainder / 4 - era.remainder / 100 + dayOfYear
        return era.quotient * 146_097 + dayOfEra - 719_468
    }
}

private func pad(_ value: Int64, _ width: Int) -> String {
    guard value >= 0 else { return "-" + pad(-value, width) }
    let text = String(value)
    return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
}

extension Int64 {
    fileprivate func quotientAndRemainderFloored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

private struct DigitScanner {
    let bytes: [UInt8]
    var index = 0

    var atEnd: Bool { index == bytes.count }

    mutating func number(_ digits: Int) -> Int64? {
        guard index + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[index..<index + digits] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        index += digits
        return value
    }

    /// Milliseconds from the digits after the point; digits after the third are dropped.
    mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var digits = 0
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
            if digits < 3 { value = value * 10 + Int64(bytes[index] - 0x30) }
            digits += 1
            index += 1
        }
        guard digits > 0 else { return nil }
        for _ in Swift.min(digits, 3)..<3 { value *= 10 }
        return value
    }

    mutating func skip(_ character: Character) -> Bool {
        guard index < bytes.count, let ascii = character.asciiValue, bytes[index] == ascii else { return false }
        index += 1
        return true
    }
}
