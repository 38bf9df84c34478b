// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

extension StoreReader {
    private static let nodeColumns = "name, kind, status, attempt, started_at, ended_at, result, message"
    /// So many rows of other runs may lie among those of a run before its own are looked up one by one.
    private static let mostOthers: Int64 = 1000

    func nodes(of run: String) throws(StoreError) -> [NodeSummary] {
        try read("read the nodes of run '\(run)'") { connection in
            try self.snapshot(connection) {
                var nodes: [NodeSummary] = []
                try self.forEachRow("SELECT \(Self.nodeColumns) FROM node", of: run, "ORDER BY position") { row in
                    nodes.append(try self.node(row, of: run))
                }
                return nodes
            }
        }
    }

    /// Counts and rows are those of one moment: the run may go on meanwhile.
    func overview(of run: String, settled: Set<NodeStatus>) throws(StoreError) -> NodeOverview {
        try read("count the nodes of run '\(run)'") { connection in
            try self.snapshot(connection) {
                var overview = NodeOverview(counts: [:], rows: [])
                try self.forEachRow("SELECT status, count(*) FROM node", of: run, "GROUP BY status") { row in
                    guard let status = NodeStatus(rawValue: row.text(0)) else {
                        throw self.damaged("a node of run '\(run)'")
                    }
                    overview.counts[status] = Int(row.int64(1))
                }
                guard overview.counts.keys.contains(where: { !settled.contains($0) }) else { return overview }
                let names = settled.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
                try self.forEachRow(
                    "SELECT \(Self.nodeColumns) FROM node", of: run, "AND status NOT IN (\(names)) ORDER BY position"
                ) { row in
                    overview.rows.append(try self.node(row, of: run))
                }
                return overview
            }
        }
    }

    func node(_ name: String, of run: String) throws(StoreError) -> NodeSummary? {
        try read("read node '\(name)' of run '\(run)'") { connection in
            let statement = try connection.cached(
                """
                SELECT \(Self.nodeColumns) FROM node
                WHERE run = (SELECT key FROM run WHERE id = ?) AND name = ?
                """)
            try statement.bind(1, run)
            try statement.bind(2, name)
            return try statement.firstRow { row in try self.node(row, of: run) }
        }
    }

    /// Calls a body for rows of the nodes of a run. Where these lie together they are read as they lie; the index would give
    /// them by name, and each would be looked up and sorted. Belongs into a ``snapshot(_:_:)``.
    private func forEachRow(
        _ selection: String, of run: String, _ rest: String, _ body: (SQLiteStatement) throws -> Void
    ) throws {
        let connection = try connection()
        let place = try connection.cached(
            """
            SELECT run, min(position), max(position), count(*) FROM node
            WHERE run = (SELECT key FROM run WHERE id = ?)
            """)
        try place.bind(1, run)
        let found = try place.firstRow { row in
            (key: row.int64(0), first: row.int64(1), last: row.int64(2), count: row.int64(3))
        }
        guard let found, found.count > 0 else { return }
        let liesTogether = found.last - found.first < found.count * 2 + Self.mostOthers
        let statement = try connection.cached(
            "\(selection) WHERE \(liesTogether ? "+run = ? AND position BETWEEN ? AND ?" : "run = ?") \(rest)")
        try statement.bind(1, found.key)
        if liesTogether {
            try statement.bind(2, found.first)
            try statement.bind(3, found.last)
        }
        try statement.forEachRow(body)
    }

    /// Runs a body that sees the database as it is at one moment.
    private func snapshot<Value>(_ connection: SQLiteConnection, _ body: () throws -> Value) throws -> Value {
        connection.isInTransaction ? try body() : try connection.transaction(.deferred, body)
    }

    private func node(_ row: SQLiteStatement, of run: String) throws(StoreError) -> NodeSummary {
        let result = row.isNull(6) ? nil : row.digest(6)
        guard let status = NodeStatus(rawValue: row.text(2)), row.isNull(6) || result != nil else {
            throw damaged("node '\(row.text(0))' of run '\(run)'")
        }
        return NodeSummary(
            node: row.text(0), kind: row.text(1), status: status, attempt: Int(row.int64(3)),
            startedAt: row.timestamp(4), endedAt: row.timestamp(5), result: result, message: row.optionalText(7))
    }
}
