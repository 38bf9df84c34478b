// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// How often an agent was asked, counted over the nodes of stored runs.
public struct AgentUsage: Sendable, Hashable {
    /// Runs in which it was asked.
    public var runs = 0
    public var succeeded = 0
    public var failed = 0
    /// When it was last asked.
    public var lastUsed: Timestamp?

    /// An agent that was not asked yet.
    public init() {}

    /// Nodes that have ended.
    public var nodes: Int { succeeded + failed }

    /// Counts over the newest runs, by the names of agents. A run that cannot be read counts for nothing.
    ///
    /// - Parameter limit: how many runs are looked at.
    public static func count(
        _ reader: RunReader, loader: WorkflowLoader, limit: Int = 1000
    ) async throws(EngineError) -> [String: AgentUsage] {
        var usage: [String: AgentUsage] = [:]
        /// By the source of the run: which node asks which agent.
        var askers: [Digest: [String: String]] = [:]
        for run in try await reader.runs(RunQuery(limit: limit)) {
            if askers[run.source] == nil {
                let definition = try? await reader.workflow(of: run, loader: loader).compilation.definition
                askers[run.source] = definition.map(agents) ?? [:]
            }
            guard let agents = askers[run.source], !agents.isEmpty else { continue }
            var seen: Set<String> = []
            let nodes = try await reader.nodes(of: run.id).filter { $0.kind == "agent" }
            // An item of a fan-out is called `node[key]`; the node itself asks nobody.
            let fanned = Set(nodes.map(\.node).filter { $0.contains("[") }.map(Self.plainName))
            for node in nodes where !fanned.contains(node.node) {
                guard let name = agents[plainName(node.node)] else { continue }
                guard [.succeeded, .failed].contains(node.status) else { continue }
                var row = usage[name] ?? AgentUsage()
                if node.status == .succeeded { row.succeeded += 1 } else { row.failed += 1 }
                if seen.insert(name).inserted { row.runs += 1 }
                if let end = node.endedAt, row.lastUsed.map({ $0 < end }) ?? true { row.lastUsed = end }
                usage[name] = row
            }
        }
        return usage
    }

    private static func plainName(_ node: String) -> String { String(node.prefix { $0 != "[" }) }

    private static func agents(_ definition: WorkflowDefinition) -> [String: String] {
        var agents: [String: String] = [:]
        for node in definition.nodes(ofKind: "agent") {
            agents[node.id] = node.literalBody
        }
        return agents
    }
}
