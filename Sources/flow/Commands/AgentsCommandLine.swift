// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow agents …`: the agents that workflows can name.
enum AgentsCommandLine {
    static let all: [CommandSpec] = [list, show, search, validate, new]

    private static let filters: [OptionSpec] = [
        .option("tag", "TAG", repeated: true, "Only agents with the tag, or with one of several."),
        .option("capability", "WORD", repeated: true, "Only agents with the capability, or with all of several."),
        .option("status", "STATUS", "active, deprecated or experimental."),
        .option("type", "TYPE", "assistant, planner, coder, reviewer, formatter, recorder, executor and so on."),
        .option("engine", "NAME", "Only agents that come from this system."),
    ]

    private static let places = """
        Agents are read from ./agents, from `agents` in FLOW_HOME, and from what is installed with flow; of agents with the
        same name the first one counts. A run keeps those it started with.
        """

    private static let list = CommandSpec(
        name: "agents list", summary: "List the agents that workflows can name", options: filters,
        discussion: places,
        examples: [
            ("flow agents list", "all of them"), ("flow agents list --tag cmbagent --type planner", "some of them"),
            ("flow agents list --tag roster_only --json", "those that no shipped workflow uses"),
        ],
        run: { invocation in
            let registry = try registry(invocation)
            return try print(registry.search(try query("", invocation)), of: registry, invocation)
        })

    private static let search = CommandSpec(
        name: "agents search", summary: "Find agents by words", arguments: "TEXT", options: filters,
        discussion: "All words have to stand in name, title, role, description, tags or capabilities.",
        examples: [("flow agents search 'review plan'", "both words"), ("flow agents search sql --json", "as JSON")],
        run: { invocation in
            let registry = try registry(invocation)
            return try print(registry.search(try query(invocation.argument(0), invocation)), of: registry, invocation)
        })

    private static let show = CommandSpec(
        name: "agents show", summary: "Show an agent with its instructions", arguments: "NAME",
        discussion: "How often it was asked is counted over the newest 1000 runs of the store.",
        examples: [("flow agents show planner", "for people"), ("flow agents show planner --json", "for programs")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let registry = try registry(invocation)
            let name = invocation.argument(0)
            guard let entry = registry[name] else {
                let near = Spelling.nearest(to: name, among: registry.names)
                throw CommandFailure(
                    .badInput, "there is no agent `\(name)`",
                    help: near.map { ["did you mean `\($0)`?"] } ?? ["`flow agents list` shows them"])
            }
            var usage: AgentUsage?
            if workplace.hasStore {
                let (reader, _, _) = try workplace.openStore()
                usage = try await AgentUsage.count(reader, loader: workplace.loader)[name] ?? AgentUsage()
            }
            if invocation.flag("json") {
                var object = json(entry)
                object["instructions"] = .string(entry.agent.instructions)
                object["output"] = entry.agent.output ?? .null
                object["usage"] = usage.map { .object(json($0)) } ?? .null
                try Output.json(object)
            } else {
                try Output.text(text(entry, usage, workplace))
            }
            return .done
        })

    private static let validate = CommandSpec(
        name: "agents validate", summary: "Check agents", arguments: "[FILE...]",
        options: [.flag("strict", "Take warnings for errors.")],
        discussion: """
            Without files all agents are checked. The exit code is 65 when there is any error. An agent that hands over to
            one that nobody knows is a warning.
            """,
        examples: [
            ("flow agents validate", "all of them"),
            ("flow agents validate agents/poet.yaml --json", "one, for programs"),
        ],
        run: { invocation in
            let registry = try registry(invocation)
            var files: [CheckedFile] = []
            if invocation.positionals.isEmpty {
                files = registry.unreadable
                for entry in registry.entries {
                    files.append(
                        CheckedFile(name: entry.path, faults: entry.faults + registry.strayHandoffs(of: entry)))
                }
            } else {
                for path in invocation.positionals {
                    let check = AgentCheck(path)
                    if let failure = check.file.failure { throw CommandFailure(.badInput, failure) }
                    files.append(check.file)
                }
            }
            return try report(files, invocation)
        })

