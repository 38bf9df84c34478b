// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The keys that a mapping may have, made once for the many mappings that are read by it.
struct KeyTable {
    let schema: [FieldSchema]
    /// Those that must be there.
    let required: [FieldSchema]
    private let places: WordTable?

    /// A table for many mappings.
    init(_ schema: [FieldSchema]) {
        self.schema = schema
        required = schema.filter(\.required)
        places = WordTable(schema.lazy.map(\.name))
    }

    /// A table for one mapping: a few keys are found as quickly by looking at each.
    init(once schema: [FieldSchema]) {
        self.schema = schema
        required = schema.filter(\.required)
        places = nil
    }

    subscript(_ name: String) -> FieldSchema? {
        guard let places else { return schema.first { $0.name == name } }
        return places[name].map { schema[$0] }
    }

    static let document = KeyTable(WorkflowSchema.document)
    static let fragment = KeyTable(WorkflowSchema.fragment)
    static let node = KeyTable(WorkflowSchema.node)
    static let agent = KeyTable(WorkflowSchema.agent)
}

/// Words that other tools use for keys of this language.
enum KeySynonyms {
    private static let meant: [String: [String]] = [
        "if": ["when"], "condition": ["when"], "only_if": ["when"],
        "depends": ["needs"], "depends_on": ["needs"], "dependencies": ["needs"], "dependsOn": ["needs"],
        "after": ["needs"], "jobs": ["nodes"], "steps": ["nodes"], "tasks": ["nodes"], "stages": ["nodes"],
        "script": ["run"], "command": ["run"], "cmd": ["run"], "bash": ["run"], "sh": ["run"], "exec": ["run"],
        "environment": ["env"], "variables": ["env"], "vars": ["env"],
        "params": ["inputs", "with"], "parameters": ["inputs", "with"], "arguments": ["inputs", "with"],
        "args": ["with"], "retries": ["retry", "max_attempts"], "attempts": ["max_attempts"],
        "loop": ["foreach"], "for_each": ["foreach"], "with_items": ["foreach"], "forEach": ["foreach"],
        "continue_on_error": ["on_failure"], "continueOn": ["on_failure"], "on_error": ["on_failure"],
        "human": ["approval"], "gate": ["approval"], "llm": ["agent"], "sleep": ["wait"], "delay": ["wait"],
    ]

    private static let types: [String: String] = [
        "int": "integer", "long": "integer", "float": "number", "double": "number", "decimal": "number",
        "bool": "boolean", "str": "string", "list": "array", "dict": "object", "map": "object", "path": "file",
    ]

    /// The type of `known` that the word stands for elsewhere.
    static func type(for word: String, among known: [String]) -> String? {
        types[word.lowercased()].flatMap { known.contains($0) ? $0 : nil }
    }

    /// The key of `known` that the word stands for elsewhere.
    static func key(for word: String, among known: [String]) -> String? {
        meant[word]?.first { known.contains($0) }
    }
}
