// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import FlowEngine

/// The JSON Schema (2020-12) of a file, for editors. It knows keys and shapes; the compiler checks all else.
public struct JSONSchema: Sendable {
    private let shape: LanguageShape

    /// The schemas of files of this shape.
    public init(_ shape: LanguageShape) { self.shape = shape }

    /// The schema of a kind of file.
    public func document(_ file: LanguageShape.FileKind) -> JSONValue {
        var schema = JSONObject()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] =
            switch file {
            case .workflow: "A workflow of flow"
            case .agent: "An agent of flow"
            case .settings: "The settings of a project of flow"
            }
        let fields = shape.document(file)
        var properties = JSONObject()
        for field in fields { properties[field.name] = documentProperty(field, file) }
        schema["type"] = "object"
        schema["properties"] = .object(properties)
        schema["required"] = .array(fields.filter(\.required).map { .string($0.name) })
        schema["additionalProperties"] = false
        var definitions = JSONObject()
        definitions["expression"] = [
            "type": "string", "pattern": "\\$\\{\\{", "description": "An expression: `${{ inputs.name }}`.",
        ]
        if file == .workflow {
            definitions["name"] = Self.identifier
            for field in WorkflowSchema.node { definitions["node.\(field.name)"] = property(field) }
            for kind in shape.kinds { definitions["kind.\(kind.name)"] = node(of: kind) }
            definitions["node"] = [
                "description": "A node: exactly one key of its kind, and the keys that all nodes have.",
                "type": "object",
                "oneOf": .array(shape.kinds.map { ["$ref": .string("#/$defs/kind.\($0.name)")] }),
            ]
        }
        schema["$defs"] = .object(definitions)
        return .object(schema)
    }

    // MARK: Mappings

    private func documentProperty(_ field: FieldSchema, _ file: LanguageShape.FileKind) -> JSONValue {
        if LanguageShape.formatKeys.contains(field.name), field.type == .any {
            return described(["const": 1, "default": 1], field)
        }
        guard file == .workflow else { return property(field) }
        if LanguageShape.nodeMaps.contains(field.name) {
            var nodes = JSONObject()
            nodes["type"] = "object"
            nodes["propertyNames"] = ["$ref": "#/$defs/name"]
            nodes["additionalProperties"] = ["$ref": "#/$defs/node"]
            if field.required { nodes["minProperties"] = 1 }
            return described(.object(nodes), field)
        }
        if field.name == LanguageShape.handlers, case .object(let handlers) = field.type {
            var properties = JSONObject()
            for handler in handlers { properties[handler.name] = described(["$ref": "#/$defs/node"], handler) }
            return described(
                ["type": "object", "properties": .object(properties), "additionalProperties": false], field)
        }
        guard field.name == "inputs", case .object(var inputs) = property(field) else { return property(field) }
        inputs["propertyNames"] = ["$ref": "#/$defs/name"]
        return .object(inputs)
    }

    private func node(of kind: any NodeKind) -> JSONValue {
        let shared = Set(WorkflowSchema.node.map(\.name))
        var properties = JSONObject()
        var required: [JSONValue] = []
        for field in shape.nodeFields(kind) {
            properties[field.name] =
                shared.contains(field.name) && field.name != kind.name
                ? ["$ref": .string("#/$defs/node.\(field.name)")] : property(field)
            if field.required || field.name == kind.name { required.append(.string(field.name)) }
        }
        return [
            "title": .string(kind.name), "description": .string(kind.summary), "type": "object",
            "properties": .object(properties), "required": .array(required), "additionalProperties": false,
        ]
    }

    private func object(_ fields: [FieldSchema]) -> JSONValue {
        var properties = JSONObject()
        for field in fields { properties[field.name] = property(field) }
        var schema = JSONObject()
        schema["type"] = "object"
        schema["properties"] = .object(properties)
        let required = fields.filter(\.required).map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    // MARK: Values

    private func property(_ field: FieldSchema) -> JSONValue {
        described(value(field.type, templates: field.templates), field)
    }

    /// The schema with what people are told of the key.
    private func described(_ schema: JSONValue, _ field: FieldSchema) -> JSONValue {
        var object = JSONObject()
        var text = field.summary
        if let fallback = field.fallback { text += " Default: \(FieldText.shown(fallback, field.type))." }
        object["description"] = .string(text)
        for member in schema.objectValue ?? JSONObject() { object[member.key] = member.value }
        if let fallback = field.fallback, let value = Self.plain(fallback, field.type) { object["default"] = value }
        return .object(object)
    }

    /// A default as a value, where it is one.
    private static func plain(_ text: String, _ type: FieldType) -> JSONValue? {
        switch type {
        case .boolean: text == "true" ? true : text == "false" ? false : nil
        case .integer: Int64(text).map { .integer($0) }
        case .number: Double(text).map { .number($0) }
        case .choice(let words): words.contains(text) ? .string(text) : nil
        case .duration: Milliseconds(parsing: text) == nil ? nil : .string(text)
        case .identifier: .string(text)
        default: nil
        }
    }

    private static let identifier: JSONValue = ["type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"]

    private func value(_ type: FieldType, templates: Bool) -> JSONValue {
        switch type {
        // A plain number or boolean of YAML is taken as its text.
        case .string, .condition, .file: return ["type": ["string", "number", "boolean"]]
        case .boolean: return orExpression(["type": "boolean"], templates)
        case .integer(let range):
            return orExpression(
                ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
                templates)
        case .number(let range):
            if range.upperBound >= 1e300 { return orExpression(["type": "number"], templates) }
            return orExpression(
                ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)],
                templates)
        case .duration(let allowsZero):
            let nonZero = allowsZero ? "" : "(?=.*[1-9])"
            return orExpression(
                ["type": "string", "pattern": .string("^\(nonZero)([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$")], templates)
        case .size:
            return orExpression(
                ["type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(B|KiB|MiB|GiB|TiB)$"], templates)
        case .identifier: return Self.identifier
        case .any, .verbatim: return [:]
        case .choice(let words): return ["enum": .array(words.flatMap { Self.spellings($0) })]
        case .list(let element): return ["type": "array", "items": value(element, templates: templates)]
        case .map(let element):
            return ["type": "object", "additionalProperties": value(element, templates: templates)]
        case .object(let fields): return object(fields)
        case .oneOrMany, .oneOf:
            return ["anyOf": .array(LanguageShape.alternatives(type).map { value($0, templates: templates) })]
        }
    }

    private func orExpression(_ schema: JSONValue, _ templates: Bool) -> JSONValue {
        templates ? ["anyOf": [schema, ["$ref": "#/$defs/expression"]]] : schema
    }

    /// A word, and the value that YAML reads when it is written without quotes.
    private static func spellings(_ word: String) -> [JSONValue] {
        if let number = Int64(word) { return [.string(word), .integer(number)] }
        switch word {
        case "true": return [.string(word), true]
        case "false": return [.string(word), false]
        default: return [.string(word)]
        }
    }
}
