// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// Writes CSV: quotes only where they are needed, lines end in LF, null and the empty text are an empty cell.
struct DelimitedWriter {
    private let writer: FileWriter
    private var line: [UInt8] = []
    private(set) var size = 0

    /// Makes the file, or empties it.
    init(_ path: String) throws(FileError) {
        writer = try FileWriter(path, truncating: true, bufferSize: 256 << 10)
    }

    /// Adds all cells of a line and ends it.
    mutating func write(_ cells: [String]) throws(FileError) {
        for (index, cell) in cells.enumerated() { add(cell.utf8, isFirst: index == 0) }
        try endLine(cells: cells.count)
    }

    /// Adds a cell; the first one has no comma before it.
    mutating func add(_ cell: some Collection<UInt8>, isFirst: Bool) {
        if !isFirst { line.append(UInt8(ascii: ",")) }
        append(cell)
    }

    /// Ends the line. A line of one empty cell gets quotes, because an empty line would be no row.
    mutating func endLine(cells: Int) throws(FileError) {
        if cells == 1, line.isEmpty { line.append(contentsOf: [0x22, 0x22]) }
        line.append(0x0A)
        try writer.write(line)
        size += line.count
        line.removeAll(keepingCapacity: true)
    }

    /// Writes out what is left and closes the file.
    func close() throws(FileError) { try writer.close() }

    private mutating func append(_ cell: some Collection<UInt8>) {
        let needsQuotes = cell.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else {
            line.append(contentsOf: cell)
            return
        }
        line.append(0x22)
        for byte in cell {
            if byte == 0x22 { line.append(0x22) }
            line.append(byte)
        }
        line.append(0x22)
    }
}