    private static let new = CommandSpec(
        name: "agents new", summary: "Make the file of a new agent", arguments: "NAME",
        options: [
            .option("role", "TEXT", "What it does, in a few words."),
            .option("type", "TYPE", "assistant, planner, coder, reviewer and so on (assistant)."),
            .option("like", "AGENT", "Begin with a copy of another agent."),
        ],
        discussion: "Makes agents/NAME.yaml. Nothing is overwritten.",
        examples: [
            ("flow agents new poet --role 'Writes verse'", "a first one"),
            ("flow agents new strict_reviewer --like plan_reviewer", "a copy to change"),
        ],
        run: { invocation in
            let name = invocation.argument(0)
            let isName =
                name.utf8.first.map { (0x61...0x7A).contains($0) } == true && name.utf8.count <= 64
                && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
            guard isName else {
                throw CommandFailure(
                    .usage, "`\(name)` cannot name an agent",
                    help: ["a name is a letter a–z, then letters a–z, digits and `_`, at most 64"])
            }
            let path = FilePath.join("agents", "\(name).yaml")
            guard !File.exists(path) else {
                throw CommandFailure(.cannotCreate, "`\(path)` exists already, and nothing is overwritten")
            }
            let types = AgentCard.AgentType.allCases.map(\.rawValue)
            let type = try invocation.choice("type", types) ?? "assistant"
            var text = template(name, role: invocation.value("role"), type: type)
            if let other = invocation.value("like") {
                let registry = try registry(invocation)
                guard let entry = registry[other] else {
                    throw CommandFailure(.badInput, "there is no agent `\(other)` to copy")
                }
                text = try File.readText(entry.path, limit: AgentCheck.largestFile)
                    .split(separator: "\n", omittingEmptySubsequences: false)
                    .map { $0.hasPrefix("name:") ? "name: \(name)" : String($0) }.joined(separator: "\n")
            }
            do throws(FileError) {
                try File.createDirectory("agents")
                try File.write(text, to: path)
            } catch {
                throw CommandFailure(.cannotCreate, error.description)
            }
            Talk().say("made \(path)")
            if invocation.flag("json") {
                var object = JSONObject()
                object["made"] = .string(path)
                try Output.json(object)
            }
            return .done
        })

    // MARK: Reading

    private static func registry(_ invocation: Invocation) throws -> AgentRegistry {
        AgentRegistry(folders: try Workplace(invocation).registryFolders)
    }

    private static func query(_ text: String, _ invocation: Invocation) throws -> AgentRegistry.Query {
        var query = AgentRegistry.Query()
        query.text = text
        query.tags = Set(invocation.all("tag"))
        query.capabilities = Set(invocation.all("capability"))
        query.status = try invocation.choice("status", AgentCard.Status.allCases.map(\.rawValue))
            .flatMap(AgentCard.Status.init(rawValue:))
        query.type = try invocation.choice("type", AgentCard.AgentType.allCases.map(\.rawValue))
            .flatMap(AgentCard.AgentType.init(rawValue:))
        query.engine = invocation.value("engine")
        return query
    }

    // MARK: Writing

    private static func print(
        _ entries: [AgentRegistry.Entry], of registry: AgentRegistry, _ invocation: Invocation
    ) throws -> ExitCode {
        if invocation.flag("json") {
            var object = JSONObject()
            object["agents"] = .array(entries.map { .object(json($0)) })
            try Output.json(object)
            return .done
        }
        guard !entries.isEmpty else {
            Talk().say(registry.entries.isEmpty ? "no agents here; `flow agents new` makes one" : "no agent fits")
            return .done
        }
        var table = Table(header: ["agent", "type", "from", "status", "role", ""])
        for entry in entries {
            let agent = entry.agent
            table.add([
                agent.name, agent.card.type.rawValue, agent.card.engine ?? entry.origin.rawValue,
                agent.card.status.rawValue, agent.role ?? agent.title ?? "",
                entry.isValid ? "" : "has faults: flow agents validate",
            ])
        }
        try Output.text(table.text)
        return .done
    }

