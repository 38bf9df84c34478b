// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// The texts of `flow help`.
enum Help {
    static func overview(_ commands: [CommandSpec]) throws {
        var text = """
            flow runs workflows of programs, agents and people, and never loses what is done.

            usage: flow COMMAND [ARGUMENTS] [OPTIONS]

              flow run hello            run a workflow of the catalog
              flow show @latest         what became of it
              flow help run             how to use a command

            commands:

            """
        let width = commands.map(\.name.count).max() ?? 0
        for command in commands {
            text += "  \(command.name)\(pad(command.name, width))  \(command.summary)\n"
        }
        text += "\ntopics: flow help language, kinds, functions, exit-codes, environment\n"
        try StandardStream.output.write(text)
    }

    static func command(_ command: CommandSpec) throws {
        var text = "\(command.summary)\n\nusage: flow \(command.name)"
        if !command.arguments.isEmpty { text += " \(command.arguments)" }
        text += " [OPTIONS]\n\nexamples:\n"
        for example in command.examples { text += "  \(example.line)\n      \(example.summary)\n" }
        if !command.discussion.isEmpty { text += "\n\(command.discussion)\n" }
        text += "\noptions:\n"
        let options = command.options + ArgumentParser.common
        let labels = options.map { option in
            let short = option.short.map { "-\($0), " } ?? "    "
            return "\(short)--\(option.name)\(option.value.map { " \($0)" } ?? "")"
        }
        let width = labels.map(\.count).max() ?? 0
        for (option, label) in zip(options, labels) {
            text += "  \(label)\(pad(label, width))  \(option.summary)\n"
        }
        try StandardStream.output.write(text)
    }

    static func exitCodes() throws {
        var text = "exit codes:\n"
        for (code, meaning) in ExitCode.table {
            let number = String(code.rawValue)
            text += "  \(pad(number, 3))\(number)  \(meaning)\n"
        }
        try StandardStream.output.write(text)
    }

    static func environment() throws {
        try StandardStream.output.write(
            """
            environment:
              FLOW_STORE_DIR   the store's folder, where --store is not given
              FLOW_WORKFLOWS   folders of workflows, separated by colons
              FLOW_HOME        tools, models, config.yaml and secrets (~/.local/share/flow)
              FLOW_MODEL       a model of flow.yaml or of `flow model list`, or the path of a GGUF file
              FLOW_MODEL_URL   an OpenAI-compatible endpoint instead of the local model
              FLOW_MODEL_KEY   its key
              FLOW_SECRET_KEY  the key of the secrets: 64 hexadecimal digits, instead of a file
              NO_COLOR         no colours; CLICOLOR_FORCE: colours also off a terminal
              CI               one thread for the local model

            """)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count))
    }
}
