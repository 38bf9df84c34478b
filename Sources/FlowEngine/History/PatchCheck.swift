// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import YAML

/// Checks one text of a patch against the workflow that it is for. Faults have their place in the text of the patch.
struct PatchCheck {
    let definition: WorkflowDefinition
    let kinds: [String: any NodeKind]
    let directory: String
    var reader: DocumentReader
    /// What the text changes: inputs by name, nodes by name.
    private(set) var inputs = JSONObject()
    private(set) var nodes = JSONObject()
    private(set) var pins: [String: JSONObject] = [:]

    init(_ part: WorkflowPatch.Part, _ definition: WorkflowDefinition, _ kinds: [any NodeKind], directory: String) {
        self.definition = definition
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.directory = directory
        reader = DocumentReader(document: part.document, file: part.file)
    }

    private var document: YAMLDocument { reader.document }

    mutating func check() {
        for (key, value) in members(document.root, "a patch") {
            switch key.name {
            case "inputs": checkInputs(value)
            case "nodes": checkNodes(value)
            case "pin": checkPins(value)
            default: _ = reader.unknown(key.node, key.name, ["inputs", "nodes", "pin"], of: "a patch")
            }
        }
    }

    private typealias Key = (node: YAMLNode, name: String)

    /// The members of a mapping; none, with a fault, of anything else.
    private mutating func members(_ node: YAMLNode, _ what: String) -> [(key: Key, value: YAMLNode)] {
        guard document.kind(of: node) == .mapping else {
            reader.wrongType(node, "\(what) is a mapping of keys to values")
            return []
        }
        return document.pairs(of: node).map { (($0.key, document.string(of: $0.key)), $0.value) }
    }

    // MARK: Inputs

    private mutating func checkInputs(_ node: YAMLNode) {
        for (key, value) in members(node, "`inputs`") {
            guard let input = definition.inputs.first(where: { $0.name == key.name }) else {
                unknown(
                    .unknownInput, "the workflow has no input `\(key.name)`", key, definition.inputs.map(\.name),
                    none: "the workflow has no inputs")
                continue
            }
            let json = located(reader.document.json(value), input)
            if !json.isNull {
                let problems = InputBinder(inputs: [input])
                    .bind(JSONObject([JSONObject.Member(key: input.name, value: json)])).problems
                for problem in problems {
                    reader.report(
                        Diagnostic(problem.code, problem.message, at: reader.span(value), help: problem.help))
                }
                if problems.isEmpty { checkFiles(json, input, at: value) }
            }
            inputs[key.name] = json
        }
    }

    /// Paths of input files start from the folder of the person.
    private func located(_ value: JSONValue, _ input: InputDefinition) -> JSONValue {
        guard input.kind == .file || input.kind == .files else { return value }
        switch value {
        case .string(let path) where input.kind == .file: return .string(FilePath.join(directory, path))
        case .array(let paths):
            return .array(
                paths.map { path in
                    path.stringValue.map { .string(FilePath.join(directory, $0)) } ?? path
                })
        default: return value
        }
    }

    private mutating func checkFiles(_ value: JSONValue, _ input: InputDefinition, at node: YAMLNode) {
        guard input.kind == .file || input.kind == .files else { return }
        for path in (value.arrayValue ?? [value]).compactMap(\.stringValue) where File.kind(of: path) != .file {
            reader.report(Diagnostic(.missingFile, "there is no file `\(path)`", at: reader.span(node)))
        }
    }

    // MARK: Nodes

    private mutating func checkNodes(_ node: YAMLNode) {
        for (key, value) in members(node, "`nodes`") {
            guard let target = self.node(key) else { continue }
            // A patch may give a node another kind.
            let found = members(value, "what changes of node `\(key.name)`")
            var schema = WorkflowSchema.node
            for name in [target.kind] + found.map(\.key.name) {
                guard let kind = kinds[name], !schema.contains(where: { $0.name == name }) else { continue }
                schema += [FieldSchema(kind.name, kind.body, kind.summary)] + kind.fields
            }
            for (member, value) in found { check(value, member, schema, of: "node `\(key.name)`") }
            let change = nodes[key.name] ?? .object(JSONObject())
            nodes[key.name] = change.followed(by: reader.document.json(value))
        }
    }

    private mutating func node(_ key: Key) -> NodeDefinition? {
        if let node = definition.nodes.first(where: { $0.id == key.name }) { return node }
        if let node = definition.finally.first(where: { $0.id == key.name }) { return node }
        unknown(
            .unknownNode, "there is no node `\(key.name)` in `\(definition.name)`", key,
            definition.allNodes.map(\.id), none: "the workflow has no nodes")
        return nil
    }

