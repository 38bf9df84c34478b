// SPDX-License-Identifier: Apache-2.0

/// An option of a command.
struct OptionSpec: Sendable {
    var name: String
    var short: Character?
    /// What the value stands for, such as `FILE`; nil for a flag.
    var value: String?
    var isRepeated: Bool
    var summary: String

    static func flag(_ name: String, short: Character? = nil, _ summary: String) -> OptionSpec {
        OptionSpec(name: name, short: short, value: nil, isRepeated: false, summary: summary)
    }

    static func option(
        _ name: String, short: Character? = nil, _ value: String, repeated: Bool = false, _ summary: String
    ) -> OptionSpec {
        OptionSpec(name: name, short: short, value: value, isRepeated: repeated, summary: summary)
    }
}

/// A command of the program: what it takes, what help says, and what it does.
struct CommandSpec: Sendable {
    /// The words that choose it: `run`, or `model install`.
    var name: String
    var summary: String
    /// What follows the name, such as `WORKFLOW [NODE]`. Upper-case words outside brackets are required.
    var arguments: String = ""
    var options: [OptionSpec] = []
    /// Longer text for `--help`.
    var discussion: String = ""
    /// Command lines, each with a word on what it does.
    var examples: [(line: String, summary: String)]
    var run: @Sendable (Invocation) async throws -> ExitCode
}

/// A command line that fits its command.
struct Invocation: Sendable {
    var command: CommandSpec
    var positionals: [String] = []
    var values: [String: [String]] = [:]
    var flags: Set<String> = []

    func flag(_ name: String) -> Bool { flags.contains(name) }
    func value(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// A required argument; its absence was refused before.
    func argument(_ index: Int) -> String { positionals.indices.contains(index) ? positionals[index] : "" }
    func optionalArgument(_ index: Int) -> String? { positionals.indices.contains(index) ? positionals[index] : nil }

    /// The value of an option as a whole number of at least `minimum`.
    func integer(_ name: String, minimum: Int) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), number >= minimum else {
            throw CommandFailure(.usage, "--\(name) takes a whole number from \(minimum), not `\(text)`")
        }
        return number
    }

    /// The value of an option as one of several words.
    func choice(_ name: String, _ words: [String]) throws(CommandFailure) -> String? {
        guard let text = value(name) else { return nil }
        guard words.contains(text) else {
            throw CommandFailure(.usage, "--\(name) takes \(words.joined(separator: ", ")), not `\(text)`")
        }
        return text
    }
}
