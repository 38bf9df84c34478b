// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a person wants to change of a node.
public struct InterventionRequest: Sendable, Hashable {
    /// The change.
    public enum Action: Sendable, Hashable {
        /// Another task for a node that has not ended: keys of the node with other values.
        case redirect(JSONObject)
        /// Other parameters for a node that has not begun.
        case modify(JSONObject)
        /// The outputs of a node that has not begun; it does not run.
        case pin(JSONObject)
        /// A word to an agent.
        case inject(String)
    }

    public var action: Action
    /// Why.
    public var comment: String?

    /// A change.
    public init(_ action: Action, comment: String? = nil) {
        self.action = action
        self.comment = comment
    }

    var json: JSONValue {
        var object = JSONObject()
        object["comment"] = comment.map { .string($0) }
        switch action {
        case .redirect(let change): object["redirect"] = .object(change)
        case .modify(let change): object["modify"] = .object(change)
        case .pin(let outputs): object["pin"] = .object(outputs)
        case .inject(let text): object["inject"] = .string(text)
        }
        return .object(object)
    }

    init?(json: JSONValue) {
        let action: Action
        if let change = json["redirect"]?.objectValue {
            action = .redirect(change)
        } else if let change = json["modify"]?.objectValue {
            action = .modify(change)
        } else if let outputs = json["pin"]?.objectValue {
            action = .pin(outputs)
        } else if let text = json["inject"]?.stringValue {
            action = .inject(text)
        } else {
            return nil
        }
        self.init(action, comment: json["comment"]?.stringValue)
    }
}

extension RunExecutor {
    /// The most of a word to an agent, in bytes.
    private static let longestMessage = 65_536

    /// Does what a person wants to change of a node.
    func intervene(
        node name: String, _ request: InterventionRequest, by: String
    ) async -> EngineError? {
        guard let node = machine.index(of: name) else {
            return EngineError(.noSuchNode, "the run has no node `\(name)`")
        }
        let secrets = site.secrets
        func safe(_ object: JSONObject) -> JSONObject { secrets.blanked(.object(object)).objectValue ?? JSONObject() }
        let comment = request.comment.map { secrets.blanked($0) }
        var contents: [CallRequest.Content] = []
        let action: Intervention.Action
        switch request.action {
        case .redirect(let change), .modify(let change):
            if change.isEmpty { return EngineError(.refused, "nothing is changed") }
            if let problem = changeProblem(change, of: node) { return EngineError(.refused, problem) }
            if case .redirect = request.action {
                action = .redirect(safe(change))
            } else {
                action = .modify(safe(change))
            }
        case .pin(let outputs):
            if let problem = pinProblem(outputs, of: node) { return EngineError(.refused, problem) }
            let bytes = NodeRecord(outputs: safe(outputs)).json.jsonBytes(.compact)
            let digest = Digest(of: bytes)
            contents.append((digest, bytes))
            action = .pin(digest)
        case .inject(let text):
            if text.allSatisfy(\.isWhitespace) { return EngineError(.refused, "the message is empty") }
            if text.utf8.count > Self.longestMessage {
                return EngineError(.refused, "a message has at most \(Self.longestMessage) bytes")
            }
            action = .inject(secrets.blanked(text))
        }
        return await intervene(node: node, Intervention(action, by: by, comment: comment), contents: contents)
    }

    /// What is wrong with outputs that a person gives a node; nil for nothing.
    private func pinProblem(_ outputs: JSONObject, of node: Int) -> String? {
        let definition = definition(of: node)
        for output in definition.options.outputs {
            guard let value = outputs[output.name] else { return "the output `\(output.name)` is missing" }
            if [.file, .files, .plot, .table].contains(output.type) {
                return "`\(output.name)` is a file, and files cannot be pinned"
            }
            if !output.type.accepts(value) {
                return "output `\(output.name)` is \(value.typeName), but `\(output.type.rawValue)` is declared"
            }
        }
        let site = KindSite(agents: [], kinds: self.site.kinds.keys.sorted())
        guard case .object(let fields, false)? = self.site.kinds[definition.kind]?.outputType(of: definition, in: site)
        else { return nil }
        let declared = Set(definition.options.outputs.map(\.name))
        for member in outputs where !declared.contains(member.key) {
            guard let type = fields[member.key] else {
                let near = Spelling.nearest(to: member.key, among: fields.keys.sorted())
                return "`\(definition.id)` has no output `\(member.key)`"
                    + (near.map { "; did you mean `\($0)`?" } ?? "")
            }
            let given = ValueType(of: member.value)
            if !given.fits(type) {
                return "the output `\(member.key)` is \(type.description), not \(given.description)"
            }
        }
        return nil
    }
}
