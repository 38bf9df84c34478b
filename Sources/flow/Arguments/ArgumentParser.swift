// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// Reads the words of a command line into an invocation.
struct ArgumentParser {
    /// Options that every command takes.
    static let common: [OptionSpec] = [
        .flag("help", short: "h", "Show help for the command."),
        .flag("json", "Print JSON on the standard output."),
        .flag("no-color", "Print without colours."),
        .option("store", "DIR", "The store's folder; by default the nearest .flow upwards from here."),
    ]

    var command: CommandSpec

    func parse(_ words: [String]) throws(CommandFailure) -> Invocation {
        var invocation = Invocation(command: command)
        let options = command.options + Self.common
        var rest = words[...]
        var onlyPositionals = false
        while let word = rest.popFirst() {
            if onlyPositionals || word == "-" || !word.hasPrefix("-") {
                invocation.positionals.append(word)
            } else if word == "--" {
                onlyPositionals = true
            } else {
                try read(word, options: options, rest: &rest, into: &invocation)
            }
        }
        if !invocation.flag("help") { try checkPositionals(invocation) }
        return invocation
    }

    private func read(
        _ word: String, options: [OptionSpec], rest: inout ArraySlice<String>, into invocation: inout Invocation
    ) throws(CommandFailure) {
        let isLong = word.hasPrefix("--")
        let body = word.dropFirst(isLong ? 2 : 1)
        let equals = body.firstIndex(of: "=")
        let name = String(equals.map { body[..<$0] } ?? body)
        let attached = equals.map { String(body[body.index(after: $0)...]) }
        guard let option = options.first(where: { isLong ? $0.name == name : $0.short.map(String.init) == name }) else {
            let near = Spelling.nearest(to: name, among: options.map(\.name))
            throw CommandFailure(
                .usage, "unknown option `\(isLong ? "--" : "-")\(name)`",
                help: near.map { ["did you mean `--\($0)`?"] } ?? ["see `flow \(command.name) --help`"])
        }
        guard let valueName = option.value else {
            if attached != nil { throw CommandFailure(.usage, "--\(option.name) takes no value") }
            invocation.flags.insert(option.name)
            return
        }
        guard let value = attached ?? rest.popFirst() else {
            throw CommandFailure(.usage, "--\(option.name) needs a value: \(valueName)")
        }
        if !option.isRepeated, invocation.values[option.name] != nil {
            throw CommandFailure(.usage, "--\(option.name) is given twice")
        }
        invocation.values[option.name, default: []].append(value)
    }

    private func checkPositionals(_ invocation: Invocation) throws(CommandFailure) {
        let words = command.arguments.split(separator: " ")
        let required = words.filter { !$0.hasPrefix("[") }
        let isOpen = command.arguments.contains("...")
        if invocation.positionals.count < required.count {
            throw CommandFailure(
                .usage, "`flow \(command.name)` needs \(required[invocation.positionals.count])",
                help: ["usage: flow \(command.name) \(command.arguments)"])
        }
        if !isOpen, invocation.positionals.count > words.count {
            throw CommandFailure(
                .usage, "unexpected argument `\(invocation.positionals[words.count])`",
                help: ["usage: flow \(command.name) \(command.arguments)"])
        }
    }
}
