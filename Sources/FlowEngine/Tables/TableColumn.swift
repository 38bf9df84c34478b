// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a workflow says about one column of a table.
struct TableColumn: Sendable, Hashable {
    /// The type of a column's values.
    enum Kind: String, Sendable, Hashable, CaseIterable {
        case text, integer, number, boolean, datetime, date
    }

    /// What happens to a value that is not of the type.
    enum ErrorPolicy: String, Sendable, Hashable, CaseIterable {
        case fail, null
    }

    /// Nil: the type is inferred.
    var kind: Kind?
    /// How a time is written; nil for ISO 8601.
    var format: TimeFormat?
    /// Another name in the database.
    var newName: String?
    /// Words that mean null here, beside those of the table.
    var nulls: [String] = []
    var onError = ErrorPolicy.fail

    init(kind: Kind? = nil) { self.kind = kind }

    /// Reads a column's part of a workflow: a type, or `{type, format, as, nulls, on_error}`.
    init(_ value: JSONValue, table: String, column: String) throws(TableError) {
        func fault(_ message: String) -> TableError { TableError("table `\(table)`", column: column, message) }
        func kind(_ name: String) throws(TableError) -> Kind {
            guard let kind = Kind(rawValue: name) else {
                throw fault("`\(name)` is no type (\(Kind.allCases.map(\.rawValue).joined(separator: ", ")))")
            }
            return kind
        }
        if let name = value.stringValue {
            self.kind = try kind(name)
            return
        }
        guard let object = value.objectValue else { throw fault("a type or a mapping is wanted") }
        if let name = object["type"]?.stringValue { self.kind = try kind(name) }
        if let text = object["format"]?.stringValue {
            guard self.kind == .datetime || self.kind == .date else {
                throw fault("`format` is for the types datetime and date")
            }
            do throws(TimeFormat.Fault) {
                format = try TimeFormat(text)
            } catch {
                throw fault(error.message)
            }
        }
        newName = object["as"]?.stringValue
        nulls = object["nulls"]?.texts ?? []
        if let name = object["on_error"]?.stringValue ?? (object["on_error"]?.isNull == true ? "null" : nil) {
            guard let policy = ErrorPolicy(rawValue: name) else { throw fault("`on_error` is `fail` or `null`") }
            onError = policy
        }
    }
}

extension JSONValue {
    /// One text or a list of texts.
    var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let values): values.compactMap(\.stringValue)
        default: []
        }
    }
}
