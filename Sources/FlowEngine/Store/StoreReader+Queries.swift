// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Hashing
import SQLite

extension StoreReader {
    private static let eventColumns = "sequence, at, type, node, attempt, result, payload"
    private static let runColumns = """
        id, workflow, status, created_at, started_at, ended_at, node_count, ended_count, failed_node, reason, source,
        inputs, interruptions
        """

    func events(of run: String, after: Int64, limit: Int) throws(StoreError) -> [RecordedEvent] {
        try read("read the events of run '\(run)'") { connection in
            let statement = try connection.cached(
                """
                SELECT \(Self.eventColumns) FROM event
                WHERE run = (SELECT key FROM run WHERE id = ?) AND sequence > ? ORDER BY sequence LIMIT ?
                """)
            try statement.bind(1, run)
            try statement.bind(2, after)
            try statement.bind(3, max(0, limit))
            var events: [RecordedEvent] = []
            try statement.forEachRow { row in
                guard let event = self.eventRow(row)?.event() else {
                    throw self.damaged("event \(row.int64(0)) of run '\(run)'")
                }
                events.append(event)
            }
            return events
        }
    }

    func lastSequence(of run: String) throws(StoreError) -> Int64 {
        try read("read the last event of run '\(run)'") { connection in
            let statement = try connection.cached("SELECT last_sequence FROM run WHERE id = ?")
            try statement.bind(1, run)
            return try statement.firstRow { $0.int64(0) } ?? 0
        }
    }

    func run(_ id: String) throws(StoreError) -> RunSummary? {
        try read("read run '\(id)'") { connection in
            let statement = try connection.cached("SELECT \(Self.runColumns) FROM run WHERE id = ?")
            try statement.bind(1, id)
            return try statement.firstRow { row in try self.summary(row) }
        }
    }

    func runs(_ query: RunQuery) throws(StoreError) -> [RunSummary] {
        try read("list the runs") { connection in
            var conditions: [String] = []
            var values: [SQLiteValue] = []
            if !query.statuses.isEmpty {
                let statuses = query.statuses.map(\.rawValue).sorted()
                conditions.append("status IN (\(statuses.map { _ in "?" }.joined(separator: ", ")))")
                values += statuses.map { .text($0) }
            }
            if let workflow = query.workflow {
                conditions.append("workflow = ?")
                values.append(.text(workflow))
            }
            if let prefix = query.idPrefix, !prefix.isEmpty {
                // FF comes after every byte of a text.
                conditions.append("id >= ? AND id < ? || CAST(X'FF' AS TEXT)")
                values += [.text(prefix), .text(prefix)]
            }
            let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
            let statement = try connection.cached(
                "SELECT \(Self.runColumns) FROM run \(filter) ORDER BY key DESC LIMIT ?")
            for (index, value) in values.enumerated() { try statement.bind(index + 1, value) }
            try statement.bind(values.count + 1, max(0, query.limit))
            var runs: [RunSummary] = []
            try statement.forEachRow { row in runs.append(try self.summary(row)) }
            return runs
        }
    }

    func branch(_ run: String) throws(StoreError) -> BranchSummary? {
        try branches("WHERE own.id = ?", [.text(run)]).first
    }

    func branches(of parents: [String]?) throws(StoreError) -> [BranchSummary] {
        guard let parents else { return try branches("", []) }
        // A statement takes a limited number of values.
        var found: [BranchSummary] = []
        for start in stride(from: 0, to: parents.count, by: 500) {
            let some = parents[start..<min(start + 500, parents.count)]
            let marks = some.map { _ in "?" }.joined(separator: ", ")
            found += try branches("WHERE parent.id IN (\(marks))", some.map { .text($0) })
        }
        return found
    }

    private func branches(_ filter: String, _ values: [SQLiteValue]) throws(StoreError) -> [BranchSummary] {
        try read("read the tree of runs") { connection in
            let statement = try connection.prepare(
                """
                SELECT own.id, parent.id, branch.kind, name, hypothesis, verdict, conclusion, is_head FROM branch
                JOIN run AS own ON own.key = branch.run JOIN run AS parent ON parent.key = branch.parent
                \(filter) ORDER BY branch.run
                """)
            for (index, value) in values.enumerated() { try statement.bind(index + 1, value) }
            var branches: [BranchSummary] = []
            try statement.forEachRow { row in
                guard let kind = Derivation.Kind(rawValue: row.text(2)),
                    let verdict = BranchSummary.Verdict(rawValue: row.text(5))
                else { throw self.damaged("the branch '\(row.text(0))'") }
                branches.append(
                    BranchSummary(
                        run: row.text(0), parent: row.text(1), kind: kind, name: row.optionalText(3),
                        hypothesis: row.optionalText(4), verdict: verdict, conclusion: row.optionalText(6),
                        isHead: row.int64(7) != 0))
            }
            return branches
        }
    }

    /// What was said of a run's place in the tree, each state after the one before.
    func branchStates(_ run: String) throws(StoreError) -> [BranchSummary] {
        guard let last = try branch(run) else { return [] }
        return try read("read what was said of '\(run)'") { connection in
            let statement = try connection.prepare(
                """
                SELECT name, verdict, conclusion, is_head FROM branch_note
                WHERE run = (SELECT key FROM run WHERE id = ?) ORDER BY key
                """)
            try statement.bind(1, run)
            var states: [BranchSummary] = []
            try statement.forEachRow { row in
                guard let verdict = BranchSummary.Verdict(rawValue: row.text(1)) else {
                    throw self.damaged("the branch '\(run)'")
                }
                var state = last
                state.name = row.optionalText(0)
                state.verdict = verdict
                state.conclusion = row.optionalText(2)
                state.isHead = row.int64(3) != 0
                states.append(state)
            }
            return states.last == last ? states : states + [last]
        }
    }

