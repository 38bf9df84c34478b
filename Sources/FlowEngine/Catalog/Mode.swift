// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// A workflow of the catalog as people choose it: what it is for, what it takes and gives, what it may use up, and where
/// people take part. A workflow with the key `mode` is a mode; nothing else has to be done to add one.
public struct Mode: Sendable {
    /// Inputs that show what the mode does.
    public struct Example: Sendable, Hashable {
        public var name: String
        public var inputs: JSONObject
    }

    /// A place where the run waits for a person.
    public struct Gate: Sendable, Hashable {
        /// The node as `flow approve` names it: those of sub-workflows behind the node that starts them.
        public var node: String
        public var title: String?
        /// The question as the file writes it.
        public var prompt: String
    }

    /// The name in the catalog.
    public var name: String
    public var path: String
    public var title: String?
    public var description: String?
    public var version: String?
    /// Whether the file has the key `mode`.
    public var isMode: Bool
    /// Whether the workflow can be run.
    public var isValid: Bool
    public var category: String?
    public var engine: String?
    public var icon: String?
    public var tags: [String]
    /// How long it takes and what it costs in US dollars, as the file says it: `1m-30m`, `0-3`.
    public var estimate: (time: String?, dollars: String?)
    public var examples: [Example]
    public var tips: [String]
    public var inputs: [InputDefinition]
    public var outputs: [OutputDefinition]
    public var budget: BudgetDefinition?
    public var maxParallel: Int?
    public var gates: [Gate]
    /// The agents that it can come to ask, in alphabetical order; nil when it may be any.
    public var agents: [String]?

    /// A workflow of the catalog.
    ///
    /// - Parameters:
    ///   - path: the workflow's file.
    ///   - load: gives the workflow in a file, to find the gates of sub-workflows.
    public init(
        name: String, path: String, compilation: Compilation, load: (String) -> Compilation? = { _ in nil }
    ) {
        let definition = compilation.definition
        let mode = definition?.mode
        self.name = name
        self.path = path
        title = definition?.title
        description = definition?.description
        version = definition?.version
        isMode = mode?.objectValue != nil
        isValid = compilation.plan != nil
        category = mode?["category"]?.stringValue
        engine = mode?["engine"]?.stringValue
        icon = mode?["icon"]?.stringValue
        tags = mode?["tags"]?.arrayValue?.compactMap(\.stringValue) ?? []
        func text(_ value: JSONValue?) -> String? {
            guard let value, !value.isNull else { return nil }
            return value.stringValue ?? value.jsonText()
        }
        estimate = (text(mode?["estimate"]?["time"]), text(mode?["estimate"]?["usd"]))
        examples = (mode?["examples"]?.arrayValue ?? []).map { example in
            Example(name: text(example["name"]) ?? "", inputs: example["inputs"]?.objectValue ?? JSONObject())
        }
        tips = (mode?["tips"]?.arrayValue ?? []).compactMap { text($0) }
        inputs = definition?.inputs ?? []
        outputs = definition?.outputs ?? []
        budget = definition?.budget
        maxParallel = definition?.maxParallel
        agents = compilation.agents?.sorted()
        gates = Self.gates(of: definition, in: path, below: "", depth: 4, load: load)
    }

    private static func gates(
        of definition: WorkflowDefinition?, in file: String, below prefix: String, depth: Int,
        load: (String) -> Compilation?
    ) -> [Gate] {
        guard let definition, depth > 0 else { return [] }
        var gates: [Gate] = []
        for node in definition.allNodes {
            if node.kind == "approval" {
                let prompt = node.body.bodyMember("prompt") ?? node.body
                gates.append(Gate(node: prefix + node.id, title: node.options.title, prompt: prompt.written))
            } else if node.kind == "workflow", case .literal(.string(let name)) = node.body {
                let path = FilePath.normalise(FilePath.join(FilePath.dirname(file), name))
                gates += Self.gates(
                    of: load(path)?.definition, in: path, below: "\(prefix)\(node.id)/", depth: depth - 1, load: load)
            }
        }
        return gates
    }
}

extension Mode {
    /// What is looked for. Parts that are empty or nil do not restrict anything.
    public struct Query: Sendable {
        /// Words that must all stand somewhere in name, title, description, category, engine, tags or tips.
        public var text = ""
        public var category: String?
        public var engine: String?
        /// At least one of them.
        public var tags: Set<String> = []

        /// Everything.
        public init() {}
    }

    /// Whether the mode is one of those looked for.
    public func matches(_ query: Query) -> Bool {
        if let wanted = query.category, category != wanted { return false }
        if let wanted = query.engine, engine != wanted { return false }
        if !query.tags.isEmpty, query.tags.isDisjoint(with: tags) { return false }
        let words = query.text.lowercased().split(whereSeparator: \.isWhitespace)
        guard !words.isEmpty else { return true }
        let parts = [name, title, description, category, engine].compactMap { $0 } + tags + tips
        let text = parts.joined(separator: "\n").lowercased()
        return words.allSatisfy { text.contains($0) }
    }
}

extension Template {
    /// A text as the file writes it, with its expressions.
    fileprivate var written: String {
        switch self {
        case .literal(let value): value.stringValue ?? value.jsonText()
        case .expression(let expression, _): "${{ \(expression.description) }}"
        case .text(let segments):
            segments.map { segment in
                switch segment {
                case .text(let text): text
                case .expression(let expression, _): "${{ \(expression.description) }}"
                }
            }.joined()
        case .array, .object: ""
        }
    }
}
