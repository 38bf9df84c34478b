// SPDX-License-Identifier: Apache-2.0

/// Reads CSV and its kin after RFC 4180: quotes are doubled, quoted cells may hold line breaks, lines end in LF, CRLF
/// or CR. Empty lines are left out.
struct DelimitedReader: TableReader {
    private(set) var columns: [String] = []
    private let source: TableByteSource
    private let delimiter: UInt8
    private let limits: TableLimits
    /// The names come from outside, and the first line is a row.
    private let isHeaderless: Bool
    private var chunk: [UInt8] = []
    private var index = 0
    /// The line that the next byte is on.
    private var line = 1
    /// The last byte was a CR; a LF now belongs to it.
    private var isAfterCR = false
    private var rows = 0

    private enum State {
        case cellStart, plain, quoted, quoteInQuoted
    }

    /// Reads the header.
    init(_ source: TableByteSource, delimiter: UInt8, header: [String]?, limits: TableLimits) throws(TableError) {
        self.source = source
        self.delimiter = delimiter
        self.limits = limits
        isHeaderless = header != nil
        if let header {
            columns = ColumnNames.unique(header)
        } else {
            columns = try readHeader()
        }
        guard columns.count <= limits.columns else {
            throw TableError(source.name, line: 1, "has \(columns.count) columns, the limit is \(limits.columns)")
        }
    }

    mutating func rewind() throws(TableError) {
        try source.rewind()
        chunk.removeAll(keepingCapacity: true)
        index = 0
        line = 1
        isAfterCR = false
        rows = 0
        if !isHeaderless { _ = try readHeader() }
    }

    private mutating func readHeader() throws(TableError) -> [String] {
        var row = TableRow()
        guard try readRow(&row) else { throw TableError(source.name, line: 1, "is empty: a header line is needed") }
        var names: [String] = []
        for index in 0..<row.count {
            guard let name = String(validating: row.bytes[row.range(index)], as: UTF8.self) else {
                throw TableError(source.name, line: row.line, "the header is not UTF-8: set `encoding`")
            }
            names.append(name.trimmingSpaces())
        }
        return ColumnNames.unique(names)
    }

    mutating func next(_ row: inout TableRow) throws(TableError) -> Bool {
        guard try readRow(&row) else { return false }
        guard row.count == columns.count else {
            throw TableError(
                source.name, line: row.line, "has \(row.count) cells, the header has \(columns.count)")
        }
        rows += 1
        guard rows <= limits.rows else { throw TableError(source.name, "has more than \(limits.rows) rows") }
        try row.requireUTF8(source.name, columns)
        return true
    }

    private mutating func readRow(_ row: inout TableRow) throws(TableError) -> Bool {
        row.removeAll()
        row.line = line
        var state = State.cellStart
        var cellStart = 0
        var quoteLine = 0
        // A quoted empty cell on a line of its own is a row; an empty line is none.
        var isEmptyLine = true
        while true {
            if index == chunk.count {
                guard try refill() else {
                    if state == .quoted { throw unclosed(quoteLine) }
                    if row.ends.isEmpty, isEmptyLine { return false }
                    row.endCell()
                    return true
                }
            }
            if isAfterCR {
                isAfterCR = false
                if chunk[index] == 0x0A {
                    index += 1
                    continue
                }
            }
            switch state {
            case .cellStart:
                if chunk[index] == 0x22 {
                    index += 1
                    state = .quoted
                    quoteLine = line
                    isEmptyLine = false
                    continue
                }
                state = .plain
            case .plain:
                let start = index
                var byte: UInt8 = 0
                while index < chunk.count {
                    byte = chunk[index]
                    if byte == delimiter || byte == 0x0A || byte == 0x0D || byte == 0 { break }
                    index += 1
                }
                if index > start {
                    row.bytes.append(contentsOf: chunk[start..<index])
                    isEmptyLine = false
                }
                guard row.bytes.count - cellStart <= limits.cell else { throw tooLong(row) }
                guard index < chunk.count else { continue }
                if byte == 0 { throw nulByte() }
                index += 1
                if byte == delimiter {
                    row.endCell()
                    cellStart = row.bytes.count
                    state = .cellStart
                    isEmptyLine = false
                    guard row.ends.count < limits.columns else { throw tooManyCells(row) }
                    continue
                }
                line += 1
                isAfterCR = byte == 0x0D
                if isEmptyLine {
                    row.line = line
                    state = .cellStart
                    continue
                }
                row.endCell()
                return true
            case .quoted:
                let start = index
                var byte: UInt8 = 0
                while index < chunk.count {
                    byte = chunk[index]
                    if byte == 0x22 || byte == 0 { break }
                    if byte == 0x0A { line += 1 }
                    index += 1
                }
                row.bytes.append(contentsOf: chunk[start..<index])
                guard row.bytes.count - cellStart <= limits.cell else {
                    throw TableError(
                        source.name, line: quoteLine,
                        "a quoted cell that begins here is longer than \(limits.cell) bytes: is a quote missing?")
                }
                guard index < chunk.count else { continue }
                if byte == 0 { throw nulByte() }
                index += 1
                state = .quoteInQuoted
            case .quoteInQuoted:
                let byte = chunk[index]
                if byte == 0x22 {
                    row.bytes.append(0x22)
                    index += 1
                    state = .quoted
                } else if byte == delimiter || byte == 0x0A || byte == 0x0D {
                    // The end of a quoted cell is that of a plain one.
                    state = .plain
                } else {
                    throw TableError(source.name, line: line, "has text after the closing quote of a cell")
                }
            }
        }
    }

    private mutating func refill() throws(TableError) -> Bool {
        index = 0
        return try source.next(&chunk, line: line)
    }

    private func unclosed(_ line: Int) -> TableError {
        TableError(source.name, line: line, "a quote that opens here is never closed")
    }

    private func tooLong(_ row: TableRow) -> TableError {
        let column = row.ends.count < columns.count ? columns[row.ends.count] : nil
        return TableError(source.name, line: line, column: column, "a cell is longer than \(limits.cell) bytes")
    }

    private func tooManyCells(_ row: TableRow) -> TableError {
        TableError(source.name, line: row.line, "has more than \(limits.columns) cells")
    }

    private func nulByte() -> TableError {
        TableError(source.name, line: line, "has a NUL byte: it is no text of this encoding (UTF-16? set `encoding`)")
    }
}

extension TableRow {
    /// Refuses bytes that are not UTF-8.
    func requireUTF8(_ file: String, _ columns: [String]) throws(TableError) {
        if bytes.isASCII || String(validating: bytes, as: UTF8.self) != nil { return }
        let index = (0..<count).first { String(validating: bytes[range($0)], as: UTF8.self) == nil }
        throw TableError(
            file, line: line, column: index.flatMap { $0 < columns.count ? columns[$0] : nil },
            "is not UTF-8: set `encoding` (windows-1252 is common)")
    }
}

extension [UInt8] {
    /// Whether all bytes are below 0x80.
    var isASCII: Bool {
        withUnsafeBytes { memory in
            var bits: UInt8 = 0
            for byte in memory { bits |= byte }
            return bits < 0x80
        }
    }
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    func trimmingSpaces() -> String {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" || scalar == "\u{A0}" }
        var scalars = Substring(self).unicodeScalars
        while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        return String(scalars)
    }
}
