// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// `plan:` nodes that are made at run time from a value, such as what a planner agent wrote. The value goes through
/// the same compiler as a file before any of it runs, and runs as a part of its own.
public struct PlanKind: NodeKind {
    public let name = "plan"
    public let summary = "Nodes made at run time from a value: a mapping of nodes, or a list of nodes with ids."
    public let body = FieldType.any
    public let fields = [
        FieldSchema(
            "allow", .object(PlanKind.allow), templates: false, "What the planned nodes may be and use.")
    ]
    private let starter: SubworkflowStarter

    /// Kinds that cannot reach out of the run, and so need no permission.
    static let harmlessKinds = ["agent", "approval", "jq", "render", "set", "switch", "wait"]
    static let mostNodes = 50

    static let allow: [FieldSchema] = [
        FieldSchema(
            "kinds", .list(.string), templates: false, fallback: harmlessKinds.joined(separator: ", "),
            "The kinds of nodes that a plan may have."),
        FieldSchema("agents", .list(.string), templates: false, "The agents that it may use; by default all."),
        FieldSchema("max_nodes", .integer(1...10_000), templates: false, fallback: "50", "The most nodes."),
    ]

    init(starter: SubworkflowStarter) { self.starter = starter }

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        guard case .literal(let value)? = node.field("allow") else { return [] }
        let span = node.fields.first { $0.name == "allow" }?.span ?? node.bodySpan
        var found: [Diagnostic] = []
        for kind in value["kinds"]?.arrayValue ?? [] where !site.kinds.contains(kind.plainText) {
            let near = Spelling.nearest(to: kind.plainText, among: site.kinds)
            found.append(
                Diagnostic(
                    .badNode, "there is no kind `\(kind.plainText)` to allow", at: span,
                    help: [
                        near.map { "did you mean `\($0)`?" } ?? "the kinds are \(site.kinds.joined(separator: ", "))"
                    ]))
        }
        for agent in value["agents"]?.arrayValue ?? [] where !site.agents.contains(agent.plainText) {
            let near = Spelling.nearest(to: agent.plainText, among: site.agents)
            found.append(
                Diagnostic(
                    .unknownAgent, "there is no agent `\(agent.plainText)` to allow", at: span,
                    help: near.map { ["did you mean `\($0)`?"] } ?? []))
        }
        return found
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType { .anyObject }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        let text: JSONObject
        switch PlannedWorkflow(context).text {
        case .success(let made): text = made
        case .failure(let failure): return .failed(failure.failure)
        }
        return await starter.start(planned: text, context: context)
    }
}
