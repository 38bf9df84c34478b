// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import FlowEngine

/// The shape of whole files, made from the tables that the compiler reads by: what the JSON Schema, the reference of one
/// key, completion and hover walk through.
public struct LanguageShape: Sendable {
    /// Which file it is.
    public enum FileKind: String, Sendable, Hashable, CaseIterable {
        case workflow, agent, settings
    }

    /// The kinds of nodes, by name in alphabetical order.
    public let kinds: [any NodeKind]
    private let byName: [String: any NodeKind]

    /// The shape of files whose nodes are of these kinds.
    public init(kinds: [any NodeKind]) {
        self.kinds = kinds.sorted { $0.name < $1.name }
        byName = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The kind of a name.
    public func kind(_ name: String) -> (any NodeKind)? { byName[name] }

    /// The keys at the top of a file.
    public func document(_ file: FileKind) -> [FieldSchema] {
        switch file {
        case .workflow: WorkflowSchema.document
        case .agent: WorkflowSchema.agent
        case .settings: SettingsSchema.document
        }
    }

    /// Keys of the top level that hold nodes by their names.
    static let nodeMaps: Set<String> = ["nodes", "finally"]
    /// A key of the top level that holds one node under each of its own keys.
    static let handlers = "handlers"
    /// Keys of the top level that hold the version of the format.
    static let formatKeys: Set<String> = ["flow", "agent"]

    /// The key of a kind itself.
    static func ownField(of kind: any NodeKind) -> FieldSchema {
        FieldSchema(kind.name, kind.body, kind.summary)
    }

    /// The keys that a node of a kind may have: its own first, then those that all nodes have.
    func nodeFields(_ kind: any NodeKind) -> [FieldSchema] {
        var seen: Set<String> = []
        // Where a kind and the table of all nodes have a key of one name, the table wins, as it does in the compiler.
        let shared = Set(WorkflowSchema.node.map(\.name))
        return ([Self.ownField(of: kind)] + kind.fields.filter { !shared.contains($0.name) } + WorkflowSchema.node)
            .filter { seen.insert($0.name).inserted }
    }

    /// The place of the outermost mapping of a file.
    func root(_ file: FileKind) -> ShapePlace {
        ShapePlace(shape: .types([.object(document(file))]), isRoot: file == .workflow)
    }

    /// The place below a key. Unknown keys lead nowhere.
    ///
    /// - Parameter nodeKind: the kind of the node that is entered, if it is known.
    func place(below place: ShapePlace, key: String, nodeKind: String? = nil) -> ShapePlace? {
        switch place.shape {
        case .nodes: return ShapePlace(shape: .node(kind: nodeKind), name: key)
        case .node:
            guard let field = fields(at: place).first(where: { $0.name == key }) else { return nil }
            return ShapePlace(shape: .types(Self.alternatives(field.type)), field: field)
        case .types(let types):
            if let field = fields(at: place).first(where: { $0.name == key }) {
                if place.holdsNodes { return ShapePlace(shape: .node(kind: nodeKind), field: field) }
                let isNodes = place.isRoot && Self.nodeMaps.contains(key)
                return ShapePlace(
                    shape: isNodes ? .nodes : .types(Self.alternatives(field.type)), field: field,
                    holdsNodes: place.isRoot && key == Self.handlers)
            }
            for case .map(let element) in types {
                return ShapePlace(shape: .types(Self.alternatives(element)), name: key)
            }
            let isFree = types.contains { $0 == .any || $0 == .verbatim }
            return isFree ? ShapePlace(shape: .types(types.filter { $0 == .any || $0 == .verbatim })) : nil
        }
    }

    /// The place of the items of a list.
    func item(of place: ShapePlace) -> ShapePlace? {
        guard case .types(let types) = place.shape else { return nil }
        var elements: [FieldType] = []
        for type in types {
            switch type {
            case .list(let element), .oneOrMany(let element): elements += Self.alternatives(element)
            case .any, .verbatim: elements.append(type)
            default: break
            }
        }
        return elements.isEmpty ? nil : ShapePlace(shape: .types(elements), field: place.field)
    }

    /// The keys that may stand in the mapping at a place; none where names are free.
    func fields(at place: ShapePlace) -> [FieldSchema] {
        switch place.shape {
        case .nodes: return []
        case .node(let name?) where byName[name] != nil: return byName[name].map { nodeFields($0) } ?? []
        case .node:
            // Of a node without a kind everything may be meant.
            var seen: Set<String> = []
            let all = kinds.map { Self.ownField(of: $0) } + WorkflowSchema.node + kinds.flatMap(\.fields)
            return all.filter { seen.insert($0.name).inserted }
        case .types(let types):
            var fields: [FieldSchema] = []
            for case .object(let schema) in types {
                fields += schema.filter { new in !fields.contains { $0.name == new.name } }
            }
            return fields
        }
    }

    /// The types that a value may have, alternatives taken apart.
    static func alternatives(_ type: FieldType) -> [FieldType] {
        switch type {
        case .oneOf(let types): types.flatMap { alternatives($0) }
        case .oneOrMany(let element): alternatives(element) + [.list(element)]
        default: [type]
        }
    }
}

/// A place in a file, as far as its shape goes.
struct ShapePlace: Sendable {
    /// What stands at a place.
    enum Shape: Sendable, Equatable {
        /// A value of one of these types.
        case types([FieldType])
        /// A mapping of names to nodes.
        case nodes
        /// A node, of this kind if it is known.
        case node(kind: String?)
    }

    var shape: Shape
    /// The key that led here.
    var field: FieldSchema?
    /// The free name that led here.
    var name: String?
    /// Whether it is the outermost mapping of a workflow.
    var isRoot = false
    /// Whether a node stands under each of its fields.
    var holdsNodes = false

    /// The types of the value; none for nodes.
    var types: [FieldType] {
        if case .types(let types) = shape { types } else { [] }
    }
}
