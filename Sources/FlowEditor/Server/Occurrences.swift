// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// A name that a workflow gives to something.
enum Symbol: Hashable {
    case node(String)
    case input(String)
    case secret(String)
    case variable(String)
    case output(node: String, name: String)
    case artifact(node: String, name: String)
    case agent(String)
    case pool(String)
    case file(String)
}

/// A place where a name stands.
struct Occurrence {
    var symbol: Symbol
    /// Bytes of the text, without quotes.
    var range: Range<Int>
    /// Whether the name is given here.
    var isDefinition: Bool
}

/// Finds all places of all names in a text.
struct Occurrences {
    private let document: YAMLDocument
    private let shape: LanguageShape
    private(set) var all: [Occurrence] = []

    init(_ document: YAMLDocument, shape: LanguageShape) {
        self.document = document
        self.shape = shape
        root()
    }

    /// The occurrence at an offset.
    func at(_ offset: Int) -> Occurrence? {
        all.filter { $0.range.lowerBound <= offset && offset <= $0.range.upperBound }
            .min { $0.range.count < $1.range.count }
    }

    /// The places of a name, in order of the text, each once.
    func of(_ symbol: Symbol) -> [Occurrence] {
        var seen: Set<Range<Int>> = []
        return all.filter { $0.symbol == symbol }.sorted { $0.range.lowerBound < $1.range.lowerBound }
            .filter { seen.insert($0.range).inserted }
    }

    // MARK: Walk

    private mutating func root() {
        let place = shape.root(.workflow)
        for (key, value) in document.pairs(of: document.root) where document.kind(of: key) == .scalar {
            let name = document.string(of: key)
            let inner = shape.place(below: place, key: name) ?? ShapePlace(shape: .types([.any]))
            switch name {
            case "nodes", "finally":
                for (id, node) in document.pairs(of: value) { self.node(id, node, inner) }
                continue
            case "inputs": define(value) { .input($0) }
            case "secrets": define(value) { .secret($0) }
            case "env": define(value) { .variable($0) }
            case "mode": examples(value)
            case "agents": define(value) { .agent($0) }
            case "pools": define(value) { .pool($0) }
            case "include": words(value) { .file($0) }
            case LanguageShape.handlers:
                for (outcome, node) in document.pairs(of: value) { self.node(outcome, node, inner, isHandler: true) }
                continue
            default: break
            }
            visit(value, inner)
        }
    }

    /// The keys of a mapping give names.
    private mutating func define(_ node: YAMLNode, _ symbol: (String) -> Symbol) {
        guard isOriginal(node) else { return }
        for (key, _) in document.pairs(of: node) where document.kind(of: key) == .scalar {
            add(symbol(document.string(of: key)), key, isDefinition: true)
        }
    }

    /// Examples of a mode give values to inputs.
    private mutating func examples(_ mode: YAMLNode) {
        guard let examples = document.value(of: mode, forKey: "examples") else { return }
        for example in document.elements(of: examples) {
            guard let inputs = document.value(of: example, forKey: "inputs"), isOriginal(inputs) else { continue }
            for (key, _) in document.pairs(of: inputs) where document.kind(of: key) == .scalar {
                add(.input(document.string(of: key)), key, isDefinition: false)
            }
        }
    }

    private mutating func node(_ id: YAMLNode, _ node: YAMLNode, _ nodes: ShapePlace, isHandler: Bool = false) {
        guard document.kind(of: id) == .scalar else { return }
        let key = document.string(of: id)
        let name = isHandler ? "on_\(key)" : key
        if !isHandler { add(.node(name), id, isDefinition: true) }
        guard isOriginal(node) else { return }
        let pairs = document.pairs(of: node).filter { document.kind(of: $0.key) == .scalar }
        var kind: String?
        for (key, _) in pairs where kind == nil {
            let word = document.string(of: key)
            if shape.kind(word) != nil { kind = word }
        }
        guard let place = shape.place(below: nodes, key: key, nodeKind: kind) else { return }
        let nodeNames = NodeNames.keys(of: pairs.map { document.string(of: $0.key) })
        for (key, value) in pairs {
            let word = document.string(of: key)
            switch word {
            case _ where word != "needs" && nodeNames.contains(word): words(value) { .node($0) }
            case "pool": pools(value)
            case "needs": needs(value)
            case "outputs": define(value) { .output(node: name, name: $0) }
            case "artifacts":
                define(value) { .artifact(node: name, name: $0) }
                for item in document.elements(of: value) {
                    guard let given = document.value(of: item, forKey: "name") else { continue }
                    add(.artifact(node: name, name: document.string(of: given)), given, isDefinition: true)
                }
            case "agent" where kind == "agent" && document.kind(of: value) == .scalar:
                add(.agent(document.string(of: value)), value, isDefinition: false)
            default: break
            }
            visit(value, shape.place(below: place, key: word) ?? ShapePlace(shape: .types([.any])))
        }
    }

