// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Reads JSON Lines: one object a line. The columns are all keys, in the order they are met.
struct JSONLinesReader: TableReader {
    private(set) var columns: [String] = []
    private let source: TableByteSource
    private let limits: TableLimits
    private var layout = JSONColumns()
    private var chunk: [UInt8] = []
    private var index = 0
    private var line = 0
    private var text: [UInt8] = []

    /// Reads the whole file once for the keys.
    init(_ source: TableByteSource, limits: TableLimits) throws(TableError) {
        self.source = source
        self.limits = limits
        var rows = 0
        while let object = try nextObject() {
            rows += 1
            guard rows <= limits.rows else { throw TableError(source.name, "has more than \(limits.rows) rows") }
            layout.add(object)
            guard layout.keys.count <= limits.columns else {
                throw TableError(
                    source.name, line: line, "more than \(limits.columns) keys, which is the limit of columns")
            }
        }
        guard !layout.keys.isEmpty else { throw TableError(source.name, "holds no object with a key") }
        columns = ColumnNames.unique(layout.keys)
        try rewind()
    }

    mutating func rewind() throws(TableError) {
        try source.rewind()
        chunk = []
        index = 0
        line = 0
    }

    mutating func next(_ row: inout TableRow) throws(TableError) -> Bool {
        guard let object = try nextObject() else { return false }
        row.line = line
        try layout.fill(&row, object, source.name, limits)
        return true
    }

    private mutating func nextObject() throws(TableError) -> JSONObject? {
        while try nextLine() {
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            let value: JSONValue
            do throws(JSONParseError) {
                value = try JSONValue.parse(text, limits: JSONLimits(length: limits.cell, duplicateKeys: .keepLast))
            } catch {
                throw TableError(source.name, line: line, "\(error.message) (column \(error.offset + 1))")
            }
            guard case .object(let object) = value else {
                throw TableError(source.name, line: line, "holds \(value.typeName), an object is wanted")
            }
            return object
        }
        return nil
    }

    private mutating func nextLine() throws(TableError) -> Bool {
        text.removeAll(keepingCapacity: true)
        while true {
            if index == chunk.count {
                index = 0
                guard try source.next(&chunk, line: line + 1) else {
                    guard !text.isEmpty else { return false }
                    line += 1
                    return true
                }
            }
            let end = chunk[index...].firstIndex(of: 0x0A) ?? chunk.count
            text.append(contentsOf: chunk[index..<end])
            guard text.count <= limits.cell else {
                throw TableError(source.name, line: line + 1, "is longer than \(limits.cell) bytes")
            }
            index = end
            if end < chunk.count {
                index += 1
                line += 1
                return true
            }
        }
    }
}
