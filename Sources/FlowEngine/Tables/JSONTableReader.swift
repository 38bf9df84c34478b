// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// Reads a JSON file that is an array of objects, or an object with one array of objects. It is held in memory.
struct JSONTableReader: TableReader {
    private(set) var columns: [String] = []
    private let name: String
    private let limits: TableLimits
    private let rows: [JSONValue]
    private var layout = JSONColumns()
    private var index = 0

    /// Reads the whole file.
    init(_ path: String, name: String, limits: TableLimits) throws(TableError) {
        self.name = name
        self.limits = limits
        let limit = min(limits.size, limits.jsonSize)
        var bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(path, limit: limit)
        } catch {
            let reason =
                error.isTooLarge ? "is larger than the limit of \(limit) bytes" : "cannot be read: \(error.reason)"
            throw TableError(name, reason)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        let value: JSONValue
        do throws(JSONParseError) {
            value = try JSONValue.parse(bytes, limits: JSONLimits(length: limit, duplicateKeys: .keepLast))
        } catch {
            let line = bytes[..<min(error.offset, bytes.count)].count { $0 == 0x0A } + 1
            throw TableError(name, line: line, error.message)
        }
        rows = try Self.rows(of: value, name)
        guard rows.count <= limits.rows else { throw TableError(name, "has more than \(limits.rows) rows") }
        for (index, row) in rows.enumerated() {
            guard case .object(let object) = row else {
                throw TableError(name, "element \(index) is \(row.typeName), an object is wanted")
            }
            layout.add(object)
            guard layout.keys.count <= limits.columns else {
                throw TableError(name, "has more than \(limits.columns) keys, which is the limit of columns")
            }
        }
        guard !layout.keys.isEmpty else { throw TableError(name, "holds no object with a key") }
        columns = ColumnNames.unique(layout.keys)
    }

    private static func rows(of value: JSONValue, _ name: String) throws(TableError) -> [JSONValue] {
        switch value {
        case .array(let rows): return rows
        case .object(let object):
            let arrays = object.members.filter { $0.value.arrayValue != nil }
            guard arrays.count == 1, let rows = arrays.first?.value.arrayValue else {
                throw TableError(name, "is an object with \(arrays.count) arrays, one is wanted")
            }
            return rows
        default:
            throw TableError(name, "is \(value.typeName), an array of objects is wanted")
        }
    }

    mutating func rewind() { index = 0 }

    mutating func next(_ row: inout TableRow) throws(TableError) -> Bool {
        guard index < rows.count, case .object(let object) = rows[index] else { return false }
        index += 1
        // Lines are lost in the reading; the number of the element is the best there is.
        row.line = index
        try layout.fill(&row, object, name, limits)
        return true
    }
}

/// The keys of objects as columns.
struct JSONColumns {
    private(set) var keys: [String] = []
    private var seen: Set<String> = []

    /// Takes in the keys of one more object.
    mutating func add(_ object: JSONObject) {
        for member in object where seen.insert(member.key).inserted { keys.append(member.key) }
    }

    /// Writes an object as a row; a missing key is null.
    func fill(_ row: inout TableRow, _ object: JSONObject, _ file: String, _ limits: TableLimits) throws(TableError) {
        row.removeAll()
        for key in keys {
            let start = row.bytes.count
            switch object[key] {
            case nil, .null?: row.append([], .null)
            case .bool(let value)?: row.append((value ? "true" : "false").utf8, .boolean)
            case .integer(let value)?: row.append(String(value).utf8, .integer)
            case .number(let value)?: row.append(value.description.utf8, .number)
            case .string(let value)?: row.append(value.utf8, .string)
            case let value?: row.append(value.jsonBytes(), .string)
            }
            guard row.bytes.count - start <= limits.cell else {
                throw TableError(file, line: row.line, column: key, "a value is longer than \(limits.cell) bytes")
            }
        }
    }
}
