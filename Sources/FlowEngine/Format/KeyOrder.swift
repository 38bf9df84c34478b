// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// In which order the keys of a mapping belong: that of the tables that the compiler reads by.
struct KeyOrder {
    /// What is known of a value of the file.
    indirect enum Shape {
        /// Nothing: keys stay as they are.
        case free
        case type(FieldType)
        case nodes
        case node
    }

    /// The keys of a mapping with their places and shapes.
    struct Table {
        private let places: [String: (rank: Int, shape: Shape)]

        init(_ schema: [FieldSchema], shape: (FieldSchema) -> Shape = { .type($0.type) }) {
            places = Dictionary(
                schema.enumerated().map { ($0.element.name, ($0.offset, shape($0.element))) },
                uniquingKeysWith: { first, _ in first })
        }

        func rank(of key: String) -> Int? { places[key]?.rank }
        func shape(of key: String) -> Shape { places[key]?.shape ?? .free }
    }

    private let document: Table
    private let agent: Table
    /// By kind; a node without a kind has the empty one.
    private let nodes: [String: Table]

    init(kinds: [any NodeKind]) {
        document = Table(WorkflowSchema.document) {
            ["nodes", "finally", "handlers"].contains($0.name) ? .nodes : .type($0.type)
        }
        agent = Table(WorkflowSchema.agent)
        var nodes = ["": Table(WorkflowSchema.node)]
        // A node is read as: when it runs, how often, with what; then what it does; then what comes of it.
        let head = Array(WorkflowSchema.node.prefix { field in field.name != "outputs" })
        let rest = WorkflowSchema.node.dropFirst(head.count)
        for kind in kinds {
            let own = [FieldSchema(kind.name, kind.body, kind.summary)] + kind.fields
            nodes[kind.name] = Table(head + own + rest)
        }
        self.nodes = nodes
    }

    /// The table of the outermost mapping; nil for a file that is neither workflow nor agent.
    func root(_ tree: YAMLDocument) -> Table? {
        if tree.value(of: tree.root, forKey: "agent") != nil { return agent }
        let isWorkflow = ["flow", "nodes"].contains { tree.value(of: tree.root, forKey: $0) != nil }
        return isWorkflow ? document : nil
    }

    /// The table of a mapping of a shape; nil when its keys stay as they are.
    func table(_ shape: Shape, _ node: YAMLNode, _ tree: YAMLDocument) -> Table? {
        switch shape {
        case .free, .nodes: return nil
        case .node:
            let kinds = tree.pairs(of: node).map { tree.string(of: $0.key) }.filter { !$0.isEmpty && nodes[$0] != nil }
            return nodes[kinds.count == 1 ? kinds[0] : ""]
        case .type(let type):
            if case .object(let schema)? = Self.mapping(type) { return Table(schema) }
            return nil
        }
    }

    /// The shape of a value under a key that no table names.
    func member(_ shape: Shape) -> Shape {
        switch shape {
        case .nodes: return .node
        case .free, .node: return .free
        case .type(let type):
            if case .map(let element)? = Self.mapping(type) { return .type(element) }
            return .free
        }
    }

    /// The shape of the items of a list.
    func item(_ shape: Shape) -> Shape {
        guard case .type(let type) = shape else { return .free }
        return Self.list(type).map { .type($0) } ?? .free
    }

    /// The alternative that a mapping is read by.
    private static func mapping(_ type: FieldType) -> FieldType? {
        switch type {
        case .object, .map: type
        case .oneOrMany(let element): mapping(element)
        case .oneOf(let types): types.lazy.compactMap { mapping($0) }.first
        default: nil
        }
    }

    private static func list(_ type: FieldType) -> FieldType? {
        switch type {
        case .list(let element), .oneOrMany(let element): element
        case .oneOf(let types): types.lazy.compactMap { list($0) }.first
        default: nil
        }
    }
}
