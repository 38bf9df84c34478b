// SPDX-License-Identifier: Apache-2.0

/// A stretch of source text: a file of a `SourceMap` and byte offsets in it. Twelve bytes, so that every value can
/// carry its place; lines and columns are worked out only when something is printed.
public struct SourceSpan: Sendable, Hashable {
    /// The file, as an index into the `SourceMap`.
    public var file: UInt32
    /// The offset of the first byte.
    public var start: UInt32
    /// The offset after the last byte.
    public var end: UInt32

    /// The bytes `start..<end` of file `file`.
    public init(file: Int, start: Int, end: Int) {
        self.file = UInt32(clamping: file)
        self.start = UInt32(clamping: start)
        self.end = UInt32(clamping: Swift.max(start, end))
    }

    /// The place of something that no file holds.
    public static let none = SourceSpan(file: Int(UInt32.max), start: 0, end: 0)

    /// Whether the span lies in a file.
    public var isKnown: Bool { file != UInt32.max }
}

/// A line and column as people count them.
public struct SourcePosition: Sendable, Hashable {
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int

    /// A position. Both count from 1.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
