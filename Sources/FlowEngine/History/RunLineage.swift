// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a derived run takes over, through all runs that it comes from.
///
/// Nothing of a node that is taken over is copied: its result is a row of the run in which it ran, however many runs lie
/// between.
struct RunLineage: Sendable {
    /// A run on the way from the first one to the run that is asked about.
    struct Step: Sendable {
        var run: String
        /// Nil of the first one.
        var derivation: Derivation?
        /// The rows of nodes that ran in it; of the run that is asked about none are needed.
        var rows: [NodeSummary]
    }

    /// No chain that people make is so long.
    static let longest = 10_000

    let store: any RunStore

    /// The nodes that a run takes over, by name; none of a run that comes from no other.
    func inherited(by run: String) async throws(StoreError) -> [String: InheritedNode] {
        var steps: [Step] = []
        var next: String? = run
        while let current = next {
            guard steps.count < Self.longest else { throw Self.damage(of: run, "its chain of parents has no end") }
            next = nil
            var step = Step(run: current, rows: [])
            let second = try await store.events(of: current, after: 1, limit: 1).first?.event
            if case .runDerived(let parent, let digest)? = second {
                step.derivation = try Self.derivation(try await store.content(digest), of: current)
                next = parent
            }
            if steps.isEmpty, next == nil { return [:] }
            if !steps.isEmpty { step.rows = try await store.nodes(of: current) }
            steps.append(step)
        }
        return Self.inherited(steps.reversed())
    }

    /// The runs that a run comes from; none for one that comes from no other.
    func ancestors(of run: String) async throws(StoreError) -> Set<String> {
        var found: Set<String> = []
        var next = run
        while case .runDerived(let parent, _)? = try await store.events(of: next, after: 1, limit: 1).first?.event,
            found.insert(parent).inserted
        {
            next = parent
        }
        return found
    }

    /// The node of this name that a run takes over, without reading the others; nil when it takes none over.
    func inherited(_ name: String, by run: String) async throws(StoreError) -> InheritedNode? {
        var current = run
        for _ in 0..<Self.longest {
            let second = try await store.events(of: current, after: 1, limit: 1).first?.event
            guard case .runDerived(let parent, let digest)? = second else { return nil }
            let derivation = try Self.derivation(try await store.content(digest), of: current)
            if let pin = derivation.pins[name] {
                let kind = try await kind(of: name, in: parent)
                return InheritedNode(result: pin, origin: current, kind: kind, isPinned: true)
            }
            if derivation.rerun.contains(name) { return nil }
            if let row = try await store.node(name, of: parent), row.status.isSuccess, let result = row.result {
                return InheritedNode(
                    result: result, origin: parent, kind: row.kind, attempt: row.attempt, startedAt: row.startedAt,
                    endedAt: row.endedAt)
            }
            current = parent
        }
        throw Self.damage(of: run, "its chain of parents has no end")
    }

    /// The kind of a node that a run has, or takes over.
    private func kind(of name: String, in run: String) async throws(StoreError) -> String {
        if let row = try await store.node(name, of: run), row.status.isSuccess { return row.kind }
        return try await inherited(name, by: run)?.kind ?? "set"
    }

    /// Reads a derivation from its bytes.
    static func derivation(_ bytes: [UInt8]?, of run: String) throws(StoreError) -> Derivation {
        guard let bytes, let json = try? JSONValue.parse(bytes), let derivation = Derivation(json: json) else {
            throw damage(of: run, "what it takes over from its parent cannot be read")
        }
        return derivation
    }

    private static func damage(of run: String, _ what: String) -> StoreError {
        StoreError(.corrupt, "run \(run) is damaged: \(what)")
    }

    /// What the last of the runs takes over. The first comes from no other.
    static func inherited(_ steps: some Collection<Step>) -> [String: InheritedNode] {
        var standing: [String: InheritedNode] = [:]
        for (place, step) in steps.enumerated() {
            if let derivation = step.derivation {
                let kinds = derivation.pins.keys.map { ($0, standing[$0]?.kind ?? "set") }
                for name in derivation.rerun { standing[name] = nil }
                for (name, kind) in kinds {
                    guard let result = derivation.pins[name] else { continue }
                    standing[name] = InheritedNode(result: result, origin: step.run, kind: kind, isPinned: true)
                }
            } else {
                standing = [:]
            }
            if place == steps.count - 1 { break }
            if standing.isEmpty { standing.reserveCapacity(step.rows.count) }
            // A node that ran here did not come from elsewhere. Items are a part of their node's result.
            for row in step.rows where row.status.isSuccess && !row.node.utf8.contains(UInt8(ascii: "[")) {
                guard let result = row.result else { continue }
                standing[row.node] = InheritedNode(
                    result: result, origin: step.run, kind: row.kind, attempt: row.attempt, startedAt: row.startedAt,
                    endedAt: row.endedAt)
            }
        }
        return standing
    }
}
