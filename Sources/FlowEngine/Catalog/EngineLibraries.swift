// SPDX-License-Identifier: Apache-2.0

import SQLite

/// The libraries that the engine works with, for reports.
public enum EngineLibraries {
    /// The version of SQLite, such as `3.40.1`.
    public static var sqliteVersion: String { SQLiteConnection.libraryVersion }
}
