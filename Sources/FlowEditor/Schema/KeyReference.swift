// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import FlowEngine

/// The documentation of one key, found by its path such as `nodes.retry.delay`.
public struct KeyReference: Sendable {
    /// The path with free names as `NAME`.
    public let path: String
    private let field: FieldSchema?
    private let place: ShapePlace
    private let shape: LanguageShape

    /// Finds a key. Names of nodes, inputs and the like may be left out or written as any word: `nodes.retry`,
    /// `nodes.NAME.retry` and `nodes.agent.prompt` (a key of one kind) are all found.
    public init(path: String, file: LanguageShape.FileKind, shape: LanguageShape) throws(KeyPathError) {
        var place = shape.root(file)
        var walked: [String] = []
        var words = path.split(separator: ".").map(String.init)[...]
        while let word = words.popFirst() {
            // A free name that was left out.
            if let inner = Self.unnamed(place, shape), Self.leads(to: word, inner, shape) {
                walked.append("NAME")
                place = inner
            } else if let item = shape.item(of: place), shape.fields(at: place).isEmpty,
                shape.fields(at: item).contains(where: { $0.name == word })
            {
                place = item
            }
            // A misspelt key is no name.
            if words.isEmpty, let inner = Self.unnamed(place, shape) {
                let known = shape.fields(at: inner).map(\.name)
                if Spelling.nearest(to: word, among: known) != nil {
                    throw KeyPathError(word: word, path: walked.joined(separator: "."), known: known)
                }
            }
            guard let next = shape.place(below: place, key: word) else {
                let known = shape.fields(at: place).map(\.name)
                throw KeyPathError(word: word, path: walked.joined(separator: "."), known: known)
            }
            walked.append(next.field?.name == word || next.name == nil ? word : "NAME")
            // `nodes.agent.prompt` is a key beside `agent`, not below it.
            if case .node = place.shape, let kind = shape.kind(word), let upcoming = words.first,
                shape.place(below: next, key: upcoming) == nil
            {
                place = ShapePlace(shape: .node(kind: kind.name))
                walked[walked.count - 1] = "NAME(\(word))"
                if walked.count > 1, walked[walked.count - 2] == "NAME" { walked.remove(at: walked.count - 2) }
            } else {
                place = next
            }
        }
        self.path = walked.joined(separator: ".")
        self.shape = shape
        self.place = place
        field = place.field
    }

    /// The place below a free name.
    private static func unnamed(_ place: ShapePlace, _ shape: LanguageShape) -> ShapePlace? {
        switch place.shape {
        case .nodes: return shape.place(below: place, key: "NAME")
        case .types(let types):
            guard types.contains(where: { if case .map = $0 { true } else { false } }) else { return nil }
            return shape.place(below: place, key: "NAME")
        case .node: return nil
        }
    }

    private static func leads(to word: String, _ place: ShapePlace, _ shape: LanguageShape) -> Bool {
        shape.fields(at: place).contains { $0.name == word }
    }

    /// The keys below it, a free name skipped.
    public var keys: [FieldSchema] {
        let own = shape.fields(at: place)
        if !own.isEmpty { return own }
        let inner = Self.unnamed(place, shape) ?? shape.item(of: place)
        return inner.map { shape.fields(at: $0) } ?? []
    }

    private var takes: String {
        switch place.shape {
        case .nodes: "a mapping of names to nodes"
        case .node: "a node: one key of its kind, and the keys that all nodes have"
        case .types(let types): field.map { FieldText.takes($0.type) } ?? FieldText.takes(.oneOf(types))
        }
    }

    /// The documentation as text for a terminal.
    public var text: String {
        var text = path.isEmpty ? "" : "\(path)\n\n"
        if let field { text += "\(field.summary)\n\n" }
        if !path.isEmpty {
            text += "takes        \(takes)\n"
            if let field {
                text += "default      \(field.required ? "none: it is required" : field.fallback ?? "none")\n"
                let may = field.templates && FieldText.takesExpressions(field.type)
                text += "expressions  \(may ? "yes" : "no")\n"
            }
        }
        let keys = keys
        guard !keys.isEmpty else { return text }
        if !text.isEmpty { text += "\n" }
        text += "keys\n"
        let width = (keys.map(\.name.count).max() ?? 0) + 2
        for key in keys {
            let indent = String(repeating: " ", count: width - key.name.count)
            let fallback = key.required ? "; required" : key.fallback.map { "; default \($0)" } ?? ""
            text += "  \(key.name)\(indent)\(key.summary)\n"
            text += "  \(String(repeating: " ", count: width))\(FieldText.takes(key.type))\(fallback)\n"
        }
        return text
    }

    /// The documentation as data.
    public var json: JSONObject {
        var object = JSONObject()
        object["path"] = .string(path)
        object["takes"] = .string(takes)
        if let field { for member in Self.json(field) { object[member.key] = member.value } }
        object["keys"] = .array(
            keys.map { key in
                var entry = JSONObject()
                entry["name"] = .string(key.name)
                for member in Self.json(key) { entry[member.key] = member.value }
                return .object(entry)
            })
        return object
    }

    private static func json(_ field: FieldSchema) -> JSONObject {
        var object = JSONObject()
        object["takes"] = .string(FieldText.takes(field.type))
        object["summary"] = .string(field.summary)
        object["required"] = .bool(field.required)
        object["default"] = field.fallback.map { .string($0) } ?? .null
        object["expressions"] = .bool(field.templates && FieldText.takesExpressions(field.type))
        return object
    }
}

/// A path that names no key.
public struct KeyPathError: Error, Sendable, CustomStringConvertible {
    /// The word that is no key.
    public let word: String
    /// The path before it.
    public let path: String
    /// The keys that there are.
    public let known: [String]

    /// What is wrong.
    public var description: String {
        "there is no key `\(word)`\(path.isEmpty ? "" : " under `\(path)`")"
    }

    /// What to write instead.
    public var help: String {
        if let near = Spelling.nearest(to: word, among: known) { return "did you mean `\(near)`?" }
        return known.isEmpty ? "nothing has keys there" : "the keys are \(known.joined(separator: ", "))"
    }
}