    /// The hash of an event; nil when the run or the event is not there.
    func hash(ofEvent sequence: Int64, of run: String) throws(StoreError) -> SHA256Digest? {
        try read("read event \(sequence) of run '\(run)'") { connection in
            let statement = try connection.prepare(
                "SELECT hash FROM event WHERE run = (SELECT key FROM run WHERE id = ?) AND sequence = ?")
            try statement.bind(1, run)
            try statement.bind(2, sequence)
            return try statement.firstRow { SHA256Digest(bytes: $0.blob(0)) } ?? nil
        }
    }

    func content(_ digest: Digest) throws(StoreError) -> [UInt8]? {
        try read("read the content \(digest)") { connection in
            let statement = try connection.cached("SELECT size, bytes FROM content WHERE digest = ?")
            try statement.bind(1, digest)
            let found = try statement.firstRow { row in (Int(row.int64(0)), row.isNull(1) ? nil : row.blob(1)) }
            guard let (size, inDatabase) = found else { return nil }
            let bytes: [UInt8]
            if let inDatabase {
                bytes = inDatabase
            } else {
                do {
                    bytes = try File.read(self.objects.path(of: digest), limit: max(0, size))
                } catch let error as FileError where error.isNotFound || error.isTooLarge {
                    throw self.damaged("the content \(digest)")
                }
            }
            guard Digest(of: bytes) == digest else { throw self.damaged("the content \(digest)") }
            return bytes
        }
    }

    // MARK: The chain

    /// How far a walk along a chain has come.
    struct ChainWalk {
        var run: String
        /// Rows up to this one were seen. What stands before the first event is seen too.
        var seen = Int64.min
        /// The last event that is as it was written, and its hash.
        var sequence: Int64 = 0
        var hash: SHA256Digest
        var report = ChainReport(count: 0)
        var isOver = false
    }

    /// Walks over at most `limit` more events.
    func walk(_ start: ChainWalk, limit: Int) throws(StoreError) -> ChainWalk {
        try read("verify run '\(start.run)'") { connection in
            // One moment for the run's row and its events, though somebody may write.
            try connection.transaction(.deferred) {
                var walk = start
                let head = try connection.cached("SELECT key, last_sequence, last_hash FROM run WHERE id = ?")
                try head.bind(1, walk.run)
                guard let end = try head.firstRow({ ($0.int64(0), $0.int64(1), $0.blob(2)) }) else {
                    throw StoreError(.missing, "there is no run '\(walk.run)' in the store \(self.folder)")
                }
                try self.walk(&walk, connection, run: end.0, limit: limit)
                if walk.isOver, walk.report.firstBroken == nil,
                    walk.sequence != end.1 || walk.hash.bytes != end.2
                {
                    walk.report.firstBroken = min(walk.sequence, end.1) &+ 1
                }
                return walk
            }
        }
    }

    private func walk(_ walk: inout ChainWalk, _ connection: SQLiteConnection, run: Int64, limit: Int) throws {
        let statement = try connection.cached(
            """
            SELECT \(Self.eventColumns), hash FROM event WHERE run = ? AND sequence > ? ORDER BY sequence LIMIT ?
            """)
        try statement.bind(1, run)
        try statement.bind(2, walk.seen)
        try statement.bind(3, limit)
        var rows = 0
        defer { statement.reset() }
        while try statement.step() {
            rows += 1
            walk.report.count += 1
            walk.seen = statement.int64(0)
            guard walk.report.firstBroken == nil else { continue }
            let next = walk.sequence &+ 1
            guard walk.seen == next, let event = eventRow(statement), let json = event.json() else {
                walk.report.firstBroken = next
                continue
            }
            let hash = EventChain.link(
                after: walk.hash, sequence: next, at: event.at, canonical: json.jsonBytes(.canonical))
            guard hash.bytes == statement.blob(7) else {
                walk.report.firstBroken = next
                continue
            }
            (walk.sequence, walk.hash) = (next, hash)
        }
        walk.isOver = rows < limit
    }

    // MARK: Rows

    private func eventRow(_ row: SQLiteStatement) -> EventRow? {
        let result = row.isNull(5) ? nil : row.digest(5)
        guard row.isNull(5) || result != nil else { return nil }
        return EventRow(
            sequence: row.int64(0), at: row.int64(1), type: row.text(2), node: row.optionalText(3),
            attempt: row.isNull(4) ? nil : row.int64(4), result: result, payload: row.optionalText(6))
    }

    private func summary(_ row: SQLiteStatement) throws(StoreError) -> RunSummary {
        guard let status = RunStatus(rawValue: row.text(2)), let source = row.digest(10),
            let inputs = row.digest(11)
        else { throw damaged("run '\(row.text(0))'") }
        return RunSummary(
            id: row.text(0), workflow: row.text(1), status: status,
            createdAt: Timestamp(milliseconds: row.int64(3)), startedAt: row.timestamp(4), endedAt: row.timestamp(5),
            nodeCount: Int(row.int64(6)), endedCount: Int(row.int64(7)), failedNode: row.optionalText(8),
            reason: row.optionalText(9), source: source, inputs: inputs, interruptions: Int(row.int64(12)))
    }
}

extension SQLiteStatement {
    func optionalText(_ index: Int) -> String? { isNull(index) ? nil : text(index) }

    func timestamp(_ index: Int) -> Timestamp? {
        isNull(index) ? nil : Timestamp(milliseconds: int64(index))
    }
}
