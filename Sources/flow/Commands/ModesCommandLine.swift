// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow modes`: the workflows of the catalog.
enum ModesCommandLine {
    static let spec = CommandSpec(
        name: "modes", summary: "List the workflows that can be run by name",
        discussion: "They are looked for in ./workflows, in FLOW_WORKFLOWS, and in what is installed with flow.",
        examples: [("flow modes", "names and titles"), ("flow modes --json", "with their inputs")],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        var table = Table(header: ["mode", "title", "category", ""])
        var modes: [JSONValue] = []
        for (name, path) in workplace.catalog() {
            guard let compilation = try? workplace.load(path).compilation else { continue }
            let definition = compilation.definition
            let isValid = compilation.plan != nil
            let title = definition?.title ?? definition?.description ?? ""
            let category = definition?.mode?["category"]?.stringValue ?? ""
            table.add([name, title, category, isValid ? "" : "has faults: flow validate \(path)"])
            var mode = JSONObject()
            mode["name"] = .string(name)
            mode["title"] = .string(title)
            mode["path"] = .string(path)
            mode["ok"] = .bool(isValid)
            mode["mode"] = definition?.mode ?? .null
            mode["inputs"] = .array((definition?.inputs ?? []).map(json))
            modes.append(.object(mode))
        }
        if invocation.flag("json") {
            var object = JSONObject()
            object["modes"] = .array(modes)
            try Output.json(object)
        } else if modes.isEmpty {
            Talk().say("no workflows here; `flow init` makes a first one")
        } else {
            try Output.text(table.text)
        }
        return .done
    }

    private static func json(_ input: InputDefinition) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(input.name)
        object["type"] = .string(input.kind.rawValue)
        object["required"] = .bool(input.required)
        object["default"] = input.fallback ?? .null
        object["label"] = input.label.map { .string($0) } ?? .null
        object["help"] = input.help.map { .string($0) } ?? .null
        if !input.choices.isEmpty { object["enum"] = .array(input.choices) }
        return .object(object)
    }
}
