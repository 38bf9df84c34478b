// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// The reference as Markdown, made from the tables that the compiler reads by: it cannot differ from what is checked.
enum ReferenceText {
    // MARK: Language

    static var language: String {
        var text =
            "# Keys of a workflow\n\nMade by `flow help language`. What each key means: [language.md](../language.md).\n\n"
        text += "## The file\n\n" + table(WorkflowSchema.document)
        text += nested(in: WorkflowSchema.document)
        text += "## A node\n\nExactly one key of its kind (see the node kinds), and any of these.\n\n"
        text += table(WorkflowSchema.node)
        text += nested(in: WorkflowSchema.node.filter { $0.name != "budget" })
        text += "## An agent's file\n\n" + table(WorkflowSchema.agent)
        return text
    }

    /// The tables of the mappings under keys, but for those that stand elsewhere: agents, and keys of nodes as defaults.
    private static func nested(in schema: [FieldSchema]) -> String {
        schema.flatMap { objects(in: $0.type, path: $0.name) }
            .filter { path, _ in !path.hasPrefix("agents.") && !path.hasPrefix("defaults.") }
            .map { path, schema in "### `\(path)`\n\n" + table(schema) }.joined()
    }

    // MARK: Kinds

    static func kinds(_ kinds: [any NodeKind]) -> String {
        var text = "# Keys of node kinds\n\nMade by `flow help kinds`.\n\n"
        for kind in kinds.sorted(by: { $0.name < $1.name }) {
            text += "## `\(kind.name)`\n\n\(kind.summary)\n\n"
            let objects = objects(in: kind.body, path: kind.name)
            if let simple = simpleShape(kind.body) { text += "`\(kind.name):` takes \(simple).\n\n" }
            for (path, schema) in objects { text += "Keys under `\(path)`:\n\n" + table(schema) }
            if !kind.fields.isEmpty { text += "Keys beside `\(kind.name)`:\n\n" + table(kind.fields) }
        }
        return text
    }

    private static func simpleShape(_ type: FieldType) -> String? {
        switch type {
        case .object: nil
        case .oneOf(let types):
            types.compactMap { simpleShape($0) }.isEmpty ? nil : type.phrase
        case .map: "a mapping of names to values"
        default: type.phrase
        }
    }

    /// The mappings with fixed keys in a shape, each with the path of keys to it.
    private static func objects(in type: FieldType, path: String) -> [(String, [FieldSchema])] {
        switch type {
        case .object(let schema):
            [(path, schema)] + schema.flatMap { objects(in: $0.type, path: "\(path).\($0.name)") }
        case .oneOf(let types): types.flatMap { objects(in: $0, path: path) }
        case .list(let element), .oneOrMany(let element): objects(in: element, path: "\(path)[]")
        case .map(let element): objects(in: element, path: "\(path).NAME")
        default: []
        }
    }

    // MARK: Functions

    static var functions: String {
        var text = "# Functions of expressions\n\nMade by `flow help functions`.\n\n"
        text += "| function | what it gives | example | result |\n|---|---|---|---|\n"
        for function in ExpressionFunction.all {
            let result = function.exampleResult.jsonText(.compact)
            text += "| `\(cell(function.signature))` | \(cell(function.summary)) "
            text += "| `\(cell(function.example))` | `\(cell(result))` |\n"
        }
        return text
    }

    // MARK: Tables

    private static func table(_ schema: [FieldSchema]) -> String {
        var text = "| key | takes | default | meaning |\n|---|---|---|---|\n"
        for field in schema {
            let fallback = field.required ? "required" : field.fallback.map { "`\($0)`" } ?? ""
            text += "| `\(field.name)` | \(cell(field.type.phrase)) | \(cell(fallback)) | \(cell(field.summary)) |\n"
        }
        return text + "\n"
    }

    private static func cell(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
    }
}
