// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// What the SQL of a user may not do on a connection.
///
/// It can never open another file (ATTACH, VACUUM), load an extension, or change a setting by PRAGMA.
public struct SQLiteRestriction: Sendable, Hashable {
    /// Only reading is allowed.
    public var isReadOnly: Bool
    /// BEGIN, COMMIT, ROLLBACK and SAVEPOINT are allowed.
    public var allowsTransactions: Bool

    /// Makes a restriction.
    public init(isReadOnly: Bool = false, allowsTransactions: Bool = true) {
        self.isReadOnly = isReadOnly
        self.allowsTransactions = allowsTransactions
    }

    /// Decides on one action that SQLite meets while it compiles a statement.
    func allows(_ action: Int32, _ first: String?, _ second: String?) -> Bool {
        switch action {
        case SQLITE_ATTACH, SQLITE_DETACH:
            // VACUUM attaches a file too, so VACUUM INTO cannot write one.
            false
        case SQLITE_PRAGMA:
            Self.isReadingPragma(first?.lowercased() ?? "", hasValue: second != nil)
        case SQLITE_FUNCTION:
            !["load_extension", "fts3_tokenizer", "writefile", "readfile", "edit"]
                .contains(second?.lowercased() ?? "")
        case SQLITE_TRANSACTION, SQLITE_SAVEPOINT:
            allowsTransactions
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE:
            true
        default:
            !isReadOnly
        }
    }

    /// Some pragmas read what their argument names; every other argument is a new value.
    private static func isReadingPragma(_ name: String, hasValue: Bool) -> Bool {
        if [
            "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
            "foreign_key_check", "integrity_check", "quick_check",
        ].contains(name) {
            return true
        }
        return !hasValue
            && [
                "application_id", "auto_vacuum", "cache_size", "collation_list", "compile_options", "data_version",
                "encoding", "foreign_keys", "freelist_count", "function_list", "journal_mode", "max_page_count",
                "module_list", "page_count", "page_size", "pragma_list", "schema_version", "synchronous",
                "user_version",
            ].contains(name)
    }
}