    private static func json(_ entry: AgentRegistry.Entry) -> JSONObject {
        let (agent, card) = (entry.agent, entry.agent.card)
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        func list(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
        var object = JSONObject()
        object["name"] = .string(agent.name)
        object["title"] = text(agent.title)
        object["role"] = text(agent.role)
        object["description"] = text(agent.description)
        object["type"] = .string(card.type.rawValue)
        object["status"] = .string(card.status.rawValue)
        object["version"] = text(agent.version)
        object["author"] = text(card.author)
        object["engine"] = text(card.engine)
        object["model"] = text(agent.model)
        object["tags"] = list(agent.tags)
        object["capabilities"] = list(agent.capabilities)
        object["handoffs"] = list(card.handoffs)
        object["requires"] = [
            "programs": list(card.requirements.programs), "features": list(card.requirements.features),
        ]
        object["schema"] = text(agent.output.map { $0["title"]?.stringValue ?? "untitled" })
        object["origin"] = .string(entry.origin.rawValue)
        object["path"] = .string(entry.path)
        object["digest"] = .string(entry.digest.hex)
        object["hides"] = list(entry.hidden)
        object["ok"] = .bool(entry.isValid)
        return object
    }

    private static func json(_ usage: AgentUsage) -> JSONObject {
        var object = JSONObject()
        object["runs"] = .integer(Int64(usage.runs))
        object["succeeded"] = .integer(Int64(usage.succeeded))
        object["failed"] = .integer(Int64(usage.failed))
        object["lastUsed"] = usage.lastUsed.map { .string($0.iso8601) } ?? .null
        return object
    }

    private static func text(_ entry: AgentRegistry.Entry, _ usage: AgentUsage?, _ workplace: Workplace) -> String {
        let (agent, card) = (entry.agent, entry.agent.card)
        var rows: [(String, String)] = [
            ("title", agent.title ?? ""), ("role", agent.role ?? ""), ("description", agent.description ?? ""),
            ("type", card.type.rawValue), ("status", card.status.rawValue), ("version", agent.version ?? ""),
            ("author", card.author ?? ""), ("engine", card.engine ?? ""), ("model", agent.model ?? "default"),
            ("tags", agent.tags.joined(separator: ", ")), ("capabilities", agent.capabilities.joined(separator: ", ")),
            ("handoffs", card.handoffs.joined(separator: ", ")),
            ("requires", (card.requirements.programs + card.requirements.features).joined(separator: ", ")),
            ("answers", agent.output.map { "JSON: \($0["title"]?.stringValue ?? "a schema of its own")" } ?? "text"),
            ("file", "\(workplace.shortened(entry.path)) (\(entry.origin.rawValue))"),
            ("digest", String(entry.digest.hex.prefix(12))),
            ("hides", entry.hidden.map { workplace.shortened($0) }.joined(separator: ", ")),
        ]
        if let usage {
            let asked = usage.nodes == 1 ? "once" : "\(usage.nodes) times"
            let runs = usage.runs == 1 ? "1 run" : "\(usage.runs) runs"
            let last = usage.lastUsed.map { ", last at \($0.iso8601)" } ?? ""
            rows.append(
                ("used", usage.nodes == 0 ? "not yet" : "\(asked) in \(runs), \(usage.failed) failed\(last)"))
        }
        let width = rows.map(\.0.count).max() ?? 0
        var text = "\(agent.name)\n"
        for (name, value) in rows where !value.isEmpty {
            text += "  \(name)\(String(repeating: " ", count: width - name.count))  \(value)\n"
        }
        return text + "\n" + agent.instructions + (agent.instructions.hasSuffix("\n") ? "" : "\n")
    }

    private static func report(_ files: [CheckedFile], _ invocation: Invocation) throws -> ExitCode {
        let isStrict = invocation.flag("strict")
        var isValid = true
        var reports: [JSONValue] = []
        for file in files {
            let faults = file.faults
            let isGood =
                file.failure == nil
                && !faults.contains {
                    $0.diagnostic.severity == .error || (isStrict && $0.diagnostic.severity == .warning)
                }
            isValid = isValid && isGood
            if invocation.flag("json") {
                let printer = DiagnosticPrinter(.json)
                reports.append([
                    "file": .string(file.name), "ok": .bool(isGood),
                    "failure": file.failure.map { .string($0) } ?? .null,
                    "diagnostics": .array(
                        faults.compactMap {
                            try? JSONValue.parse(Array(printer.text($0.diagnostic, in: $0.sources).utf8))
                        }),
                ])
                continue
            }
            if let failure = file.failure { Talk().say(failure) }
            let printer = DiagnosticPrinter(.full(colour: Talk(.output).isColoured))
            for fault in faults { try Output.text(printer.text(fault.diagnostic, in: fault.sources)) }
        }
        if invocation.flag("json") {
            var object = JSONObject()
            object["ok"] = .bool(isValid)
            object["files"] = .array(reports)
            try Output.json(object)
        } else {
            Talk().say(isValid ? "ok: \(files.count == 1 ? "1 agent" : "\(files.count) agents")" : "there are faults")
        }
        return isValid ? .done : .invalidWorkflow
    }

    /// The first text of an agent, with a place for each key that people fill in.
    private static func template(_ name: String, role: String?, type: String) -> String {
        let title = name.split(separator: "_").joined(separator: " ")
        // JSON strings are YAML strings.
        let words = JSONValue.string(role ?? "What it does, in a few words").jsonText()
        return """
            agent: 1
            name: \(name)
            title: \(title.prefix(1).uppercased() + title.dropFirst())
            role: \(words)
            description: What it is good for, and when to take another one.
            agent_type: \(type)
            capabilities: []
            instructions: |
              You are the \(title): say in one sentence what you do.

              Rules
              - Short and concrete; what to do, not what to be.
              - Use only what you are given.

              Format
              Say how the answer looks, with one small example.
            temperature: 0
            version: 0.1.0
            status: experimental
            tags: []

            """
    }
}
