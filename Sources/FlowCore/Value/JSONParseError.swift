// SPDX-License-Identifier: Apache-2.0

/// A text is not the JSON that was asked for.
public struct JSONParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong: lower case, no full stop.
    public let message: String
    /// The offset of the first byte that is wrong, from 0.
    public let offset: Int

    /// An error at a byte offset.
    public init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    /// The message with its offset.
    public var description: String { "\(message) (at byte \(offset))" }
}
