// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The names that an expression may use at a place, with their types and what people are told of them.
struct NameTypes {
    private let definition: WorkflowDefinition?
    private let kinds: [String: any NodeKind]
    private let site: KindSite
    /// The node in which the expression stands.
    private let node: NodeDefinition?
    /// The key of the node in which the expression stands.
    private let key: String?

    init(
        _ definition: WorkflowDefinition?, kinds: [any NodeKind], agents: [String], node: String? = nil,
        key: String? = nil
    ) {
        self.definition = definition
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        site = KindSite(agents: agents)
        self.node = node.flatMap { id in definition.flatMap { $0.allNodes.first { $0.id == id } } }
        self.key = key
    }

    /// The first names.
    var roots: [(name: String, type: ValueType)] {
        var roots: [(String, ValueType)] = [
            ("inputs", inputs), ("nodes", nodes), ("env", strings(definition?.env.map(\.name))),
            ("secrets", strings(definition?.secrets.map(\.name))),
            ("run", .object(["id": .string, "workflow": .string], open: false)),
            ("workflow", .object(["dir": .string, "name": .string], open: false)),
        ]
        guard let node else { return roots }
        roots.append(("attempt", .integer))
        if let foreach = node.options.foreach {
            roots += [(foreach.variable, .any), ("item_index", .integer)]
        }
        if key == "repeat" { roots.append(("iteration", .integer)) }
        if key == "outputs" || key == "repeat" {
            let outputs = kinds[node.kind]?.outputType(of: node, in: site) ?? .anyObject
            roots += [("outputs", outputs), ("artifacts", artifacts(of: node)), ("with", with(of: node))]
        }
        return roots
    }

    private func object(_ fields: [(String, ValueType)], open: Bool = false) -> ValueType {
        .object(Dictionary(fields, uniquingKeysWith: { first, _ in first }), open: open)
    }

    private var inputs: ValueType { object(definition?.inputs.map { ($0.name, $0.valueType) } ?? []) }

    private func strings(_ names: [String]?) -> ValueType { object((names ?? []).map { ($0, .string) }) }

    private var nodes: ValueType {
        object(definition.map { $0.allNodes.map { ($0.id, .anyObject) } } ?? [])
    }

    private func artifacts(of node: NodeDefinition) -> ValueType {
        let names = node.options.artifacts.map(\.name) + (kinds[node.kind]?.artifactNames(of: node) ?? [])
        return strings(node.options.foreach == nil ? names : [])
    }

    private func with(of node: NodeDefinition) -> ValueType { object(node.options.with.map { ($0.name, .any) }) }

    /// The type of `nodes.x`.
    private func type(of node: NodeDefinition) -> ValueType {
        var outputs = kinds[node.kind]?.outputType(of: node, in: site) ?? .anyObject
        if case .object(var fields, let open) = outputs {
            for output in node.options.outputs { fields[output.name] = output.type.valueType }
            if node.options.foreach != nil { fields = fields.mapValues { .array($0) } }
            outputs = .object(fields, open: open)
        }
        return .object(
            ["outputs": outputs, "artifacts": artifacts(of: node), "status": .string], open: false)
    }

    /// The type of a path of names; nil when there is no such name.
    func type(of path: [String]) -> ValueType? {
        guard let first = path.first else { return nil }
        var rest = path.dropFirst()
        var type: ValueType
        if first == "nodes", let id = rest.first {
            guard let node = definition.flatMap({ $0.allNodes.first { $0.id == id } }) else { return nil }
            type = self.type(of: node)
            rest = rest.dropFirst()
        } else {
            guard let root = roots.first(where: { $0.name == first }) else { return nil }
            type = root.type
        }
        for name in rest {
            switch Self.notNull(type) {
            case .any: return .any
            case .object(let fields, let open):
                guard let field = fields[name] ?? (open ? .any : nil) else { return nil }
                type = field
            default: return nil
            }
        }
        return type
    }

    private static func notNull(_ type: ValueType) -> ValueType {
        if case .optional(let inner) = type { notNull(inner) } else { type }
    }

    /// The names that may follow a path, in alphabetical order; the first names for an empty one.
    func members(of path: [String]) -> [(name: String, type: ValueType)] {
        if path.isEmpty { return roots }
        if path == ["nodes"] {
            // In order of the file, which is the order in which people think of them.
            return definition.map { $0.allNodes.map { ($0.id, type(of: $0)) } } ?? []
        }
        if path == ["inputs"] { return definition?.inputs.map { ($0.name, $0.valueType) } ?? [] }
        guard let type = type(of: path), case .object(let fields, _) = Self.notNull(type) else { return [] }
        return fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What people are told of a name, as Markdown; nil for a name that is not known.
    func documentation(of path: [String]) -> String? {
        guard let type = type(of: path) else { return nil }
        var text = "`\(path.joined(separator: "."))`: \(Self.text(type))"
        if path.count == 1, let words = Self.rootWords[path[0]] { text += "\n\n\(words)" }
        if path.count == 2, path[0] == "inputs", let input = definition?.inputs.first(where: { $0.name == path[1] }) {
            text += "\n\n" + Self.text(input)
        }
        if path.count == 2, path[0] == "nodes" { return nodeText(path[1]) }
        return text
    }

    /// A node in a few words.
    func nodeText(_ id: String) -> String? {
        guard let node = definition.flatMap({ $0.allNodes.first { $0.id == id } }) else { return nil }
        var text = "node `\(id)`"
        if !node.kind.isEmpty { text += ": `\(node.kind)`" }
        if let title = node.options.title { text += " — \(title)" }
        if let words = node.options.description { text += "\n\n\(words)" }
        if !node.needs.isEmpty { text += "\n\nneeds \(node.needs.map { "`\($0.node)`" }.joined(separator: ", "))" }
        if case .object(let types, _) = type(of: node), case .object(let outputs, _)? = types["outputs"],
            !outputs.isEmpty
        {
            let list = outputs.sorted { $0.key < $1.key }.map { "`\($0.key)`: \(Self.text($0.value))" }
            text += "\n\noutputs: \(list.joined(separator: ", "))"
        }
        return text
    }

    /// An input in a few words.
    static func text(_ input: InputDefinition) -> String {
        var parts = [input.label, input.help].compactMap { $0 }
        if input.required { parts.append("Required.") }
        if let fallback = input.fallback { parts.append("Default: `\(fallback.jsonText())`.") }
        if !input.choices.isEmpty {
            parts.append("One of \(input.choices.map { "`\($0.jsonText())`" }.joined(separator: ", ")).")
        }
        return parts.joined(separator: "\n\n")
    }

    /// A type with the fields of an object.
    static func text(_ type: ValueType) -> String {
        guard case .object(let fields, let open) = notNull(type), !fields.isEmpty, fields.count <= 12 else {
            return type.description
        }
        let list = fields.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.description)" }
        return "{\(list.joined(separator: ", "))\(open ? ", …" : "")}"
    }

    private static let rootWords = [
        "inputs": "The values of the workflow's inputs.", "nodes": "The nodes, with their outputs, files and status.",
        "env": "The environment variables of the workflow.", "secrets": "The secrets that the workflow declares.",
        "run": "The run: its id and its workflow.", "workflow": "The workflow: its folder and its name.",
        "attempt": "The number of the attempt, from 1.", "item_index": "The place of the item, from 0.",
        "outputs": "What the node's kind puts out.", "artifacts": "The files that the node keeps.",
        "with": "The values of the node.",
    ]
}
