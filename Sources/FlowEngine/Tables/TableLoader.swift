// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

/// What loading a table came to.
struct TableLoadReport: Sendable, Hashable {
    var rows = 0
    /// Columns in which values could not be read and became null, with how many.
    var nulled: [String: Int] = [:]
}

/// Loads a table into a database.
struct TableLoader {
    let name: String
    /// The file's name for messages.
    let file: String
    let options: TableOptions
    let isCancelled: () -> Bool

    /// How one column of the file goes into the database.
    private struct Plan {
        var source: String
        var name: String
        var kind: TableColumn.Kind
        var isDeclared: Bool
        var format: TimeFormat?
        var nulls: [[UInt8]]
        var onError: TableColumn.ErrorPolicy
        var nulled = 0
    }

    /// Makes the table and fills it. Call it in a transaction.
    func load(_ reader: any TableReader, into connection: SQLiteConnection) throws -> TableLoadReport {
        // Opened here once, so that the loops are compiled for the reader's own type.
        try load(from: reader, into: connection)
    }

    private func load(
        from opened: some TableReader, into connection: SQLiteConnection
    ) throws -> TableLoadReport {
        var reader = opened
        var plans = try plans(for: reader.columns)
        try infer(&plans, &reader)
        let columns = plans.map { "\(Self.quoted($0.name)) \(Self.affinity($0.kind))" }
        try connection.execute("CREATE TABLE \(Self.quoted(name)) (\(columns.joined(separator: ", ")))")
        // Text is bound as bytes, which were checked, and not made a string first.
        let values = plans.indices.map { plans[$0].kind == .text ? "CAST(?\($0 + 1) AS TEXT)" : "?\($0 + 1)" }
        let insert = try connection.prepare(
            "INSERT INTO \(Self.quoted(name)) VALUES (\(values.joined(separator: ", ")))", persistent: true)
        var report = TableLoadReport()
        var row = TableRow()
        while try reader.next(&row) {
            if report.rows & 0x3FF == 0, isCancelled() { throw TableError.cancelled(file) }
            for index in plans.indices { try bind(index, row, &plans[index], insert) }
            _ = try insert.step()
            insert.reset()
            report.rows += 1
        }
        for plan in plans where plan.nulled > 0 { report.nulled[plan.source] = plan.nulled }
        return report
    }

    // MARK: Columns

    private func plans(for columns: [String]) throws(TableError) -> [Plan] {
        for column in options.columns.keys.sorted() where !columns.contains(column) {
            let near = Spelling.nearest(to: column, among: columns).map { "; is `\($0)` meant?" }
            let known = columns.prefix(30).joined(separator: ", ")
            throw TableError(file, column: column, "the file has no such column\(near ?? " (it has: \(known))")")
        }
        var taken: Set<String> = []
        return try columns.map { column throws(TableError) in
            let option = options.columns[column]
            let name = option?.newName ?? column
            guard taken.insert(name.lowercased()).inserted else {
                throw TableError(file, column: column, "a second column would be named `\(name)`")
            }
            guard !name.utf8.contains(0) else { throw TableError(file, column: column, "the name contains a NUL") }
            return Plan(
                source: column, name: name, kind: option?.kind ?? .text, isDeclared: option?.kind != nil,
                format: option?.format, nulls: (options.nulls + (option?.nulls ?? [])).map { Array($0.utf8) },
                onError: option?.onError ?? .fail)
        }
    }

    /// Finds the types that are not declared, by a pass over the whole file.
    private func infer(_ plans: inout [Plan], _ reader: inout some TableReader) throws(TableError) {
        var open = plans.indices.filter { !plans[$0].isDeclared }
        guard !open.isEmpty else { return }
        let all = open
        var inferences = [ColumnInference](repeating: ColumnInference(), count: plans.count)
        var row = TableRow()
        var count = 0
        // Text stays text: nothing more is to be learned once all columns are.
        while !open.isEmpty, try reader.next(&row) {
            count += 1
            if count & 0x3FF == 0, isCancelled() { throw .cancelled(file) }
            var hasClosed = false
            for index in open {
                let cell = row.bytes[row.range(index)]
                let kind = row.kind(index)
                if Self.isNull(cell, kind, plans[index]) { continue }
                inferences[index].add(cell, kind)
                hasClosed = hasClosed || !inferences[index].isOpen
            }
            if hasClosed { open.removeAll { !inferences[$0].isOpen } }
        }
        for index in all { plans[index].kind = inferences[index].kind }
        try reader.rewind()
    }

