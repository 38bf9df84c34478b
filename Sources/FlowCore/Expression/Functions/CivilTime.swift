// SPDX-License-Identifier: Apache-2.0

/// A time of the Gregorian calendar in UTC, years 0 to 9999.
struct CivilTime: Hashable {
    private(set) var year = 0
    private(set) var month = 1
    private(set) var day = 1
    private(set) var hour = 0
    private(set) var minute = 0
    private(set) var second = 0
    private(set) var milliseconds = 0

    /// Days since 1970-01-01.
    private let days: Int

    /// Reads `2026-03-01`, `2026-03-01T12:30`, `2026-03-01 12:30:15.250+02:00` and their like. Without a zone it is UTC.
    init?(iso8601 text: String) {
        guard text.utf8.count <= 40 else { return nil }
        var reader = Reader(bytes: Array(text.trimmed.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), (1...12).contains(month), day >= 1, day <= Self.length(of: month, in: year)
        else { return nil }
        var seconds = 0
        var fraction = 0
        if reader.take("T") || reader.take("t") || reader.take(" ") {
            guard let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), hour < 24, minute < 60
            else { return nil }
            seconds = hour * 3600 + minute * 60
            if reader.take(":") {
                guard let second = reader.number(2), second <= 60 else { return nil }
                // A leap second is counted as the second before it.
                seconds += Swift.min(second, 59)
                if reader.take(".") || reader.take(",") {
                    guard let milliseconds = reader.milliseconds() else { return nil }
                    fraction = milliseconds
                }
            }
            guard let offset = reader.offset() else { return nil }
            seconds -= offset
        }
        guard reader.isAtEnd else { return nil }
        let midnight = Self.days(year, month, day)
        let shift = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        self.init(days: midnight + shift, secondOfDay: seconds - shift * 86_400, milliseconds: fraction)
        guard (0...9999).contains(self.year) else { return nil }
    }

    private init(days: Int, secondOfDay: Int, milliseconds: Int) {
        self.days = days
        // The calendar repeats every 400 years of 146,097 days; years are counted from March here.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
        self.milliseconds = milliseconds
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func length(of month: Int, in year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// What a letter of strftime stands for; nil if it is not known.
    func part(_ letter: Unicode.Scalar) -> String? {
        let weekday = ((days + 4) % 7 + 7) % 7
        switch letter {
        case "Y": return Self.padded(year, 4)
        case "y": return Self.padded(year % 100, 2)
        case "m": return Self.padded(month, 2)
        case "d": return Self.padded(day, 2)
        case "e": return day < 10 ? " \(day)" : "\(day)"
        case "j": return Self.padded(days - Self.days(year, 1, 1) + 1, 3)
        case "H": return Self.padded(hour, 2)
        case "I": return Self.padded((hour + 11) % 12 + 1, 2)
        case "M": return Self.padded(minute, 2)
        case "S": return Self.padded(second, 2)
        case "L": return Self.padded(milliseconds, 3)
        case "p": return hour < 12 ? "AM" : "PM"
        case "B": return Self.months[month - 1]
        case "b": return String(Self.months[month - 1].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "u": return "\(weekday == 0 ? 7 : weekday)"
        case "w": return "\(weekday)"
        case "F": return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        case "T": return "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
        case "R": return "\(Self.padded(hour, 2)):\(Self.padded(minute, 2))"
        case "s": return "\(days * 86_400 + hour * 3600 + minute * 60 + second)"
        case "z": return "+0000"
        case "Z": return "UTC"
        case "%": return "%"
        default: return nil
        }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: Swift.max(0, width - text.count)) + text
    }
}

extension CivilTime {
    /// Reads the parts of a time.
    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard index < bytes.count, UInt32(bytes[index]) == scalar.value else { return false }
            index += 1
            return true
        }

        private mutating func digit() -> Int? {
            guard index < bytes.count, (0x30...0x39).contains(bytes[index]) else { return nil }
            index += 1
            return Int(bytes[index - 1] - 0x30)
        }

        mutating func number(_ count: Int) -> Int? {
            var value = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// A fraction of any length, of which three digits count.
        mutating func milliseconds() -> Int? {
            var value = 0
            var count = 0
            while let digit = digit() {
                if count < 3 { value = value * 10 + digit }
                count += 1
            }
            if count == 0 { return nil }
            while count < 3 {
                value *= 10
                count += 1
            }
            return value
        }

        /// The seconds that a zone is ahead of UTC.
        mutating func offset() -> Int? {
            if isAtEnd || take("Z") || take("z") { return 0 }
            let isBehind = take("-")
            guard isBehind || take("+"), let hours = number(2), hours <= 23 else { return nil }
            var seconds = hours * 3600
            if !isAtEnd {
                _ = take(":")
                guard let minutes = number(2), minutes < 60 else { return nil }
                seconds += minutes * 60
            }
            return isBehind ? -seconds : seconds
        }
    }
}