    private mutating func unknown(
        _ code: DiagnosticCode, _ message: String, _ key: Key, _ names: [String], none: String
    ) {
        var diagnostic = Diagnostic(code, message, at: reader.span(key.node))
        if let near = Spelling.nearest(to: key.name, among: names) {
            reader.suggest(near, for: key.node, among: names, in: &diagnostic)
        } else {
            let shown = names.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
            diagnostic.help = [names.isEmpty ? none : "there are \(shown)\(names.count > 20 ? ", …" : "")"]
        }
        reader.report(diagnostic)
    }

    private mutating func check(_ value: YAMLNode, _ key: Key, _ schema: [FieldSchema], of what: String) {
        guard let field = schema.first(where: { $0.name == key.name }) else {
            _ = reader.unknown(key.node, key.name, schema.map(\.name), of: what)
            return
        }
        check(value, field.type, key: key.name)
    }

    /// Checks a value that is merged into what is there: nothing is missing from it, and null is always right.
    private mutating func check(_ value: YAMLNode, _ type: FieldType, key: String) {
        if reader.isNull(value) { return }
        guard document.kind(of: value) == .mapping else {
            _ = reader.check(value, type, key: key)
            return
        }
        switch Self.mapping(in: type) {
        case .object(let schema)?:
            for (member, value) in members(value, "`\(key)`") { check(value, member, schema, of: "`\(key)`") }
        case .map(let element)?:
            for (member, value) in members(value, "`\(key)`") { check(value, element, key: member.name) }
        default: _ = reader.check(value, type, key: key)
        }
    }

    /// The mapping that a type allows.
    private static func mapping(in type: FieldType) -> FieldType? {
        switch type {
        case .object, .map: type
        case .oneOf(let types): types.lazy.compactMap { mapping(in: $0) }.first
        case .oneOrMany(let element): mapping(in: element)
        default: nil
        }
    }

    // MARK: Pins

    private mutating func checkPins(_ node: YAMLNode) {
        for (key, value) in members(node, "`pin`") {
            guard let target = self.node(key) else { continue }
            let found = members(value, "what `\(key.name)` puts out")
            let type = outputType(of: target)
            for (member, value) in found { check(value, member, type, of: target) }
            for output in target.options.outputs
            where document.kind(of: value) == .mapping && !found.contains(where: { $0.key.name == output.name }) {
                reader.report(
                    Diagnostic(
                        .missingKey, "the output `\(output.name)` of `\(key.name)` is missing",
                        at: reader.span(key.node), help: ["a pinned node gives all outputs that it declares"]))
            }
            pins[key.name] = reader.document.json(value).objectValue
        }
    }

    /// The outputs that a node can have; nil when any name is right.
    private func outputType(of node: NodeDefinition) -> [String: ValueType]? {
        let site = KindSite(agents: definition.agents.map(\.name), kinds: kinds.keys.sorted())
        guard case .object(let fields, let isOpen) = kinds[node.kind]?.outputType(of: node, in: site), !isOpen else {
            return nil
        }
        let declared = Dictionary(
            node.options.outputs.map { ($0.name, $0.type.valueType) }, uniquingKeysWith: { first, _ in first })
        let all = fields.merging(declared) { _, new in new }
        guard let foreach = node.options.foreach, !foreach.keepsOutputTypes else { return all }
        return all.mapValues { .array(.optional($0)) }
    }

    private mutating func check(
        _ value: YAMLNode, _ key: Key, _ types: [String: ValueType]?, of node: NodeDefinition
    ) {
        if let output = node.options.outputs.first(where: { $0.name == key.name }), output.type.isFile {
            reader.report(
                Diagnostic(
                    .wrongType, "`\(key.name)` is a file, and files cannot be pinned", at: reader.span(value),
                    help: ["run the node, or change what it reads"]))
            return
        }
        guard let types else { return }
        guard let type = types[key.name] else {
            unknown(
                .unknownKey, "`\(node.id)` has no output `\(key.name)`", key, types.keys.sorted(),
                none: "it has no outputs: pin it with `{}`")
            return
        }
        let given = ValueType(of: document.json(value))
        if !given.fits(type) {
            reader.wrongType(
                value, "the output `\(key.name)` of `\(node.id)` is \(type.description), not \(given.description)")
        }
    }
}

extension OutputType {
    /// Whether the value is the path of a file that the node makes.
    fileprivate var isFile: Bool { [.file, .files, .plot, .table].contains(self) }
}
