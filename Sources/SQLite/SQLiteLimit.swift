// SPDX-License-Identifier: Apache-2.0

/// What can be limited on one connection. The values are those of `SQLITE_LIMIT_…`.
public enum SQLiteLimit: Int32, Sendable, CaseIterable {
    /// Bytes in a text, a blob or a row.
    case length = 0
    /// Bytes in an SQL text.
    case sqlLength = 1
    /// Columns of a table, an index or a result.
    case columns = 2
    /// Depth of an expression.
    case expressionDepth = 3
    /// Terms of a compound SELECT.
    case compoundSelect = 4
    /// Instructions of a compiled statement.
    case instructions = 5
    /// Arguments of a function.
    case functionArguments = 6
    /// Attached databases.
    case attached = 7
    /// Bytes in the pattern of LIKE and GLOB.
    case likePatternLength = 8
    /// The highest number of a parameter.
    case parameters = 9
    /// Depth of triggers that cause each other.
    case triggerDepth = 10
    /// Threads that help one statement.
    case workerThreads = 11
}
