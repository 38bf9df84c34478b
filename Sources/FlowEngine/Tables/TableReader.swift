// SPDX-License-Identifier: Apache-2.0

/// Reads a table row by row.
protocol TableReader {
    /// The names of the columns, unique also when letter case is ignored.
    var columns: [String] { get }
    /// Moves to the next row; false at the end. Every row has as many cells as there are columns.
    mutating func next(_ row: inout TableRow) throws(TableError) -> Bool
    /// Goes back to before the first row.
    mutating func rewind() throws(TableError)
}

extension TableOptions {
    /// Opens a file, and reads as much as it takes to know its columns.
    ///
    /// - Parameters:
    ///   - path: where the file is.
    ///   - name: the file's name for messages.
    ///   - format: the format, never a spreadsheet.
    func reader(
        _ path: String, name: String, format: TableFormat, limits: TableLimits
    ) throws(TableError) -> any TableReader {
        switch format {
        case .csv, .tsv:
            let delimiter = delimiter ?? (format == .tsv ? UInt8(ascii: "\t") : UInt8(ascii: ","))
            let source = try TableByteSource(path, name: name, encoding: encoding, limit: limits.size)
            return try DelimitedReader(source, delimiter: delimiter, header: header, limits: limits)
        case .jsonl:
            let source = try TableByteSource(path, name: name, encoding: encoding, limit: limits.size)
            return try JSONLinesReader(source, limits: limits)
        case .json:
            return try JSONTableReader(path, name: name, limits: limits)
        case .xlsx:
            preconditionFailure("a spreadsheet is turned into CSV before it is read")
        }
    }
}

/// Names for columns that are unique and not empty.
enum ColumnNames {
    /// Makes names unique, also when the case of ASCII letters is ignored, as SQLite does: `name`, `name_2`. An empty
    /// one becomes `column_3` by its place.
    static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        let taken = Set(names.map { $0.lowercased() })
        return names.enumerated().map { index, name in
            let base = name.isEmpty ? "column_\(index + 1)" : name
            if seen.insert(base.lowercased()).inserted { return base }
            var number = 2
            while taken.contains("\(base)_\(number)".lowercased()) || seen.contains("\(base)_\(number)".lowercased()) {
                number += 1
            }
            let other = "\(base)_\(number)"
            seen.insert(other.lowercased())
            return other
        }
    }
}
