// SPDX-License-Identifier: Apache-2.0

/// A source text with its line table.
public struct SourceFile: Sendable {
    /// The name shown to users: a path as they wrote it, or `<stdin>`.
    public let name: String
    /// The text.
    public let bytes: [UInt8]
    /// The offsets at which lines begin.
    private let lineStarts: [UInt32]

    /// A file with its text. Lines end in LF, CRLF or CR.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        var starts: [UInt32] = [0]
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 0x0D, index < bytes.count, bytes[index] == 0x0A { index += 1 }
            if byte == 0x0A || byte == 0x0D { starts.append(UInt32(clamping: index)) }
        }
        lineStarts = starts
    }

    /// A file with its text.
    public init(name: String, text: String) {
        self.init(name: name, bytes: Array(text.utf8))
    }

    /// The number of lines.
    public var lineCount: Int { lineStarts.count }

    /// The line and column of a byte offset. An offset past the end is the end.
    public func position(at offset: Int) -> SourcePosition {
        let offset = Swift.max(0, Swift.min(offset, bytes.count))
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
        }
        var column = 1
        for byte in bytes[Int(lineStarts[low])..<offset] where byte & 0xC0 != 0x80 { column += 1 }
        return SourcePosition(line: low + 1, column: column)
    }

    /// The text of a line without its line break. `line` counts from 1; a line that does not exist is empty.
    public func line(_ line: Int) -> String {
        guard line >= 1, line <= lineStarts.count else { return "" }
        let start = Int(lineStarts[line - 1])
        var end = line < lineStarts.count ? Int(lineStarts[line]) : bytes.count
        while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// The text of a byte range; parts outside the file are left out.
    public func text(_ span: SourceSpan) -> String {
        let start = Swift.min(Int(span.start), bytes.count)
        let end = Swift.max(start, Swift.min(Int(span.end), bytes.count))
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}

/// The files that spans refer to.
public struct SourceMap: Sendable {
    /// The files, by the index that `SourceSpan.file` holds.
    public private(set) var files: [SourceFile] = []

    /// A map without files.
    public init() {}

    /// Adds a file and returns its index.
    public mutating func add(_ file: SourceFile) -> Int {
        files.append(file)
        return files.count - 1
    }

    /// The file of a span, if it has one.
    public func file(of span: SourceSpan) -> SourceFile? {
        Int(span.file) < files.count ? files[Int(span.file)] : nil
    }

    /// `name:line:column` of the span's first byte.
    public func place(of span: SourceSpan) -> String {
        guard let file = file(of: span) else { return "<unknown>" }
        let position = file.position(at: Int(span.start))
        return "\(file.name):\(position.line):\(position.column)"
    }
}
