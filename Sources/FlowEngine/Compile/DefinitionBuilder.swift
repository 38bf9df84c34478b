// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Makes the typed workflow from the document, key by key.
struct DefinitionBuilder {
    var reader: DocumentReader
    /// The kinds with the keys that their nodes may have, and their places by name.
    let kinds: [(kind: any NodeKind, keys: KeyTable)]
    let kindPlaces: WordTable
    /// Where expressions stand, for the rules that check names and types.
    var sites: [ExpressionSite] = []
    /// Names of inputs whose type is not known because of a fault.
    var doubtfulInputs: Set<String> = []
    /// Parts of the workflow, such as `inputs`, that are there but could not be read.
    var doubtfulParts: Set<String> = []
    /// Indexes of nodes of which it is not known what they wait for, and of those whose `foreach` is not known.
    var looseNodes: Set<Int> = []
    var doubtfulItems: Set<Int> = []
    /// Indexes of nodes with faults in what their kind reads.
    var doubtfulNodes: Set<Int> = []
    /// What nodes have that do not say otherwise.
    var defaults = NodeDefaults()
    /// The files that the workflow includes.
    private(set) var includes: [(path: String, span: SourceSpan)] = []
    /// The values of the document's keys.
    private var fields = FieldValues()

    init(reader: DocumentReader, kinds: [String: any NodeKind]) {
        self.reader = reader
        self.kinds = kinds.values.map { kind in
            (kind, KeyTable(WorkflowSchema.node + [FieldSchema(kind.name, kind.body, kind.summary)] + kind.fields))
        }
        kindPlaces = WordTable(self.kinds.lazy.map(\.kind.name))
    }

    var document: YAMLDocument { reader.document }

    /// The workflow as far as it stands before its nodes; nil when nothing of it can be read.
    mutating func head() -> WorkflowDefinition? {
        // Of another format, nothing else can be judged.
        if let version = document.value(of: document.root, forKey: "flow"), !checkVersion(version) { return nil }
        guard
            let fields = reader.fields(
                document.root, .document, of: "a workflow", unread: ["nodes", "finally", "handlers"])
        else { return nil }
        self.fields = fields
        noteUnusableParts()
        let name = fields["name"]
        var definition = WorkflowDefinition(
            name: name.map { document.string(of: $0) } ?? "workflow", nameSpan: name.map { reader.span($0) } ?? .none)
        definition.title = text(fields["title"])
        definition.description = text(fields["description"])
        definition.version = text(fields["version"])
        definition.mode = fields["mode"].map { reader.json($0) }
        definition.files = files(fields["files"])
        definition.maxParallel = fields["concurrency"].flatMap { integer(value(of: $0, "max_parallel")) }
        definition.group = group(fields["concurrency"])
        definition.budget = budget(fields["budget"])
        definition.approvals = approvals(fields["approvals"])
        checkApprovals(fields["approvals"])
        readShared(into: &definition)
        if let node = fields["include"] {
            for item in many(node) where reader.isSound(item) {
                includes.append((document.string(of: item), reader.span(item)))
            }
            definition.files += includes.map(\.path).filter { !DocumentReader.leavesFolder($0) }
        }
        return definition
    }

    /// Adds what an included file declares beside its nodes. What the workflow says itself wins.
    mutating func headOfFragment(into definition: inout WorkflowDefinition) {
        if let version = document.value(of: document.root, forKey: "flow"), !checkVersion(version) { return }
        let fields = reader.fields(document.root, .fragment, of: "an included file", unread: ["nodes", "finally"])
        guard let fields else { return }
        self.fields = fields
        noteUnusableParts()
        readShared(into: &definition)
    }

    private mutating func noteUnusableParts() {
        for part in ["inputs", "env", "secrets"] where reader.isUnusable(part, of: document.root) {
            doubtfulParts.insert(part)
        }
    }