    private static func isNull(_ cell: ArraySlice<UInt8>, _ kind: TableRow.CellKind, _ plan: Plan) -> Bool {
        if kind == .null || (cell.isEmpty && kind == .plain) { return true }
        guard kind == .plain || kind == .string else { return false }
        for word in plan.nulls where word.count == cell.count && cell.elementsEqual(word) { return true }
        return false
    }

    // MARK: Values

    private func bind(
        _ index: Int, _ row: TableRow, _ plan: inout Plan, _ insert: SQLiteStatement
    ) throws {
        let cell = row.bytes[row.range(index)]
        let kind = row.kind(index)
        let parameter = index + 1
        if Self.isNull(cell, kind, plan) { return try insert.bindNull(parameter) }
        switch plan.kind {
        case .text:
            // No bytes have no address, which would be NULL.
            if cell.isEmpty { return try insert.bind(parameter, "") }
            return try cell.withUnsafeBytes { try insert.bind(parameter, $0) }
        case .integer:
            if let value = Self.integer(cell, kind, isDeclared: plan.isDeclared) {
                return try insert.bind(parameter, value)
            }
        case .number:
            let value =
                kind == .boolean
                ? (CellReading.boolean(cell) == true ? 1 : 0)
                : CellReading.number(
                    CellReading.trimmed(cell))
            if let value { return try insert.bind(parameter, value) }
        case .boolean:
            if let value = CellReading.boolean(CellReading.trimmed(cell)) {
                return try insert.bind(parameter, value ? 1 : 0)
            }
        case .datetime:
            if let time = Self.time(cell, plan.format) { return try insert.bind(parameter, time.text) }
        case .date:
            if let time = Self.time(cell, plan.format), time.isMidnight || plan.format != nil {
                return try insert.bind(parameter, time.dateText)
            }
        }
        guard plan.onError == .null else { throw unreadable(cell, row, plan) }
        plan.nulled += 1
        try insert.bindNull(parameter)
    }

    private static func integer(_ cell: ArraySlice<UInt8>, _ kind: TableRow.CellKind, isDeclared: Bool) -> Int64? {
        if kind == .boolean { return CellReading.boolean(cell) == true ? 1 : 0 }
        if !isDeclared { return CellReading.plainInteger(cell) }
        if let value = CellReading.looseInteger(CellReading.trimmed(cell)) { return value }
        // `3.0`, which spreadsheets and JSON writers make of 3.
        return CellReading.number(CellReading.trimmed(cell)).flatMap(Int64.init(exactly:))
    }

    private static func time(_ cell: ArraySlice<UInt8>, _ format: TimeFormat?) -> TableTime? {
        let cell = CellReading.trimmed(cell)
        return format.map { $0.read(cell) } ?? TableTime(iso8601: cell)
    }

    private func unreadable(_ cell: ArraySlice<UInt8>, _ row: TableRow, _ plan: Plan) -> TableError {
        let text = String(decoding: cell.prefix(80), as: UTF8.self)
        var wanted = plan.kind.rawValue
        if plan.kind == .datetime || plan.kind == .date {
            wanted += plan.format.map { " of the format `\($0.text)`" } ?? " of ISO 8601 (set `format`)"
        }
        let message =
            plan.isDeclared
            ? "\(JSONValue.string(text).jsonText()) is no \(wanted)"
            : "\(JSONValue.string(text).jsonText()) is no \(wanted): the file changed while it was read"
        return TableError(file, line: row.line, column: plan.source, message)
    }

    private static func affinity(_ kind: TableColumn.Kind) -> String {
        switch kind {
        case .text, .datetime, .date: "TEXT"
        case .integer, .boolean: "INTEGER"
        case .number: "REAL"
        }
    }

    /// A name as SQL writes it.
    static func quoted(_ name: String) -> String {
        var text = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { text += "\"" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}
