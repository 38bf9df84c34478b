// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension RunReader {
    /// The calls of a run, in the order in which they began.
    public func calls(of run: String) async throws(EngineError) -> [CallSummary] {
        do throws(StoreError) { return try await store.calls(of: run) } catch { throw EngineError(error) }
    }

    /// A run and the runs of its sub-workflows, however deep.
    public func parts(of run: RunSummary) async throws(EngineError) -> [RunSummary] {
        var parts = [run]
        var next = 0
        while next < parts.count {
            let part = parts[next]
            next += 1
            let nodes: [NodeSummary]
            do throws(StoreError) { nodes = try await store.nodes(of: part.id) } catch { throw EngineError(error) }
            // Only these kinds start runs; the events of others need not be read.
            guard nodes.contains(where: { $0.kind == "workflow" || $0.kind == "plan" }) else { continue }
            for recorded in try await events(of: part.id) {
                guard case .nodeWaiting(_, _, .run(let child)) = recorded.event,
                    !parts.contains(where: { $0.id == child }), let summary = try await summary(of: child)
                else { continue }
                parts.append(summary)
            }
        }
        return parts
    }

    /// All runs of the tree that a run is in: those it comes from, and all that come from these.
    public func tree(of run: RunSummary) async throws(EngineError) -> [RunSummary] {
        var root = run.id
        var seen: Set<String> = [root]
        while let branch = try await branch(root), seen.insert(branch.parent).inserted { root = branch.parent }
        var ids = [root]
        var level = [root]
        var known: Set<String> = [root]
        while !level.isEmpty {
            level = try await branches(of: level).map(\.run).filter { known.insert($0).inserted }
            ids += level
        }
        var runs: [RunSummary] = []
        for id in ids { if let summary = try await summary(of: id) { runs.append(summary) } }
        return runs
    }

    /// Adds the calls of a run to a report. Runs of sub-workflows are runs of their own.
    ///
    /// - Parameter agents: the agent of each node, for a report by agents; a node without one stands for itself.
    public func add(
        _ run: RunSummary, to report: inout CostReport, by key: CostReport.Key, agents: [String: String] = [:]
    ) async throws(EngineError) {
        let session = key == .session ? try await inputs(of: run).1.session : nil
        // The calls of parts stand in their own runs.
        for call in try await calls(of: run.id) where call.start.kind != .part {
            let node = String(call.node.prefix { $0 != "[" })
            let name =
                switch key {
                case .run: run.id
                case .node: node
                case .agent: agents[node] ?? node
                case .model: call.end?.answeredBy ?? call.start.name
                case .provider: call.end?.provider ?? "-"
                case .day: String(call.startedAt.iso8601.prefix(10))
                case .session: session ?? "-"
                case .call: "\(call.node) \(call.index) \(call.start.name)"
                }
            report.add(call, as: name)
        }
    }
}

extension Plan {
    /// The agent of each node that asks one.
    public var agents: [String: String] {
        var agents: [String: String] = [:]
        for node in nodes where node.kind == "agent" {
            if case .literal(.string(let agent)) = node.body { agents[node.id] = agent }
        }
        return agents
    }
}
