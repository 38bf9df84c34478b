// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow engine …`: the external engines that `engine:` nodes name.
enum EngineCommandLine {
    static let all: [CommandSpec] = [list, install, doctor, test]

    private static func bench(_ invocation: Invocation) throws -> EngineWorkbench {
        let workplace = try Workplace(invocation)
        return EngineWorkbench(folders: workplace.engineFolders, environment: workplace.environment)
    }

    private static let list = CommandSpec(
        name: "engine list", summary: "Show the external engines and what they do", arguments: "[NAME]",
        discussion: """
            Engines are folders with an engine.yaml: in engines/ of the project, in the folders of FLOW_ENGINES, in
            FLOW_HOME/engines, and those that come with flow. None is started.
            """,
        examples: [("flow engine list", "all of them"), ("flow engine list example", "the actions of one")],
        run: { invocation in
            let bench = try bench(invocation)
            var entries = bench.shelf.entries()
            if let name = invocation.optionalArgument(0) {
                _ = try find(name, bench)
                entries = entries.filter { $0.name == name }
            }
            if invocation.flag("json") {
                var object = JSONObject()
                object["engines"] = .array(entries.map { json($0, bench) })
                try Output.json(object)
                return .done
            }
            if invocation.optionalArgument(0) != nil, case .success(let manifest)? = entries.first?.manifest {
                try Output.text(text(manifest))
                return .done
            }
            var table = Table(header: ["engine", "version", "from", "actions", ""])
            for entry in entries {
                switch entry.manifest {
                case .failure(let problem): table.add([entry.name, "", entry.origin.rawValue, "", problem.message])
                case .success(let manifest):
                    table.add([
                        entry.name, manifest.version, entry.origin.rawValue,
                        manifest.actions.map(\.name).joined(separator: " "), bench.obstacle(manifest) ?? "",
                    ])
                }
            }
            if entries.isEmpty { Talk().say("there are no engines here; docs/engines.md says how to write one") }
            if !table.isEmpty { try Output.text(table.text) }
            return .done
        })

    private static let install = CommandSpec(
        name: "engine install", summary: "Install what an engine needs into a private environment", arguments: "NAME",
        discussion: """
            For engines in Python: makes an environment of its own with the versions that the engine pins, below
            FLOW_HOME/engine-environments. What is there is kept. FLOW_PYTHON names the Python to make it with.
            """,
        examples: [("flow engine install cmbagent", "the packages of the engine cmbagent")],
        run: { invocation in
            let bench = try bench(invocation)
            let manifest = try find(invocation.argument(0), bench)
            let python = try await failing {
                () async throws(EngineProblem) in
                try await bench.install(manifest) { Talk().say($0) }
            }
            await bench.close()
            if invocation.flag("json") {
                var object = JSONObject()
                object["engine"] = .string(manifest.name)
                object["python"] = python.map { .string($0) } ?? .null
                try Output.json(object)
            } else {
                try Output.text((python ?? "\(manifest.name) needs nothing to be installed") + "\n")
            }
            return .done
        })

    private static let doctor = CommandSpec(
        name: "engine doctor", summary: "Start engines and see whether they get ready", arguments: "[NAME]",
        discussion: "Engines that are not installed are named, with what cures it. Exit code 78 when one is not well.",
        examples: [("flow engine doctor", "all of them"), ("flow engine doctor example", "one")],
        run: { invocation in
            let bench = try bench(invocation)
            let entries: [EngineShelf.Entry]
            if let name = invocation.optionalArgument(0) {
                _ = try find(name, bench)
                entries = bench.shelf.entries().filter { $0.name == name }
            } else {
                entries = bench.shelf.entries()
            }
            var rows: [(name: String, problem: String?, detail: String)] = []
            for entry in entries {
                switch entry.manifest {
                case .failure(let problem): rows.append((entry.name, problem.message, ""))
                case .success(let manifest):
                    if let obstacle = bench.obstacle(manifest) {
                        rows.append((entry.name, obstacle, ""))
                        continue
                    }
                    do throws(EngineProblem) {
                        let greeting = try await bench.greeting(manifest) { _ in }
                        let offers = (greeting["capabilities"]?.arrayValue ?? []).compactMap(\.stringValue)
                        let version = greeting["version"]?.stringValue ?? manifest.version
                        rows.append((entry.name, nil, "version \(version), offers \(offers.joined(separator: " "))"))
                    } catch {
                        rows.append((entry.name, error.message, ""))
                    }
                }
            }
            await bench.close()
            let isWell = rows.allSatisfy { $0.problem == nil }
            if invocation.flag("json") {
                var object = JSONObject()
                object["ok"] = .bool(isWell)
                object["engines"] = .array(
                    rows.map {
                        [
                            "name": .string($0.name), "ok": .bool($0.problem == nil),
                            "detail": .string($0.problem ?? $0.detail),
                        ]
                    })
                try Output.json(object)
            } else {
                try Output.text(report(rows))
            }
            return isWell ? .done : .configuration
        })

