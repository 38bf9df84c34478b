// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine

/// `flow schema`: the JSON Schema of files for editors, and the documentation of one key.
enum SchemaCommandLine {
    static let spec = CommandSpec(
        name: "schema", summary: "Print the JSON Schema of files, or explain a key", arguments: "[PATH]",
        options: [
            .flag("agent", "Agents' files, not workflows."),
            .flag("settings", "The settings in flow.yaml, not workflows."),
        ],
        discussion: """
            Without PATH, the JSON Schema (2020-12) for an editor. PATH names a key: its words are joined by dots, and
            names of nodes and inputs may be left out. Both are made from what the compiler checks by.
            """,
        examples: [
            ("flow schema > workflow.schema.json", "for an editor"),
            ("flow schema --agent > agent.schema.json", "for agents' files"),
            ("flow schema --settings providers.key", "a key of flow.yaml"),
            ("flow schema nodes.retry", "what `retry` takes, and its keys"),
            ("flow schema nodes.agent.prompt", "a key of one kind of node"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let shape = LanguageShape(kinds: BuiltinKinds.forCompiling(environment: [:]))
        let file: LanguageShape.FileKind =
            invocation.flag("settings") ? .settings : invocation.flag("agent") ? .agent : .workflow
        guard let path = invocation.optionalArgument(0) else {
            // A schema is JSON, with a shape that is not flow's own: no version stands in front.
            try Output.text(JSONSchema(shape).document(file).jsonText(.pretty) + "\n")
            return .done
        }
        let key: KeyReference
        do throws(KeyPathError) { key = try KeyReference(path: path, file: file, shape: shape) } catch {
            throw CommandFailure(.usage, error.description, help: [error.help])
        }
        if invocation.flag("json") { try Output.json(key.json) } else { try Output.text(key.text) }
        return .done
    }
}