    /// A word, or the words of a list or of the values of a mapping.
    private mutating func words(_ node: YAMLNode, _ symbol: (String) -> Symbol) {
        guard isOriginal(node) else { return }
        switch document.kind(of: node) {
        case .scalar: add(symbol(document.string(of: node)), node, isDefinition: false)
        case .sequence: for item in document.elements(of: node) { words(item, symbol) }
        case .mapping: for (_, value) in document.pairs(of: node) { words(value, symbol) }
        }
    }

    private mutating func pools(_ node: YAMLNode) {
        guard isOriginal(node) else { return }
        switch document.kind(of: node) {
        case .scalar: add(.pool(document.string(of: node)), node, isDefinition: false)
        case .sequence: for item in document.elements(of: node) { pools(item) }
        case .mapping: if let name = document.value(of: node, forKey: "name") { words(name) { .pool($0) } }
        }
    }

    private mutating func needs(_ node: YAMLNode) {
        guard isOriginal(node) else { return }
        switch document.kind(of: node) {
        case .scalar: add(.node(document.string(of: node)), node, isDefinition: false)
        case .sequence:
            for item in document.elements(of: node) where document.kind(of: item) == .scalar && isOriginal(item) {
                add(.node(document.string(of: item)), item, isDefinition: false)
            }
        case .mapping:
            for (key, _) in document.pairs(of: node) where document.kind(of: key) == .scalar {
                add(.node(document.string(of: key)), key, isDefinition: false)
            }
        }
    }

    /// Looks for expressions. The tree is as deep as the limits of the reader allow.
    private mutating func visit(_ node: YAMLNode, _ place: ShapePlace) {
        guard isOriginal(node) else { return }
        let types = place.types
        guard types.isEmpty || types.contains(where: { $0 != .verbatim }) else { return }
        let free = ShapePlace(shape: .types([.any]))
        switch document.kind(of: node) {
        case .mapping:
            for (key, value) in document.pairs(of: node) {
                visit(value, shape.place(below: place, key: document.string(of: key)) ?? free)
            }
        case .sequence:
            let item = shape.item(of: place) ?? free
            for element in document.elements(of: node) { visit(element, item) }
        case .scalar: scalar(node, types)
        }
    }

    private mutating func scalar(_ node: YAMLNode, _ types: [FieldType]) {
        let text = document.string(of: node)
        var references: [ExpressionReference] = []
        if text.contains("${{") {
            references = Template.parse(text).0.references
        } else if types.contains(.condition) {
            references = Expression.parse(text).0?.references ?? []
        } else if types.contains(.file), !text.isEmpty {
            add(.file(text), node, isDefinition: false)
        }
        let bytes = Array(text.utf8)
        for reference in references {
            let names = reference.segments
            func add(_ place: Int, _ symbol: (String) -> Symbol) {
                guard names.indices.contains(place) else { return }
                var range = names[place].range
                // `nodes["a"]`: without the quotes.
                if bytes.indices.contains(range.lowerBound), range.count > 2,
                    bytes[range.lowerBound] == UInt8(ascii: "\"") || bytes[range.lowerBound] == UInt8(ascii: "'")
                {
                    range = range.lowerBound + 1..<range.upperBound - 1
                }
                all.append(
                    Occurrence(
                        symbol: symbol(names[place].name), range: source(range, in: node), isDefinition: false))
            }
            switch reference.root {
            case "inputs": add(1) { .input($0) }
            case "secrets": add(1) { .secret($0) }
            case "env": add(1) { .variable($0) }
            case "nodes":
                add(1) { .node($0) }
                guard names.count > 3 else { continue }
                let owner = names[1].name
                if names[2].name == "outputs" { add(3) { .output(node: owner, name: $0) } }
                if names[2].name == "artifacts" { add(3) { .artifact(node: owner, name: $0) } }
            default: break
            }
        }
    }

    // MARK: Places

    /// Whether a node is written here, and not somewhere else under an anchor.
    private func isOriginal(_ node: YAMLNode) -> Bool { document.definition(of: node) == node }

    private mutating func add(_ symbol: Symbol, _ node: YAMLNode, isDefinition: Bool) {
        guard isOriginal(node), !document.isFaulty(node) || isDefinition else { return }
        var range = document.range(of: node)
        switch document.style(of: node) {
        case .singleQuoted, .doubleQuoted:
            if range.count >= 2 { range = range.lowerBound + 1..<range.upperBound - 1 }
        case .plain: break
        case .literal, .folded, .block, .flow: return
        }
        all.append(Occurrence(symbol: symbol, range: range, isDefinition: isDefinition))
    }

    private func source(_ range: Range<Int>, in node: YAMLNode) -> Range<Int> {
        let start = document.sourceOffset(of: range.lowerBound, in: node)
        guard !range.isEmpty else { return start..<start }
        return start..<max(start, document.sourceOffset(of: range.upperBound - 1, in: node) + 1)
    }
}
