// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow model check`: what the settings say about providers and models, and what is wrong in them.
enum ModelCheckCommandLine {
    static let spec = CommandSpec(
        name: "model check", summary: "Check the providers and models of flow.yaml", arguments: "[FILE]",
        discussion: """
            Reads FLOW_HOME/config.yaml and the nearest flow.yaml in this folder or above it, or FILE alone. No service
            is asked. Exit code 78 when the settings have faults.
            """,
        examples: [
            ("flow model check", "what is configured here"), ("flow model check other.yaml --json", "another file"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let loaded: LoadedSettings
        if let file = invocation.optionalArgument(0) {
            guard File.exists(file) else { throw CommandFailure(.badInput, "there is no file `\(file)`") }
            loaded = SettingsFiles.load([file])
        } else {
            loaded = try workplace.settings()
        }
        let isSound = try report(loaded)
        let models = loaded.models
        if invocation.flag("json") {
            var object = JSONObject()
            object["files"] = .array(loaded.files.map { .string($0) })
            object["ok"] = .bool(isSound)
            object["providers"] = .array(
                models.providers.map { provider in
                    [
                        "name": .string(provider.name), "type": .string(provider.type.rawValue),
                        "key": .string(keyText(provider, workplace.environment)),
                    ]
                })
            object["models"] = .array(
                models.aliases.map { alias in
                    [
                        "name": .string(alias.name), "provider": .string(alias.provider),
                        "model": alias.model.map { .string($0) } ?? .null,
                        "fallback": .array(models.chain(of: alias).dropFirst().map { .string($0.name) }),
                    ]
                })
            try Output.json(object)
        } else if isSound {
            if loaded.files.isEmpty {
                Talk().say("no \(SettingsFiles.projectFile) here or above, and none of the user")
            }
            var providers = Table(header: ["provider", "type", "key"])
            for provider in models.providers {
                providers.add([provider.name, provider.type.rawValue, keyText(provider, workplace.environment)])
            }
            if !models.providers.isEmpty { try Output.text(providers.text) }
            var table = Table(header: ["model", "provider", "asked for", "fallback"])
            for alias in models.aliases {
                let rest = models.chain(of: alias).dropFirst().map(\.name).joined(separator: ", ")
                table.add([alias.name, alias.provider, alias.model ?? "", rest])
            }
            if !models.aliases.isEmpty { try Output.text(table.text) }
        }
        return isSound ? .done : .configuration
    }

    /// Shows what is wrong in settings; whether they can be used.
    static func report(_ loaded: LoadedSettings) throws -> Bool {
        let printer = DiagnosticPrinter(.full(colour: Talk().isColoured))
        for (sources, diagnostics) in loaded.problems {
            try? StandardStream.error.write(printer.text(diagnostics, in: sources))
        }
        return loaded.isSound
    }

    private static func keyText(_ provider: ModelSettings.Provider, _ environment: [String: String]) -> String {
        switch provider.key {
        case .environment(let name)?:
            environment[name]?.isEmpty == false ? "from \(name)" : "from \(name), which is not set"
        case .command(let words)?: "from the program \(words.first ?? "")"
        case .secret(let name)?: "the secret \(name)"
        case nil: "none said"
        }
    }
}
