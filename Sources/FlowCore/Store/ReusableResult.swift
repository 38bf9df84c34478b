// SPDX-License-Identifier: Apache-2.0

/// A result that may take the place of running a node that depends on the same.
public struct ReusableResult: Sendable, Hashable {
    /// The node that ran.
    public var origin: NodeOrigin
    public var result: Digest
    /// When it ended.
    public var endedAt: Timestamp

    /// A result of a node.
    public init(origin: NodeOrigin, result: Digest, endedAt: Timestamp) {
        self.origin = origin
        self.result = result
        self.endedAt = endedAt
    }
}

/// What a run knows of what one of its nodes depends on.
public struct NodeFingerprintSummary: Sendable, Hashable {
    public var node: String
    /// Names the content that says it part by part.
    public var fingerprint: Digest
    /// Where the result came from; nil of a node that runs itself.
    public var origin: NodeOrigin?

    /// The fingerprint of a node.
    public init(node: String, fingerprint: Digest, origin: NodeOrigin? = nil) {
        self.node = node
        self.fingerprint = fingerprint
        self.origin = origin
    }

    /// The rows as they follow from the events of a run. What is told first of a node is kept, until people have a part in
    /// what comes of it: then the result stands for no other run.
    public static func rows(in events: some Sequence<RecordedEvent>) -> [NodeFingerprintSummary] {
        var rows: [NodeFingerprintSummary] = []
        var places: [String: Int] = [:]
        for recorded in events {
            switch recorded.event {
            case .nodeFingerprinted(let node, let fingerprint) where places[node] == nil:
                places[node] = rows.count
                rows.append(NodeFingerprintSummary(node: node, fingerprint: fingerprint))
            case .nodeReused(let node, let origin, _):
                if let place = places[node], rows[place].origin == nil { rows[place].origin = origin }
            default:
                let touched = recorded.event.touchedNodes
                if touched == .none || rows.isEmpty { continue }
                rows.removeAll { $0.origin == nil && touched.contains($0.node) }
                places = [:]
                for (place, row) in rows.enumerated() { places[row.node] = place }
            }
        }
        return rows
    }
}

/// The nodes in whose work people had a part.
package enum TouchedNodes: Hashable {
    case none
    /// Each with its items, if it is a fan-out.
    case these([String])
    case all

    func contains(_ node: String) -> Bool {
        switch self {
        case .none: false
        case .these(let names):
            names.contains { node.utf8.elementsEqual($0.utf8) || node.utf8.starts(with: "\($0)[".utf8) }
        case .all: true
        }
    }
}

extension RunEvent {
    /// The nodes whose results depend on people from here on, and not on what was known before alone.
    package var touchedNodes: TouchedNodes {
        switch self {
        case .approvalDecided(let node, _), .intervened(let node, _): .these([node])
        case .runRewound(let rewind): .these(rewind.nodes)
        // The word goes to all agents.
        case .pauseDecided(let decision): decision.word == nil ? .none : .all
        default: .none
        }
    }
}

extension RunStore {
    public func node(_ name: String, of run: String) async throws(StoreError) -> NodeSummary? {
        try await nodes(of: run).first { $0.node.utf8.elementsEqual(name.utf8) }
    }

    public func fingerprints(of run: String) async throws(StoreError) -> [NodeFingerprintSummary] {
        NodeFingerprintSummary.rows(in: try await events(of: run, after: 0, limit: .max))
    }

    public func results(for fingerprint: Digest) async throws(StoreError) -> [ReusableResult] {
        var found: [ReusableResult] = []
        for run in try await runs(RunQuery(limit: .max)) {
            for row in try await fingerprints(of: run.id) where row.fingerprint == fingerprint {
                guard let node = try await node(row.node, of: run.id), node.status == .succeeded,
                    let result = node.result, let end = node.endedAt
                else { continue }
                found.append(
                    ReusableResult(origin: NodeOrigin(run: run.id, node: row.node), result: result, endedAt: end))
            }
        }
        return found
    }
}
