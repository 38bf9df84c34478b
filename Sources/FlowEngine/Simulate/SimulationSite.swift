// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// All that the simulated runs of a workflow share.
struct SimulationSite: Sendable {
    let plan: Plan
    let kinds: [String: any NodeKind]
    let agents: [String: AgentDefinition]
    let estimates: [String: NodeEstimate]
    let hints: ValueHints
    let slots: Int
    let options: Simulation.Options
    /// By input: values from the workflow's examples.
    let candidates: [String: [JSONValue]]
    let secrets: Secrets

    init(_ plan: Plan, kinds: [any NodeKind], agents: [AgentDefinition], options: Simulation.Options) {
        self.plan = plan
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        // An agent of the workflow itself comes before one of the same name in a file.
        let own = plan.definition.agents.map {
            AgentDefinition(
                name: $0.name, instructions: $0.file["instructions"]?.plainText ?? "", output: $0.file["output"])
        }
        self.agents = Dictionary((own + agents).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.options = options
        estimates = NodeEstimate.all(of: plan.definition)
        hints = ValueHints(plan)
        slots = max(1, options.slots ?? plan.definition.maxParallel ?? 8)
        var candidates: [String: [JSONValue]] = [:]
        for example in plan.definition.mode?["examples"]?.arrayValue ?? [] {
            for member in example["inputs"]?.objectValue ?? JSONObject() {
                candidates[member.key, default: []].append(member.value)
            }
        }
        self.candidates = candidates
        secrets = Secrets(
            values: Dictionary(
                plan.definition.secrets.map { ($0.name, "simulated-\($0.name)") }, uniquingKeysWith: { a, _ in a }))
    }

    /// What a node of the plan puts out, by its kind and its declarations.
    func outputs(of node: NodeDefinition, _ values: inout FakeValues) -> JSONObject {
        let path = "nodes.\(node.id).outputs"
        // Declared outputs may be computed from what the kind puts out by itself.
        let isComputed = node.options.outputs.contains { $0.value != nil }
        var bare = node
        if isComputed { bare.options = .standard }
        let site = KindSite(agents: agents.keys.sorted())
        var outputs = JSONObject()
        if case .object(let fields, let isOpen)? = kinds[node.kind]?.outputType(of: bare, in: site) {
            outputs = values.object(fields, isOpen: isOpen, path)
        }
        if node.kind == "agent" { answer(of: node, &outputs, &values) }
        if node.kind == "http", values.random.chance(80) { outputs["status"] = 200 }
        for output in node.options.outputs where output.value == nil {
            outputs[output.name] = values.value(output.type, "\(path).\(output.name)")
        }
        return outputs
    }

    /// The answer of an agent with a schema fits it.
    private func answer(of node: NodeDefinition, _ outputs: inout JSONObject, _ values: inout FakeValues) {
        var schema: JSONValue?
        if case .literal(let own)? = node.field("output") { schema = own }
        if schema == nil, case .literal(.string(let name)) = node.body { schema = agents[name]?.output }
        outputs["finish_reason"] = "stop"
        outputs["model"] = "simulated"
        guard let schema, !schema.isNull else { return }
        let json = values.value(schema: schema, "nodes.\(node.id).outputs.json")
        outputs["json"] = json
        outputs["text"] = .string(json.jsonText(.compact))
    }

    /// The files that a node leaves.
    func artifacts(of node: NodeDefinition, _ values: inout FakeValues) -> [KeptArtifact] {
        let own = kinds[node.kind]?.artifactNames(of: node) ?? []
        let declared = node.options.artifacts.filter { !$0.optional || !values.isWild || values.random.chance(80) }
        return (own + declared.map(\.name).filter { !own.contains($0) }).map {
            KeptArtifact(name: $0, digest: .zero, size: 0, file: $0, mediaType: nil)
        }
    }

    /// The tokens that an agent reads, by the texts it is given.
    func promptTokens(_ context: NodeContext) -> Int64 {
        guard context.definition.kind == "agent" else { return 0 }
        let agent = agents[context.body.plainText]
        let text = (agent?.instructions ?? "") + "\n" + (context.fields["prompt"]?.plainText ?? "")
        return Int64(TokenEstimate.tokens(in: text))
    }
}
