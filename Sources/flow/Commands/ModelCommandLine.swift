// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Synchronization

/// `flow model …`: the model of this machine, which agents use where no other is configured.
enum ModelCommandLine {
    static let all: [CommandSpec] = [install, start, stop, status, list]

    private static func runtime(_ workplace: Workplace) -> LocalModelRuntime {
        LocalModelRuntime(environment: workplace.environment, children: ChildProcesses())
    }

    private static let install = CommandSpec(
        name: "model install", summary: "Install the model runtime and a model", arguments: "[MODEL]",
        discussion: "What is there already is kept. Every file is checked against its digest.",
        examples: [
            ("flow model install", "the default model"), ("flow model install NAME", "another of `flow model list`"),
        ],
        run: { invocation in
            let runtime = runtime(try Workplace(invocation))
            let progress = InstallProgress(isLive: StandardStream.error.isTerminal)
            let path = try await failing {
                () async throws(ModelError) in
                try await runtime.install(invocation.optionalArgument(0)) { progress.take($0) }
            }
            progress.close()
            if invocation.flag("json") {
                var object = JSONObject()
                object["path"] = .string(path)
                try Output.json(object)
            } else {
                try Output.text("\(path)\n")
            }
            return .done
        })

    private static let start = CommandSpec(
        name: "model start", summary: "Start a model server that stays for the runs that follow", arguments: "[MODEL]",
        discussion: "Without it each flow process starts its own when a node needs it.",
        examples: [("flow model start", "the default model")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let runtime = runtime(workplace)
            let name = invocation.optionalArgument(0) ?? configuredModel(workplace)
            let folder = runtime.folder
            let server = try await failing { () async throws(ModelError) in
                try await runtime.startShared(try LocalModelChoice.find(name, in: folder))
            }
            Talk().say("a model server runs as process \(server.pid)")
            if invocation.flag("json") { try Output.json(json(server)) } else { try Output.text("\(server.address)\n") }
            return .done
        })

    private static let stop = CommandSpec(
        name: "model stop", summary: "Stop the model server that stays",
        examples: [("flow model stop", "stop it")],
        run: { invocation in
            let stopped = await runtime(try Workplace(invocation)).stopShared()
            Talk().say(stopped ? "the model server is stopped" : "no model server runs")
            if invocation.flag("json") {
                var object = JSONObject()
                object["stopped"] = .bool(stopped)
                try Output.json(object)
            }
            return .done
        })

    private static let status = CommandSpec(
        name: "model status", summary: "Show what is installed and running",
        examples: [("flow model status --json", "as JSON")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let status = await runtime(workplace).status(model: configuredModel(workplace))
            if invocation.flag("json") {
                var object = JSONObject()
                object["folder"] = .string(status.folder)
                object["runtime"] = .bool(status.hasRuntime)
                object["installed"] = .array(status.installed.map { .string($0) })
                object["model"] = status.model.map { .string($0.name) } ?? .null
                object["problem"] = status.problem.map { .string($0) } ?? .null
                object["server"] = status.shared.map { .object(json($0)) } ?? .null
                object["threads"] = .integer(Int64(status.threads))
                try Output.json(object)
            } else {
                var text = "folder    \(status.folder)\nruntime   \(status.hasRuntime ? "installed" : "missing")\n"
                text += "models    \(status.installed.isEmpty ? "none" : status.installed.joined(separator: ", "))\n"
                text += "in use    \(status.model?.name ?? status.problem ?? "none")\n"
                text += "server    "
                text +=
                    status.shared.map { "\($0.address), process \($0.pid)\($0.isHealthy ? "" : ", does not answer")" }
                    ?? "none"
                try Output.text(text + "\nthreads   \(status.threads)\n")
            }
            return .done
        })

    private static let list = CommandSpec(
        name: "model list", summary: "List the models that can be installed",
        examples: [("flow model list", "with their sizes")],
        run: { invocation in
            let models = runtime(try Workplace(invocation)).list()
            if invocation.flag("json") {
                var object = JSONObject()
                object["models"] = .array(
                    models.map { model in
                        [
                            "id": .string(model.entry.id), "title": .string(model.entry.title),
                            "summary": .string(model.entry.summary), "licence": .string(model.entry.licence),
                            "bytes": .integer(model.entry.bytes), "installed": .bool(model.isInstalled),
                            "default": .bool(model.isDefault),
                        ]
                    })
                try Output.json(object)
                return .done
            }
            var table = Table(header: ["model", "size", "licence", "", ""])
            for model in models {
                let mark = (model.isInstalled ? "installed" : "") + (model.isDefault ? " (default)" : "")
                let size = ByteCount(model.entry.bytes).description
                table.add([model.entry.id, size, model.entry.licence, mark.trimming { $0 == " " }, model.entry.summary])
            }
            try Output.text(table.text)
            return .done
        })

    /// The model of this machine that the environment names; nil leaves the choice to what is installed.
    private static func configuredModel(_ workplace: Workplace) -> String? {
        ModelConfiguration().merged(with: workplace.environment).model
    }

    /// What `flow doctor` looks at: runtime and model, or the endpoint that is configured instead.
    static func checks(_ workplace: Workplace) async -> [DoctorCommandLine.Check] {
        if let url = ModelConfiguration().merged(with: workplace.environment).url {
            return [DoctorCommandLine.Check(name: "model", detail: "configured: \(url)")]
        }
        if let models = try? workplace.settings().models, let alias = models.alias("default"),
            models.provider(alias.provider)?.type != .local
        {
            let name = alias.model.map { "\(alias.provider)/\($0)" } ?? alias.provider
            return [DoctorCommandLine.Check(name: "model", detail: "configured: \(name)")]
        }
        let status = await runtime(workplace).status(model: configuredModel(workplace))
        return [
            DoctorCommandLine.Check(
                name: "model runtime", problem: status.hasRuntime ? nil : "not installed; needed for agent nodes",
                detail: status.folder, cure: "flow model install"),
            DoctorCommandLine.Check(
                name: "model", problem: status.model == nil ? status.problem ?? "no model is installed" : nil,
                detail: status.model?.name ?? "", cure: "flow model install"),
        ]
    }

    private static func json(_ server: LocalModelRuntime.SharedServer) -> JSONObject {
        var object = JSONObject()
        object["address"] = .string(server.address)
        object["pid"] = .integer(Int64(server.pid))
        object["model"] = .string(server.model)
        object["healthy"] = .bool(server.isHealthy)
        return object
    }

    private static func failing<Value>(_ body: () async throws(ModelError) -> Value) async throws -> Value {
        do throws(ModelError) { return try await body() } catch {
            throw CommandFailure(error.kind == .cancelled ? .interrupted : .unavailable, error.message)
        }
    }
}

/// Says the steps of an installation: on a terminal the bytes on one line, else each step once.
private final class InstallProgress: Sendable {
    private let isLive: Bool
    private let hasLine = Mutex(false)

    init(isLive: Bool) { self.isLive = isLive }

    func take(_ step: LocalModelRuntime.InstallStep) {
        hasLine.withLock { hasLine in
            if step.progress != nil {
                guard isLive else { return }
                try? StandardStream.error.write("\r\u{1B}[2K\(step.description)")
                hasLine = true
                return
            }
            if hasLine { try? StandardStream.error.write("\r\u{1B}[2K") }
            hasLine = false
            Talk().say(step.description)
        }
    }

    func close() { hasLine.withLock { if $0 { try? StandardStream.error.write("\n") } } }
}