    private mutating func readShared(into definition: inout WorkflowDefinition) {
        for pool in pools(fields["pools"]) where !definition.pools.contains(where: { $0.name == pool.name }) {
            definition.pools.append(pool)
        }
        for agent in agents(fields["agents"]) where !definition.agents.contains(where: { $0.name == agent.name }) {
            definition.agents.append(agent)
        }
        defaults = defaults.completed(by: nodeDefaults(fields["defaults"]))
        for (key, value) in pairs(fields["inputs"]) {
            let name = document.string(of: key)
            if let first = definition.inputs.first(where: { $0.name == name }) {
                reportTwice("input `\(name)`", key, first.span)
            } else {
                definition.inputs.append(input(key, value))
            }
        }
        for entry in environment(fields["env"], site: .workflowEnvironment)
        where !definition.env.contains(where: { $0.name == entry.name }) {
            definition.env.append(entry)
        }
        for (key, value) in pairs(fields["secrets"]) {
            let name = document.string(of: key)
            guard !definition.secrets.contains(where: { $0.name == name }) else { continue }
            definition.secrets.append(
                SecretDefinition(
                    name: name, environmentVariable: text(self.value(of: value, "env")) ?? name,
                    keptName: text(self.value(of: value, "from")) == "store"
                        ? text(self.value(of: value, "secret")) ?? name : nil,
                    span: reader.span(key)))
        }
    }

    /// Adds the nodes of `nodes:`.
    mutating func readNodes(into definition: inout WorkflowDefinition) {
        guard let nodes = fields["nodes"] else { return }
        let known = Dictionary(definition.nodes.map { ($0.id, $0.idSpan) }, uniquingKeysWith: { first, _ in first })
        let read = self.nodes(nodes, first: definition.nodes.count)
        if !known.isEmpty {
            for node in read {
                guard let first = known[node.id] else { continue }
                reader.report(
                    Diagnostic(
                        .duplicateKey, "node `\(node.id)` is defined in two files", at: node.idSpan,
                        related: [Diagnostic.Label(first, "it is defined here first")], help: ["rename one of them"]))
            }
        }
        if definition.nodes.isEmpty { definition.nodes = read } else { definition.nodes += read }
        if read.isEmpty, document.count(of: nodes) == 0, definition.nodes.isEmpty {
            reader.report(
                Diagnostic(
                    .noNodes, "the workflow has no nodes", at: reader.span(nodes),
                    help: ["write one: `hello: {run: echo hello}`"]))
        }
    }

    /// Adds what stands after the nodes, and makes needs and conditions of the ways that nodes choose.
    mutating func readEnd(into definition: inout WorkflowDefinition) {
        if let nodes = fields["nodes"] {
            route(&definition.nodes, in: nodes)
        }
        if let nodes = fields["finally"] {
            definition.finally += self.nodes(nodes, first: definition.nodes.count + definition.finally.count)
            route(&definition.finally, in: nodes)
        }
        definition.finally += handlers(
            fields["handlers"], first: definition.nodes.count + definition.finally.count)
        for (key, value) in pairs(fields["outputs"]) {
            if let output = output(key, value) { definition.outputs.append(output) }
        }
    }

    private mutating func reportTwice(_ what: String, _ key: YAMLNode, _ first: SourceSpan) {
        reader.report(
            Diagnostic(
                .duplicateKey, "\(what) is defined in two files", at: reader.span(key),
                related: [Diagnostic.Label(first, "it is defined here first")], help: ["rename one of them"]))
    }

    /// Whether the text is of no later format than the one that is read here.
    private mutating func checkVersion(_ node: YAMLNode) -> Bool {
        switch document.scalar(of: node) {
        case .integer(1): return true
        case .integer(let other) where other > 1:
            reader.report(
                Diagnostic(
                    .formatVersion, "the file is written in format \(other), and this version of flow reads format 1",
                    at: reader.span(node), help: ["use a newer flow, or write it in format 1"]))
            return false
        default:
            reader.report(
                Diagnostic(
                    .formatVersion, "`flow` is the version of the format, the number 1", at: reader.span(node),
                    help: ["write `flow: 1`"],
                    fixes: ["1", "1.0", "v1"].contains(document.string(of: node))
                        ? reader.spelling("1", for: node, isSure: true).map { [$0] } ?? [] : []))
            return true
        }
    }

    private mutating func files(_ node: YAMLNode?) -> [String] {
        guard let node, document.kind(of: node) == .sequence else { return [] }
        for item in document.elements(of: node) where reader.isSound(item) {
            let path = document.string(of: item)
            if DocumentReader.leavesFolder(path) { reader.report(DocumentReader.outside(path, at: reader.span(item))) }
        }
        return strings(node).filter { !DocumentReader.leavesFolder($0) }
    }

