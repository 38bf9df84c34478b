// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow version`.
enum VersionCommandLine {
    static let spec = CommandSpec(
        name: "version", summary: "Show the version",
        examples: [("flow version --json", "with the libraries")],
        run: { invocation in
            guard invocation.flag("json") else {
                try Output.text("flow \(Flow.version)\n")
                return .done
            }
            var object = JSONObject()
            object["version"] = .string(Flow.version)
            object["sqlite"] = .string(EngineLibraries.sqliteVersion)
            try Output.json(object)
            return .done
        })
}
