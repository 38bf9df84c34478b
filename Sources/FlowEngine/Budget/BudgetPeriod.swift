// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The time after which a shared budget begins anew. Days are those of UTC, weeks begin on Monday.
public enum BudgetPeriod: String, Sendable, Hashable, CaseIterable {
    case day, week, month, total

    /// The number of the day of a moment, counted from 1970-01-01.
    static func day(of moment: Timestamp) -> Int64 {
        let (quotient, remainder) = moment.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The days of the period that a moment is in, by their numbers.
    func days(around moment: Timestamp) -> ClosedRange<Int64> {
        let day = Self.day(of: moment)
        switch self {
        case .day: return day...day
        case .week:
            // 1970-01-01 was a Thursday.
            let sinceMonday = (day % 7 + 7 + 3) % 7
            return day - sinceMonday...day - sinceMonday + 6
        case .month:
            let first = day - Self.dayOfMonth(day) + 1
            // The 32nd day after the first of a month is in the next one.
            return first...first + 31 - Self.dayOfMonth(first + 31)
        case .total: return .min ... .max
        }
    }

    private static func dayOfMonth(_ day: Int64) -> Int64 {
        let (moment, overflow) = day.multipliedReportingOverflow(by: 86_400_000)
        let text = Timestamp(milliseconds: overflow ? 0 : moment).iso8601
        guard let mark = text.firstIndex(of: "T") else { return 1 }
        return Int64(text[..<mark].suffix(2)) ?? 1
    }

    /// The period in words, for a moment in it: `2026-11-21`, `the week of 2026-11-16`, `2026-11`, `in total`.
    public func title(at moment: Timestamp) -> String {
        func date(_ day: Int64) -> Substring { Timestamp(milliseconds: day * 86_400_000).iso8601.prefix(10) }
        return switch self {
        case .day: String(date(Self.day(of: moment)))
        case .week: "the week of \(date(days(around: moment).lowerBound))"
        case .month: String(date(Self.day(of: moment)).prefix(7))
        case .total: "in total"
        }
    }
}
