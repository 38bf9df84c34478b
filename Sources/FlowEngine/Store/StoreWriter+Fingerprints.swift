// SPDX-License-Identifier: Apache-2.0

import FlowCore
import SQLite

/// The row of a fingerprint, as an event makes or completes it.
enum FingerprintRow: Sendable {
    case known(node: String, Digest)
    case reused(node: String, NodeOrigin)
    case touched(TouchedNodes)

    /// What an event says of a fingerprint; nil for one that says nothing.
    init?(_ event: RunEvent) {
        switch event {
        case .nodeFingerprinted(let node, let fingerprint): self = .known(node: node, fingerprint)
        case .nodeReused(let node, let origin, _): self = .reused(node: node, origin)
        default:
            let touched = event.touchedNodes
            if touched == .none { return nil }
            self = .touched(touched)
        }
    }
}

extension StoreWriter {
    // What is told first is kept, as by whoever reads the events.
    private static let insertFingerprint =
        "INSERT INTO fingerprint (run, node, digest) VALUES (?, ?, ?) ON CONFLICT (run, node) DO NOTHING"

    private static let reuseFingerprint = """
        UPDATE fingerprint SET origin_run = ?, origin_node = ? WHERE run = ? AND node = ? AND origin_run IS NULL
        """

    private static let dropFingerprint = """
        DELETE FROM fingerprint WHERE run = ?1 AND origin_run IS NULL
            AND (node = ?2 OR substr(node, 1, length(?2) + 1) = ?2 || '[')
        """

    private static let dropFingerprints = "DELETE FROM fingerprint WHERE run = ? AND origin_run IS NULL"

    /// Writes what an event says of a fingerprint.
    func write(_ row: FingerprintRow, run: Int64) throws(SQLiteError) {
        switch row {
        case .known(let node, let fingerprint):
            let statement = try connection.cached(Self.insertFingerprint)
            try statement.bind(1, run)
            try statement.bind(2, node)
            try statement.bind(3, fingerprint)
            try statement.run()
        case .reused(let node, let origin):
            let statement = try connection.cached(Self.reuseFingerprint)
            try statement.bind(1, origin.run)
            try statement.bind(2, origin.node)
            try statement.bind(3, run)
            try statement.bind(4, node)
            try statement.run()
        case .touched(.none): break
        case .touched(.these(let nodes)):
            let statement = try connection.cached(Self.dropFingerprint)
            for node in nodes {
                try statement.bind(1, run)
                try statement.bind(2, node)
                try statement.run()
            }
        case .touched(.all):
            let statement = try connection.cached(Self.dropFingerprints)
            try statement.bind(1, run)
            try statement.run()
        }
    }
}

extension StoreReader {
    /// What is known of what the nodes of a run depend on.
    func fingerprints(of run: String) throws(StoreError) -> [NodeFingerprintSummary] {
        try read("read what the nodes of run '\(run)' depend on") { connection in
            let statement = try connection.cached(
                """
                SELECT node, digest, origin_run, origin_node FROM fingerprint
                WHERE run = (SELECT key FROM run WHERE id = ?) ORDER BY position
                """)
            try statement.bind(1, run)
            var rows: [NodeFingerprintSummary] = []
            try statement.forEachRow { row in
                guard let digest = row.digest(1) else {
                    throw self.damaged("the fingerprint of node '\(row.text(0))' of run '\(run)'")
                }
                rows.append(
                    NodeFingerprintSummary(
                        node: row.text(0), fingerprint: digest,
                        origin: row.isNull(2) ? nil : NodeOrigin(run: row.text(2), node: row.text(3))))
            }
            return rows
        }
    }

    /// The nodes that ran, ended well and depended on the same, the newest first.
    func results(for fingerprint: Digest) throws(StoreError) -> [ReusableResult] {
        try read("look for results of the same") { connection in
            let statement = try connection.cached(
                """
                SELECT run.id, own.node, node.result, node.ended_at FROM fingerprint AS own
                JOIN run ON run.key = own.run JOIN node ON node.run = own.run AND node.name = own.node
                WHERE own.digest = ? AND node.status = 'succeeded' AND node.result IS NOT NULL
                    AND node.ended_at IS NOT NULL
                ORDER BY own.position DESC
                """)
            try statement.bind(1, fingerprint)
            var found: [ReusableResult] = []
            try statement.forEachRow { row in
                guard let result = row.digest(2) else {
                    throw self.damaged("the result of node '\(row.text(1))' of run '\(row.text(0))'")
                }
                found.append(
                    ReusableResult(
                        origin: NodeOrigin(run: row.text(0), node: row.text(1)), result: result,
                        endedAt: Timestamp(milliseconds: row.int64(3))))
            }
            return found
        }
    }
}
