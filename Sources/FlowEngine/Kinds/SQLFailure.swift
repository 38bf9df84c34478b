// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

/// A failure of a query, with its place in the script.
struct SQLFailure: Error {
    var failure: NodeFailure

    init(_ failure: NodeFailure) { self.failure = failure }

    /// A failure outside of the script.
    init(_ error: SQLiteError, _ isCancelled: Bool) {
        failure = NodeFailure(Self.reason(of: error, isCancelled), "the tables cannot be loaded: \(error.message)")
    }

    /// A failure of a statement that begins at `start` of the script, if SQLite does not say where more exactly.
    init(_ error: SQLiteError, in script: SourceFile, start: Int, isCancelled: Bool) {
        let position = script.position(at: error.offset ?? Self.skippingComments(script.bytes, from: start))
        var message = error.message
        if error.isDenied { message = "a query may not do this: \(message)" }
        let reason = Self.reason(of: error, isCancelled)
        if reason == .cancelled { message = "the query was cancelled" }
        let line = script.line(position.line)
        let caret = String(repeating: " ", count: max(0, min(position.column - 1, 200))) + "^"
        failure = NodeFailure(
            reason, "\(script.name):\(position.line):\(position.column): \(message)",
            excerpt: line.utf8.count <= 500 ? "\(line)\n\(caret)" : nil)
    }

    private static func reason(of error: SQLiteError, _ isCancelled: Bool) -> FailureReason {
        if error.isInterrupted, isCancelled { return .cancelled }
        return error.isFull || error.isIOError || error.isCannotOpen ? .storage : .badData
    }

    /// The first byte at or after `start` that belongs to a statement.
    private static func skippingComments(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if bytes[index] == UInt8(ascii: "-"), next == UInt8(ascii: "-") {
                index = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
            } else if bytes[index] == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                index += 2
                while index < bytes.count {
                    if bytes[index] == UInt8(ascii: "/"), bytes[index - 1] == UInt8(ascii: "*"), index > start + 2 {
                        break
                    }
                    index += 1
                }
                index += 1
            } else if bytes[index] <= 0x20 || bytes[index] == UInt8(ascii: ";") {
                index += 1
            } else {
                return index
            }
        }
        return min(start, bytes.count)
    }
}