    private static let test = CommandSpec(
        name: "engine test", summary: "Have an engine pass the test of all engines", arguments: "NAME",
        options: [.flag("verbose", "Show what the engine writes.")],
        discussion: """
            Starts the engine, has it do the example of its engine.yaml, and asks it all that flow may ask an engine. Its
            calls of models go to the models of the project. Exit code 1 when a demand is not met.
            """,
        examples: [("flow engine test example", "with a line for each demand")],
        run: { invocation in
            let bench = try bench(invocation)
            let manifest = try find(invocation.argument(0), bench)
            let isVerbose = invocation.flag("verbose")
            let findings = try await bench.test(manifest) { line in
                if isVerbose { Talk().say("\(line.stream.rawValue) \(line.text)") }
            }
            await bench.close()
            let isGood = findings.allSatisfy { $0.problem == nil }
            if invocation.flag("json") {
                var object = JSONObject()
                object["engine"] = .string(manifest.name)
                object["ok"] = .bool(isGood)
                object["demands"] = .array(
                    findings.map {
                        [
                            "demand": .string($0.demand), "ok": .bool($0.problem == nil),
                            "detail": .string($0.problem ?? $0.detail),
                        ]
                    })
                try Output.json(object)
            } else {
                try Output.text(report(findings.map { ($0.demand, $0.problem, $0.detail) }))
            }
            return isGood ? .done : .runFailed
        })

    // MARK: What they share

    private static func report(_ rows: [(name: String, problem: String?, detail: String)]) -> String {
        let talk = Talk(.output)
        var table = Table(header: ["", "", ""])
        for row in rows {
            let mark = row.problem == nil ? talk.style(.good, "✓ ok") : talk.style(.error, "✗ not")
            table.add([mark, row.name, row.problem ?? row.detail])
        }
        return String(table.text.drop { $0.isNewline })
    }

    private static func find(_ name: String, _ bench: EngineWorkbench) throws -> EngineManifest {
        do throws(EngineProblem) { return try bench.shelf.manifest(name) } catch {
            throw CommandFailure(.badInput, error.message, help: ["`flow engine list` shows them"])
        }
    }

    private static func failing<Value>(_ body: () async throws(EngineProblem) -> Value) async throws -> Value {
        do throws(EngineProblem) { return try await body() } catch {
            throw CommandFailure(.unavailable, error.message)
        }
    }

    private static func json(_ entry: EngineShelf.Entry, _ bench: EngineWorkbench) -> JSONValue {
        var object = JSONObject()
        object["name"] = .string(entry.name)
        object["from"] = .string(entry.origin.rawValue)
        object["folder"] = .string(entry.folder)
        switch entry.manifest {
        case .failure(let problem): object["problem"] = .string(problem.message)
        case .success(let manifest):
            object["version"] = .string(manifest.version)
            object["description"] = manifest.description.map { .string($0) }
            object["problem"] = bench.obstacle(manifest).map { .string($0) }
            object["actions"] = .array(
                manifest.actions.map { action in
                    [
                        "name": .string(action.name), "description": .string(action.description ?? ""),
                        "inputs": fields(action.inputs), "outputs": fields(action.outputs),
                        "artifacts": .array(action.artifacts.map { .string($0) }),
                    ]
                })
        }
        return .object(object)
    }

    private static func fields(_ fields: [EngineManifest.Field]) -> JSONValue {
        var object = JSONObject()
        for field in fields { object[field.name] = .string(field.type.rawValue) }
        return .object(object)
    }

    private static func text(_ manifest: EngineManifest) -> String {
        var text = "\(manifest.name) \(manifest.version)" + (manifest.title.map { ": \($0)" } ?? "") + "\n"
        if let description = manifest.description { text += description.trimmedEnd + "\n" }
        for action in manifest.actions {
            text += "\n\(action.name)" + (action.description.map { ": \($0.trimmedEnd)" } ?? "") + "\n"
            for input in action.inputs {
                let more = input.required ? ", required" : input.fallback.map { ", else \($0.jsonText())" } ?? ""
                text += "  takes \(input.name): \(input.type.rawValue)\(more)\n"
            }
            for output in action.outputs { text += "  gives \(output.name): \(output.type.rawValue)\n" }
            if !action.artifacts.isEmpty { text += "  leaves \(action.artifacts.joined(separator: ", "))\n" }
        }
        return text
    }
}

extension String {
    /// The text without white space at its end.
    fileprivate var trimmedEnd: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
