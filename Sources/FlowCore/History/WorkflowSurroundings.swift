// SPDX-License-Identifier: Apache-2.0

/// What a workflow uses beside its own text: agents, and files by their content.
public struct WorkflowSurroundings: Sendable {
    /// What each agent is told and how, as named values.
    public var agents: [String: JSONObject]
    /// The digest of each file that belongs to the workflow, by its path.
    public var files: [String: Digest]

    /// Kinds that run nodes of their own, which may use any agent and any file.
    private static let kindsWithNodes: Set<String> = ["workflow", "plan"]

    /// Nothing beside the text.
    public init() {
        agents = [:]
        files = [:]
    }

    /// Agents, and the digests of files by path.
    public init(agents: [AgentDefinition], files: [String: Digest]) {
        self.agents = Dictionary(agents.map { ($0.name, $0.normalParts) }, uniquingKeysWith: { first, _ in first })
        self.files = files
    }

    /// The parts of a node that lie outside its own definition: `workflow.env.NAME` for the variables that it sees,
    /// `agent.NAME` for what its agent is told (`agents.NAME` for all that nodes of its own may ask), `files.PATH` for the files
    /// that it can read.
    ///
    /// - Parameter among: the files to look at; nil means all.
    public func parts(
        of node: NodeDefinition, in definition: WorkflowDefinition, reads: NodeReads, among: Set<String>? = nil
    ) -> [NormalForm.Part] {
        var parts: [NormalForm.Part] = []
        if !definition.env.isEmpty {
            for entry in definition.env.sorted(by: { $0.name < $1.name }) where reads.environment.contains(entry.name) {
                parts.append(NormalForm.Part("workflow.env.\(entry.name)", entry.template.normalJSON))
            }
        }
        if node.kind == "agent", case .literal(.string(let name)) = node.body {
            for member in agents[name] ?? JSONObject() {
                parts.append(NormalForm.Part("agent.\(member.key)", member.value))
            }
        }
        if Self.kindsWithNodes.contains(node.kind) {
            for (name, agent) in agents.sorted(by: { $0.key < $1.key }) {
                parts.append(NormalForm.Part("agents.\(name)", .object(agent)))
            }
        }
        if !files.isEmpty, among?.isEmpty != true {
            for path in visibleFiles(of: node, in: definition, reads: reads).sorted()
            where among?.contains(path) ?? true {
                if let digest = files[path] { parts.append(NormalForm.Part("files.\(path)", .string(digest.hex))) }
            }
        }
        return parts
    }

    /// Whether the node's agent may run workflows, which have files of their own.
    private func hasWorkflowTools(_ node: NodeDefinition) -> Bool {
        guard node.kind == "agent", case .literal(.string(let name)) = node.body else { return false }
        return agents[name]?["tools"]?.arrayValue?.contains { $0.stringValue?.hasPrefix("workflow:") == true } ?? false
    }

    /// The files that a node can read: those under the entries of `files:` that its texts name, all if it reads the
    /// workflow's folder and names none, and none otherwise.
    private func visibleFiles(
        of node: NodeDefinition, in definition: WorkflowDefinition, reads: NodeReads
    ) -> [String] {
        if Self.kindsWithNodes.contains(node.kind) || hasWorkflowTools(node) { return Array(files.keys) }
        let entries = definition.files.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let named = entries.filter { entry in
            let name = entry.hasPrefix("./") ? String(entry.dropFirst(2)) : entry
            return node.hasText { $0.contains(name) }
        }
        if !named.isEmpty {
            return files.keys.filter { path in
                named.contains { path == $0 || path.hasPrefix($0 + "/") || $0 == "." || "./\(path)".hasPrefix($0) }
            }
        }
        let readsFolder = reads.readsFolder || node.hasText { $0.contains("FLOW_WORKFLOW_DIR") }
        return readsFolder ? Array(files.keys) : []
    }
}

extension AgentDefinition {
    /// What of an agent has a part in its answers.
    fileprivate var normalParts: JSONObject {
        var object = JSONObject()
        object["instructions"] = .string(instructions)
        object["context"] = context
        object["max_tokens"] = maxTokens.map { .integer(Int64($0)) }
        // Without tools an agent has one turn, whatever it may have.
        if !tools.isEmpty {
            object["max_turns"] = maxTurns.map { .integer(Int64($0)) }
            object["permissions"] = permissions
            object["tools"] = .array(tools.map { .string($0) })
        }
        object["model"] = model.map { .string($0) }
        object["output"] = output
        object["temperature"] = temperature.map { .number($0) }
        return object
    }
}
