// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Hashing
import SQLite

extension StoreWriter {
    static let insertRun = """
        INSERT INTO run (id, workflow, status, created_at, started_at, ended_at, node_count, ended_count, failed_node,
            reason, source, inputs, interruptions, last_sequence, last_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
        """

    /// What changes with nearly every commit. Columns that an index names are not among them: SQLite writes the pages of
    /// the indices again even when the values stay.
    static let updateRun = """
        UPDATE run SET started_at = ?, ended_at = ?, node_count = ?, ended_count = ?, failed_node = ?, reason = ?,
            interruptions = ?
        WHERE key = ?
        """

    static let updateStatus = "UPDATE run SET status = ? WHERE key = ?"

    static let insertEvent = """
        INSERT INTO event (run, sequence, at, type, node, attempt, result, payload, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    static let writeNode = """
        INSERT INTO node (run, name, kind, status, attempt, started_at, ended_at, result, message)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (run, name) DO UPDATE SET kind = excluded.kind, status = excluded.status,
            attempt = excluded.attempt, started_at = excluded.started_at, ended_at = excluded.ended_at,
            result = excluded.result, message = excluded.message
        """

    /// Without the parent's row the insertion fails: `parent` may not be null.
    static let writeBranch = """
        INSERT INTO branch (run, parent, kind, name, hypothesis, verdict, conclusion, is_head)
        VALUES (?, (SELECT key FROM run WHERE id = ?), ?, ?, ?, ?, ?, ?)
        ON CONFLICT (run) DO UPDATE SET name = excluded.name, hypothesis = excluded.hypothesis,
            verdict = excluded.verdict, conclusion = excluded.conclusion, is_head = excluded.is_head
        """

    static let insertNote =
        "INSERT INTO branch_note (run, name, verdict, conclusion, is_head) VALUES (?, ?, ?, ?, ?)"

    static let insertContent = """
        INSERT INTO content (digest, size, bytes) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING
        """

    func write(_ contents: [EncodedBatch.Content]) throws(SQLiteError) {
        for content in contents {
            let statement = try connection.cached(Self.insertContent)
            try statement.bind(1, content.digest)
            try statement.bind(2, content.size)
            try statement.bind(3, content.bytes)
            try statement.run()
        }
    }

    /// Writes the row of a run, and makes the head of a new one.
    func write(_ summary: RunSummary, _ head: inout Head?) throws(SQLiteError) {
        guard let stored = head else {
            head = try insert(summary)
            return
        }
        if stored.status != summary.status {
            let statement = try connection.cached(Self.updateStatus)
            try statement.bind(1, summary.status.rawValue)
            try statement.bind(2, stored.key)
            try statement.run()
            head?.status = summary.status
        }
        let statement = try connection.cached(Self.updateRun)
        try statement.bind(1, summary.startedAt?.milliseconds)
        try statement.bind(2, summary.endedAt?.milliseconds)
        try statement.bind(3, summary.nodeCount)
        try statement.bind(4, summary.endedCount)
        try statement.bind(5, summary.failedNode)
        try statement.bind(6, summary.reason)
        try statement.bind(7, summary.interruptions)
        try statement.bind(8, stored.key)
        try statement.run()
    }

    private func insert(_ summary: RunSummary) throws(SQLiteError) -> Head {
        let statement = try connection.cached(Self.insertRun)
        try statement.bind(1, summary.id)
        try statement.bind(2, summary.workflow)
        try statement.bind(3, summary.status.rawValue)
        try statement.bind(4, summary.createdAt.milliseconds)
        try statement.bind(5, summary.startedAt?.milliseconds)
        try statement.bind(6, summary.endedAt?.milliseconds)
        try statement.bind(7, summary.nodeCount)
        try statement.bind(8, summary.endedCount)
        try statement.bind(9, summary.failedNode)
        try statement.bind(10, summary.reason)
        try statement.bind(11, summary.source.bytes)
        try statement.bind(12, summary.inputs.bytes)
        try statement.bind(13, summary.interruptions)
        let start = EventChain.start(run: summary.id)
        try statement.bind(14, start.bytes)
        try statement.run()
        return Head(key: connection.lastInsertRowID, sequence: 0, hash: start, status: summary.status)
    }

    func write(_ event: EncodedEvent, _ head: inout Head) throws(SQLiteError) {
        let row = event.row
        head.sequence = row.sequence
        head.hash = EventChain.link(
            after: head.hash, sequence: row.sequence, at: row.at, canonical: event.canonical)
        let statement = try connection.cached(Self.insertEvent)
        try statement.bind(1, head.key)
        try statement.bind(2, row.sequence)
        try statement.bind(3, row.at)
        try statement.bind(4, row.type)
        try statement.bind(5, row.node)
        try statement.bind(6, row.attempt)
        try statement.bind(7, row.result)
        try statement.bind(8, row.payload)
        try statement.bind(9, head.hash)
        try statement.run()
        if let call = event.call { try write(call, at: row.at, run: head.key) }
        if let fingerprint = event.fingerprint { try write(fingerprint, run: head.key) }
    }

    /// Writes a run's place in the tree, and notes what is said of it now.
    func write(_ branch: BranchSummary, run: Int64) throws {
        let statement = try connection.cached(Self.writeBranch)
        try statement.bind(1, run)
        try statement.bind(2, branch.parent)
        try statement.bind(3, branch.kind.rawValue)
        try statement.bind(4, branch.name)
        try statement.bind(5, branch.hypothesis)
        try statement.bind(6, branch.verdict.rawValue)
        try statement.bind(7, branch.conclusion)
        try statement.bind(8, branch.isHead ? 1 : 0)
        try statement.run()
        let note = try connection.cached(Self.insertNote)
        try note.bind(1, run)
        try note.bind(2, branch.name)
        try note.bind(3, branch.verdict.rawValue)
        try note.bind(4, branch.conclusion)
        try note.bind(5, branch.isHead ? 1 : 0)
        try note.run()
    }

    func write(_ node: NodeSummary, run: Int64) throws(SQLiteError) {
        let statement = try connection.cached(Self.writeNode)
        try statement.bind(1, run)
        try statement.bind(2, node.node)
        try statement.bind(3, node.kind)
        try statement.bind(4, node.status.rawValue)
        try statement.bind(5, node.attempt)
        try statement.bind(6, node.startedAt?.milliseconds)
        try statement.bind(7, node.endedAt?.milliseconds)
        try statement.bind(8, node.result)
        try statement.bind(9, node.message)
        try statement.run()
    }
}
