// SPDX-License-Identifier: Apache-2.0

/// A point of the calendar without a zone, as tables hold it.
struct TableTime: Hashable {
    var year = 0
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var milliseconds = 0

    /// Whether the calendar has it.
    var isValid: Bool {
        (1...12).contains(month) && day >= 1 && day <= Self.length(of: month, in: year) && (0...9999).contains(year)
            && (0..<24).contains(hour) && (0..<60).contains(minute) && (0..<60).contains(second)
    }

    var isMidnight: Bool { hour == 0 && minute == 0 && second == 0 && milliseconds == 0 }

    /// `2016-02-29`.
    var dateText: String { "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }

    /// `2016-02-29 01:16:00`, the form that the functions of SQLite give and take; with `.250` where there is a fraction.
    var text: String {
        let clock = "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
        return "\(dateText) \(clock)\(milliseconds == 0 ? "" : ".\(Self.padded(milliseconds, 3))")"
    }

    init() {}

    /// Reads ISO 8601: `2016-02-29`, `2016-02-29 01:16`, `2016-02-29T01:16:00.250+02:00`. A zone is taken to UTC.
    init?(iso8601 bytes: ArraySlice<UInt8>) {
        var reader = DigitReader(bytes)
        guard reader.number(4...4, into: &year), reader.take(UInt8(ascii: "-")), reader.number(2...2, into: &month),
            reader.take(UInt8(ascii: "-")), reader.number(2...2, into: &day)
        else { return nil }
        var shift = 0
        if reader.take(UInt8(ascii: "T")) || reader.take(UInt8(ascii: "t")) || reader.take(0x20) {
            guard reader.number(2...2, into: &hour), reader.take(UInt8(ascii: ":")),
                reader.number(2...2, into: &minute)
            else { return nil }
            if reader.take(UInt8(ascii: ":")) {
                guard reader.number(2...2, into: &second) else { return nil }
                if reader.take(UInt8(ascii: ".")) || reader.take(UInt8(ascii: ",")) {
                    guard let fraction = reader.milliseconds() else { return nil }
                    milliseconds = fraction
                }
            }
            guard let zone = reader.zone() else { return nil }
            shift = zone
        }
        guard reader.isAtEnd, isValid else { return nil }
        if shift != 0 { move(byMinutes: -shift) }
        guard isValid else { return nil }
    }

    /// Moves by less than two days.
    private mutating func move(byMinutes shift: Int) {
        var total = hour * 60 + minute + shift
        while total < 0 {
            total += 1440
            day -= 1
            if day < 1 {
                month -= 1
                if month < 1 {
                    month = 12
                    year -= 1
                }
                day = Self.length(of: month, in: year)
            }
        }
        while total >= 1440 {
            total -= 1440
            day += 1
            if day > Self.length(of: month, in: year) {
                day = 1
                month += 1
                if month > 12 {
                    month = 1
                    year += 1
                }
            }
        }
        hour = total / 60
        minute = total % 60
    }

    private static func length(of month: Int, in year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}

/// Takes the parts of a time off the front of a text.
struct DigitReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func skipSpaces() {
        while let byte = rest.first, byte == 0x20 || (0x09...0x0D).contains(byte) { rest.removeFirst() }
    }

    private mutating func digit() -> Int? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest.removeFirst()
        return Int(byte - 0x30)
    }

    /// A number of so many digits.
    mutating func number(_ digits: ClosedRange<Int>, into value: inout Int) -> Bool {
        var count = 0
        var number = 0
        while count < digits.upperBound, let digit = digit() {
            number = number * 10 + digit
            count += 1
        }
        value = number
        return digits.contains(count)
    }

    /// A fraction of any length, of which three digits count.
    mutating func milliseconds() -> Int? {
        var value = 0
        var count = 0
        while let digit = digit() {
            if count < 3 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        while count < 3 {
            value *= 10
            count += 1
        }
        return value
    }

    /// The minutes that a zone is ahead of UTC; none is UTC.
    mutating func zone() -> Int? {
        if rest.isEmpty || take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) { return 0 }
        let isBehind = take(UInt8(ascii: "-"))
        var hours = 0
        var minutes = 0
        guard isBehind || take(UInt8(ascii: "+")), number(2...2, into: &hours), hours < 24 else { return nil }
        if !rest.isEmpty {
            _ = take(UInt8(ascii: ":"))
            guard number(2...2, into: &minutes), minutes < 60 else { return nil }
        }
        return (hours * 60 + minutes) * (isBehind ? -1 : 1)
    }

    /// `Jan` to `Dec` in any case; gives 1 to 12.
    mutating func monthName() -> Int? {
        guard rest.count >= 3 else { return nil }
        let name = rest.prefix(3).map { $0 | 0x20 }
        let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        guard let index = names.firstIndex(where: { $0.utf8.elementsEqual(name) }) else { return nil }
        rest.removeFirst(3)
        return index + 1
    }

    /// `AM` or `PM` in any case; gives the hours to add.
    mutating func half() -> Int? {
        guard rest.count >= 2 else { return nil }
        let word = rest.prefix(2).map { $0 | 0x20 }
        guard word == Array("am".utf8) || word == Array("pm".utf8) else { return nil }
        rest.removeFirst(2)
        return word[0] == UInt8(ascii: "p") ? 12 : 0
    }
}
