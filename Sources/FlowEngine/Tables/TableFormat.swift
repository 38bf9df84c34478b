// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// How a file holds a table.
enum TableFormat: String, Sendable, Hashable, CaseIterable {
    case csv, tsv, json, jsonl, xlsx

    /// The format that an ending of a file's name (without the dot) stands for.
    init?(extension ending: String) {
        switch ending.lowercased() {
        case "csv": self = .csv
        case "tsv", "tab": self = .tsv
        case "json": self = .json
        case "jsonl", "ndjson": self = .jsonl
        case "xlsx", "xlsm", "xlsb", "xls", "ods": self = .xlsx
        default: return nil
        }
    }

    /// The format of a file by its first bytes, for names without an ending.
    init(content bytes: some Collection<UInt8>) {
        if bytes.starts(with: "PK".utf8) {
            self = .xlsx
            return
        }
        let first = bytes.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        switch first {
        case UInt8(ascii: "["): self = .json
        case UInt8(ascii: "{"): self = .jsonl
        default: self = .csv
        }
    }

    /// The names for messages.
    static var names: String { allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") }
}