    // MARK: Parts

    /// The pairs of a mapping without keys that are at fault.
    func pairs(_ node: YAMLNode?) -> [(key: YAMLNode, value: YAMLNode)] {
        guard let node, document.kind(of: node) == .mapping else { return [] }
        return document.pairs(of: node).filter { document.kind(of: $0.key) == .scalar && !document.isFaulty($0.key) }
    }

    /// A sound value of a mapping.
    func value(of node: YAMLNode, _ key: String) -> YAMLNode? {
        document.value(of: node, forKey: key).flatMap { reader.isSound($0) ? $0 : nil }
    }

    func text(_ node: YAMLNode?) -> String? { node.map { document.string(of: $0) } }

    func strings(_ node: YAMLNode?) -> [String] {
        guard let node, document.kind(of: node) == .sequence else { return [] }
        return document.elements(of: node).filter { reader.isSound($0) }.map { document.string(of: $0) }
    }

    func isTrue(_ node: YAMLNode?) -> Bool { node.map { document.scalar(of: $0) == .bool(true) } ?? false }

    func duration(_ node: YAMLNode?) -> Milliseconds? { text(node).flatMap { Milliseconds(parsing: $0) } }

    func number(_ node: YAMLNode?) -> Double? { node.flatMap { reader.json($0).numberValue } }

    func integer(_ node: YAMLNode?) -> Int? {
        guard let node, document.kind(of: node) == .scalar, case .integer(let value) = document.scalar(of: node) else {
            return nil
        }
        return Int(exactly: value)
    }

    mutating func entries(_ node: YAMLNode?, site: ExpressionSite.Place, type: FieldType) -> [TemplateEntry] {
        var entries: [TemplateEntry] = []
        for (key, value) in pairs(node) {
            entries.append(
                TemplateEntry(
                    name: document.string(of: key),
                    template: reader.isSound(value) ? template(value, type, site: site) : .literal(.null),
                    span: reader.span(value)))
        }
        return entries
    }

    /// Variables that flow sets itself.
    private static let ownVariables: Set<String> = [
        "FLOW_RUN_ID", "FLOW_WORKFLOW", "FLOW_WORKFLOW_DIR", "FLOW_NODE", "FLOW_ATTEMPT", "FLOW_IDEMPOTENCY_KEY",
        "FLOW_OUTPUT", "FLOW_INPUT",
    ]

    mutating func environment(_ node: YAMLNode?, site: ExpressionSite.Place) -> [TemplateEntry] {
        for (key, _) in pairs(node) {
            let name = document.string(of: key)
            if !Self.isVariable(name) {
                reader.report(
                    Diagnostic(
                        .badIdentifier, "`\(name)` cannot name an environment variable", at: reader.span(key),
                        help: ["write a letter or `_`, then letters, digits and `_`"]))
            } else if Self.ownVariables.contains(name) || name.hasPrefix("FLOW_WITH_") {
                reader.report(
                    Diagnostic(
                        .conflictingKeys, "flow sets the variable `\(name)` itself", at: reader.span(key),
                        help: ["choose another name"]))
            }
        }
        return entries(node, site: site, type: .string)
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
    }

    /// A template, with the sites of its expressions noted.
    mutating func template(_ node: YAMLNode, _ type: FieldType, site: ExpressionSite.Place) -> Template {
        let before = reader.templates.count
        let template = reader.template(node, type)
        for found in reader.templates[before...] {
            sites.append(ExpressionSite(place: site, scalar: found.node, template: found.template))
        }
        return template
    }

    private mutating func output(_ key: YAMLNode, _ node: YAMLNode) -> OutputDefinition? {
        guard reader.isSound(node) else { return nil }
        let isShort = document.kind(of: node) == .scalar
        let type = isShort ? nil : text(value(of: node, "type"))
        guard let value = isShort ? node : value(of: node, "value") else { return nil }
        return OutputDefinition(
            name: document.string(of: key), type: type.flatMap(OutputType.init(rawValue:)) ?? .json,
            value: template(value, .any, site: .workflowOutput),
            goal: isShort ? nil : text(self.value(of: node, "goal")).flatMap(OutputGoal.init(rawValue:)),
            span: reader.span(key))
    }
}
