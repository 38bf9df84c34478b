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
                guard let place = try self.place(of: run, connection) else { return [] }
                return try self.rows("ORDER BY position", at: place, of: run, connection)
            }
        }
    }

    /// Counts and rows are those of one moment: the run may go on meanwhile.
    func overview(of run: String, settled: Set<NodeStatus>) throws(StoreError) -> NodeOverview {
        try read("count the nodes of run '\(run)'") { connection in
            try self.snapshot(connection) {
                var overview = NodeOverview(counts: [:], rows: [])
                guard let place = try self.place(of: run, connection) else { return overview }
                let counts = try self.statement("SELECT status, count(*)", at: place, "GROUP BY status", connection)
                try counts.forEachRow { row in
                    guard let status = NodeStatus(rawValue: row.text(0)) else {
                        throw self.damaged("a node of run '\(run)'")
                    }
                    overview.counts[status] = Int(row.int64(1))
                }
                guard overview.counts.keys.contains(where: { !settled.contains($0) }) else { return overview }
                let names = settled.map { "'\($0.rawValue)'" }.sorted().joined(separator: ", ")
                overview.rows = try self.rows(
                    "AND status NOT IN (\(names)) ORDER BY position", at: place, of: run, connection)
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

    /// Where the rows of the nodes of a run are.
    private struct Place {
        var run: Int64
        var positions: ClosedRange<Int64>
        var count: Int64

        /// Whether they lie together: then they are read as they lie. The index would give them by name, and each would be
        /// looked up and sorted.
        var isDense: Bool {
            positions.upperBound - positions.lowerBound < count * 2 + StoreReader.mostOthers
        }
    }

    /// Nil for a run without nodes. Belongs with what is read there into one ``snapshot(_:_:)``.
    private func place(of run: String, _ connection: SQLiteConnection) throws -> Place? {
        let statement = try connection.cached(
            """
            SELECT run, min(position), max(position), count(*) FROM node
            WHERE run = (SELECT key FROM run WHERE id = ?)
            """)
        try statement.bind(1, run)
        return try statement.firstRow { row in
            row.int64(3) == 0
                ? nil : Place(run: row.int64(0), positions: row.int64(1)...row.int64(2), count: row.int64(3))
        } ?? nil
    }

    private func statement(
        _ selection: String, at place: Place, _ rest: String, _ connection: SQLiteConnection
    ) throws -> SQLiteStatement {
        let condition = place.isDense ? "+run = ? AND position BETWEEN ? AND ?" : "run = ?"
        let statement = try connection.cached("\(selection) FROM node WHERE \(condition) \(rest)")
        try statement.bind(1, place.run)
        if place.isDense {
            try statement.bind(2, place.positions.lowerBound)
            try statement.bind(3, place.positions.upperBound)
        }
        return statement
    }

    private func rows(
        _ rest: String, at place: Place, of run: String, _ connection: SQLiteConnection
    ) throws -> [NodeSummary] {
        var nodes: [NodeSummary] = []
        let statement = try statement("SELECT \(Self.nodeColumns)", at: place, rest, connection)
        try statement.forEachRow { row in nodes.append(try self.node(row, of: run)) }
        return nodes
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
