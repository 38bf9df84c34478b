// SPDX-License-Identifier: Apache-2.0

package import FlowCore
import Glibc

/// Reads how long a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
package enum RetryAfter {
    /// The wait; nil when none is asked for or it cannot be read. At most a day: more is a mistake of the server.
    package static func wait(
        _ headers: [(name: String, value: String)], now: Int64 = Int64(time(nil))
    ) -> Milliseconds? {
        func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        var wait: Double?
        if let text = value("retry-after-ms"), let milliseconds = Double(text) {
            wait = milliseconds
        } else if let text = value("retry-after") {
            // The server's own clock, if it tells it, counts for its date.
            let clock = value("date").flatMap(seconds(ofDate:)) ?? now
            wait = Double(text).map { $0 * 1000 } ?? seconds(ofDate: text).map { Double($0 - clock) * 1000 }
        }
        guard let wait, wait.isFinite else { return nil }
        return Milliseconds(Int64(Swift.min(Swift.max(0, wait), 86_400_000).rounded(.up)))
    }

    /// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func seconds(ofDate text: String) -> Int64? {
        let words = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]), let year = Int32(words[3]),
            let month = months.firstIndex(of: String(words[2])), (1970...9999).contains(year), (1...31).contains(day)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int32($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = Int32(month)
        parts.tm_mday = day
        parts.tm_hour = clock[0]
        parts.tm_min = clock[1]
        parts.tm_sec = clock[2]
        return Int64(timegm(&parts))
    }
}
