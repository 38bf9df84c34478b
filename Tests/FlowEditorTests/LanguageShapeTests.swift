// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine
import Testing

/// The schema and the reference of keys, made from the compiler's tables.
struct LanguageShapeTests {
    static let shape = LanguageShape(kinds: BuiltinKinds.forCompiling(environment: [:]))

    @Test func everyKeyOfTheTablesIsInTheSchema() {
        let schema = JSONSchema(Self.shape).document(.workflow)
        for field in WorkflowSchema.document {
            #expect(schema["properties"]?[field.name]?["description"]?.stringValue?.hasPrefix(field.summary) == true)
        }
        for kind in Self.shape.kinds {
            let node = schema["$defs"]?["kind.\(kind.name)"]
            #expect(node?["additionalProperties"] == false)
            #expect(node?["required"]?.arrayValue?.contains(.string(kind.name)) == true)
            for field in WorkflowSchema.node + kind.fields { #expect(node?["properties"]?[field.name] != nil) }
        }
    }

    @Test func everyReferenceInTheSchemaLeadsSomewhere() {
        for file in LanguageShape.FileKind.allCases {
            let schema = JSONSchema(Self.shape).document(file)
            var names: Set<String> = []
            Self.collect(schema, into: &names)
            for name in names { #expect(schema["$defs"]?[name] != nil, "\(name)") }
        }
    }

    private static func collect(_ value: JSONValue, into names: inout Set<String>) {
        switch value {
        case .object(let object):
            for member in object {
                if member.key == "$ref", let text = member.value.stringValue { names.insert(String(text.dropFirst(8))) }
                collect(member.value, into: &names)
            }
        case .array(let values): for value in values { collect(value, into: &names) }
        default: break
        }
    }

    @Test(arguments: [
        ("nodes.retry", "nodes.NAME.retry"), ("nodes.NAME.retry", "nodes.NAME.retry"),
        ("nodes.fetch.retry.delay", "nodes.NAME.retry.delay"), ("nodes.agent.prompt", "nodes.NAME(agent).prompt"),
        ("inputs.default", "inputs.NAME.default"), ("nodes.sql.tables.columns.type", ""),
        ("concurrency", "concurrency"),
    ]) func aPathNamesAKey(path: String, full: String) throws {
        let key = try KeyReference(path: path, file: .workflow, shape: Self.shape)
        if !full.isEmpty { #expect(key.path == full) }
        #expect(key.text.contains("takes"))
    }

    @Test func aWrongPathIsTold() {
        let error = #expect(throws: KeyPathError.self) {
            try KeyReference(path: "nodes.retyr", file: .workflow, shape: Self.shape)
        }
        _ = error
        let inner = #expect(throws: KeyPathError.self) {
            try KeyReference(path: "nodes.retry.dealy", file: .workflow, shape: Self.shape)
        }
        #expect(inner?.help == "did you mean `delay`?")
    }
}
