// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

extension StoreWriter {
    /// Writes an error that was got over.
    func write(_ error: SolvedError, run: Int64) throws(SQLiteError) {
        guard !error.fingerprint.isEmpty else { return }
        let statement = try connection.cached(
            """
            INSERT INTO solved_error (run, node, category, fingerprint, failed_attempt, solved_attempt)
            VALUES (?, ?, ?, ?, ?, ?)
            """)
        try statement.bind(1, run)
        try statement.bind(2, error.node)
        try statement.bind(3, error.category.rawValue)
        try statement.bind(4, error.fingerprint)
        try statement.bind(5, error.failedAttempt)
        try statement.bind(6, error.solvedAttempt)
        try statement.run()
    }
}

extension StoreReader {
    func solved(_ category: ErrorCategory, _ fingerprint: String, limit: Int) throws(StoreError) -> [SolvedError] {
        try read("look for errors that were got over") { connection in
            let statement = try connection.cached(
                """
                SELECT id, node, failed_attempt, solved_attempt FROM solved_error JOIN run ON run.key = solved_error.run
                WHERE fingerprint = ? AND category = ? ORDER BY solved_error.key DESC LIMIT ?
                """)
            try statement.bind(1, fingerprint)
            try statement.bind(2, category.rawValue)
            try statement.bind(3, max(0, limit))
            var found: [SolvedError] = []
            try statement.forEachRow { row in
                found.append(
                    SolvedError(
                        run: row.text(0), node: row.text(1), category: category, fingerprint: fingerprint,
                        failedAttempt: Int(row.int64(2)), solvedAttempt: Int(row.int64(3))))
            }
            return found
        }
    }
}

extension SQLiteRunStore {
    public func solved(
        _ category: ErrorCategory, _ fingerprint: String, limit: Int
    ) async throws(StoreError) -> [SolvedError] {
        try await readers.run { reader throws(StoreError) in
            try reader.solved(category, fingerprint, limit: limit)
        }
    }
}

/// What the store knows of errors that were got over.
struct SolvedErrors: Sendable {
    let store: any RunStore
    /// So many lines of a change are quoted, and so many characters of a line.
    private static let (mostLines, longestLine) = (6, 160)

    /// How errors of the same sort were got over, with what was answered differently; at most 3.
    func advice(on analysis: ErrorAnalysis) async throws(StoreError) -> [String] {
        let fingerprint = analysis.fingerprint
        guard !fingerprint.isEmpty else { return [] }
        var advice: [String] = []
        for error in try await store.solved(analysis.category, fingerprint, limit: 8) where advice.count < 3 {
            let change = try await change(in: error)
            if !change.isEmpty {
                advice.append("run \(error.run), node \(error.node), attempt \(error.solvedAttempt):\n\(change)")
            }
        }
        return advice
    }

    /// The lines of the last answer that were not in the last one before the error.
    private func change(in error: SolvedError) async throws(StoreError) -> String {
        var last: [Int: Digest] = [:]
        for call in try await store.calls(of: error.run) where call.node == error.node && call.start.kind == .model {
            if let end = call.end, !end.failed { last[call.attempt] = end.reply }
        }
        guard let new = last[error.solvedAttempt], let old = last[error.failedAttempt], new != old else { return "" }
        let before = Set(try await lines(of: old))
        let changed = try await lines(of: new).filter { !before.contains($0) }
        return changed.prefix(Self.mostLines).map { "+ \($0.prefix(Self.longestLine))" }.joined(separator: "\n")
    }

    private func lines(of reply: Digest) async throws(StoreError) -> [String] {
        guard let bytes = try await store.content(reply), let json = try? JSONValue.parse(bytes),
            let text = json["reply"]?["text"]?.stringValue
        else { return [] }
        // An answer of JSON has its line breaks escaped.
        return text.replacing("\\n", with: "\n").split(whereSeparator: \.isNewline).prefix(2000).map(String.init)
    }
}
