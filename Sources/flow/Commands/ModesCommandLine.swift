// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow modes …`: the workflows of the catalog.
enum ModesCommandLine {
    static let all: [CommandSpec] = [overview, list, show, search]

    private static let filters: [OptionSpec] = [
        .option("category", "NAME", "Only modes of the category."),
        .option("engine", "NAME", "Only modes of the engine."),
        .option("tag", "TAG", repeated: true, "Only modes with the tag, or with one of several."),
    ]

    private static let places = """
        They are looked for in ./workflows, in FLOW_WORKFLOWS, and in what is installed with flow; of files with the same name
        the first one counts. A mode is a workflow with the key `mode`: a YAML file put into one of these folders is one more.
        """

    private static let overview = CommandSpec(
        name: "modes", summary: "List the workflows that can be run by name",
        discussion: "They are looked for in ./workflows, in FLOW_WORKFLOWS, and in what is installed with flow.",
        examples: [("flow modes", "names and titles"), ("flow modes --json", "with their inputs")],
        run: { invocation in
            try print(
                try Workplace(invocation).modes(), invocation, none: "no workflows here; `flow init` makes a first one")
        })

    private static let list = CommandSpec(
        name: "modes list", summary: "List the modes: the workflows made for people to choose from", options: filters,
        discussion: places,
        examples: [
            ("flow modes list", "all of them"),
            ("flow modes list --category research --engine cmbagent", "some of them"),
            ("flow modes list --tag documents --json", "for programs"),
        ],
        run: { invocation in
            try print(try found("", invocation), invocation, none: "no mode fits; `flow modes list` shows all of them")
        })

    private static let search = CommandSpec(
        name: "modes search", summary: "Find modes by words", arguments: "TEXT", options: filters,
        discussion: "All words have to stand in name, title, description, category, engine, tags or tips.",
        examples: [("flow modes search 'ticket sla'", "both words"), ("flow modes search plan --json", "as JSON")],
        run: { invocation in
            try print(
                try found(invocation.argument(0), invocation), invocation,
                none: "no mode fits; `flow modes list` shows all of them")
        })

    private static let show = CommandSpec(
        name: "modes show", summary: "Show a mode: its form, what it gives, its limits, where it asks people",
        arguments: "NAME",
        discussion: "NAME is a name of the catalog, or the path of any workflow.",
        examples: [
            ("flow modes show itops", "for people"), ("flow modes show itops --json", "for programs"),
            ("flow modes show ./mine.yaml", "a file"),
        ],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let text = invocation.argument(0)
            let path = try workplace.workflowFile(text)
            let compilation = try workplace.loadForList(path).compilation
            guard compilation.definition != nil else {
                throw CommandFailure(
                    .invalidWorkflow, "\(path) cannot be read", help: ["flow validate \(ShellWord.quoted(path))"])
            }
            let isPath = text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml")
            let name = isPath ? String(FilePath.basename(path).prefix { $0 != "." }) : text
            let mode = Mode(name: name, path: path, compilation: compilation) { other in
                File.exists(other) ? try? workplace.loadForList(other).compilation : nil
            }
            if invocation.flag("json") {
                try Output.json(ModeText(mode).json)
            } else {
                try Output.text(ModeText(mode).text)
            }
            return .done
        })

    private static func found(_ text: String, _ invocation: Invocation) throws -> [Mode] {
        var query = Mode.Query()
        query.text = text
        query.category = invocation.value("category")
        query.engine = invocation.value("engine")
        query.tags = Set(invocation.all("tag"))
        return try Workplace(invocation).modes().filter { $0.isMode && $0.matches(query) }
    }

    private static func print(_ modes: [Mode], _ invocation: Invocation, none: String) throws -> ExitCode {
        if invocation.flag("json") {
            var object = JSONObject()
            object["modes"] = .array(modes.map { .object(ModeText($0).summary) })
            try Output.json(object)
            return .done
        }
        guard !modes.isEmpty else {
            Talk().say(none)
            return .done
        }
        let isLong = invocation.command.name != "modes"
        var table = Table(header: ["mode", "title", "category"] + (isLong ? ["engine", "time"] : []) + [""])
        for mode in modes {
            let more = isLong ? [mode.engine ?? "", mode.estimate.time ?? ""] : []
            table.add(
                [mode.name, mode.title ?? mode.description ?? "", mode.category ?? ""] + more
                    + [mode.isValid ? "" : "has faults: flow validate \(mode.path)"])
        }
        try Output.text(table.text)
        return .done
    }
}

extension Workplace {
    /// All workflows of the catalog, by name. Gates of sub-workflows are not looked for.
    fileprivate func modes() -> [Mode] {
        catalog().compactMap { entry in
            (try? loadForList(entry.path)).map { Mode(name: entry.name, path: entry.path, compilation: $0.compilation) }
        }
    }
}
