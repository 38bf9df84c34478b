// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// A mode of the catalog as text and as JSON.
struct ModeText {
    var mode: Mode

    init(_ mode: Mode) { self.mode = mode }

    // MARK: Text

    var text: String {
        var text = mode.icon.map { "\($0) \(mode.name)\n" } ?? "\(mode.name)\n"
        text += rows([
            ("title", mode.title ?? ""), ("description", mode.description ?? ""),
            ("category", mode.category ?? ""), ("engine", mode.engine ?? ""), ("version", mode.version ?? ""),
            ("tags", mode.tags.joined(separator: ", ")),
            ("estimate", estimate),
            ("limits", limits), ("agents", mode.agents?.joined(separator: ", ") ?? "any"), ("file", mode.path),
            ("faults", mode.isValid ? "" : "cannot be run: flow validate \(ShellWord.quoted(mode.path))"),
        ])
        if !mode.inputs.isEmpty { text += "\ninputs\n" + rows(mode.inputs.map { ($0.name, words(on: $0)) }) }
        if !mode.outputs.isEmpty {
            text += "\noutputs\n"
            text += rows(
                mode.outputs.map { ($0.name, $0.type.rawValue + ($0.goal.map { ", goal \($0.rawValue)" } ?? "")) })
        }
        if !mode.gates.isEmpty { text += "\nasks people\n" + rows(mode.gates.map { ($0.node, $0.prompt) }) }
        if !mode.examples.isEmpty {
            text += "\nexamples\n"
            for example in mode.examples { text += "  \(example.name)\n    \(commandLine(example))\n" }
        }
        if !mode.tips.isEmpty { text += "\ntips\n" + mode.tips.map { "  - \(Self.line($0))\n" }.joined() }
        return text
    }

    private func rows(_ rows: [(String, String)]) -> String {
        let width = rows.lazy.filter { !$0.1.isEmpty }.map(\.0.count).max() ?? 0
        return rows.filter { !$0.1.isEmpty }.map { name, value in
            "  \(name)\(String(repeating: " ", count: width - name.count))  \(Self.line(value))\n"
        }.joined()
    }

    /// On one line.
    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private var estimate: String {
        [mode.estimate.time, mode.estimate.dollars.map { "USD \($0)" }].compactMap { $0 }.joined(separator: ", ")
    }

    private var limits: String {
        var parts: [String] = []
        if let budget = mode.budget {
            if let dollars = budget.dollars { parts.append("USD \(JSONValue.number(dollars).jsonText())") }
            if let tokens = budget.tokens { parts.append("\(tokens) tokens") }
            if let time = budget.time { parts.append(time.description) }
            if !parts.isEmpty { parts.append("then \(budget.onExceed.rawValue)") }
        }
        if let most = mode.maxParallel { parts.append("\(most) nodes at a time") }
        return parts.joined(separator: ", ")
    }

    /// Type, choices, bounds and default of an input, then what it is for.
    private func words(on input: InputDefinition) -> String {
        var parts = [input.kind.rawValue]
        if input.required { parts.append("required") }
        if !input.choices.isEmpty { parts.append(input.choices.map(Self.plain).joined(separator: " | ")) }
        if !input.accept.isEmpty { parts.append(input.accept.joined(separator: " ")) }
        switch (input.minimum, input.maximum) {
        case (let least?, let most?): parts.append("\(Self.number(least)) to \(Self.number(most))")
        case (let least?, nil): parts.append("from \(Self.number(least))")
        case (nil, let most?): parts.append("up to \(Self.number(most))")
        default: break
        }
        if let least = input.minItems { parts.append("at least \(least)") }
        if let most = input.maxItems { parts.append("at most \(most)") }
        if let fallback = input.fallback, !fallback.isNull {
            parts.append("default \(Self.plain(fallback).isEmpty ? "empty" : Self.plain(fallback))")
        }
        let purpose = [input.label, input.help].compactMap { $0 }.joined(separator: ". ")
        return parts.joined(separator: ", ") + (purpose.isEmpty ? "" : ": \(purpose)")
    }

    private static func plain(_ value: JSONValue) -> String { value.stringValue ?? value.jsonText(.compact) }

    private static func number(_ value: Double) -> String { JSONValue.number(value).jsonText() }

    /// The command that starts an example.
    private func commandLine(_ example: Mode.Example) -> String {
        var words = ["flow", "run", mode.name]
        for member in example.inputs {
            let kind = mode.inputs.first { $0.name == member.key }?.kind
            let isFile = kind == .file || kind == .files
            let values = member.value.arrayValue.flatMap { isFile ? $0 : nil } ?? [member.value]
            for value in values {
                words += ["--input", ShellWord.quoted("\(member.key)=\(isFile ? "@" : "")\(Self.plain(value))")]
            }
        }
        return words.joined(separator: " ")
    }

    // MARK: JSON

    /// A row of a list.
    var summary: JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        var object = JSONObject()
        object["name"] = .string(mode.name)
        object["title"] = .string(mode.title ?? mode.description ?? "")
        object["description"] = text(mode.description)
        object["version"] = text(mode.version)
        object["path"] = .string(mode.path)
        object["ok"] = .bool(mode.isValid)
        object["isMode"] = .bool(mode.isMode)
        object["category"] = text(mode.category)
        object["engine"] = text(mode.engine)
        object["icon"] = text(mode.icon)
        object["tags"] = .array(mode.tags.map { .string($0) })
        object["estimate"] = ["time": text(mode.estimate.time), "usd": text(mode.estimate.dollars)]
        object["inputs"] = .array(mode.inputs.map(Self.json))
        object["outputs"] = .array(
            mode.outputs.map { output in
                [
                    "name": .string(output.name), "type": .string(output.type.rawValue),
                    "goal": text(output.goal?.rawValue),
                ]
            })
        object["limits"] = [
            "usd": mode.budget?.dollars.map { .number($0) } ?? .null,
            "tokens": mode.budget?.tokens.map { .integer(Int64($0)) } ?? .null,
            "time": text(mode.budget?.time?.description), "onExceed": text(mode.budget?.onExceed.rawValue),
            "maxParallel": mode.maxParallel.map { .integer(Int64($0)) } ?? .null,
        ]
        object["agents"] = mode.agents.map { .array($0.map { .string($0) }) } ?? .null
        object["examples"] = .array(
            mode.examples.map { example in
                [
                    "name": .string(example.name), "inputs": .object(example.inputs),
                    "command": .string(commandLine(example)),
                ]
            })
        object["tips"] = .array(mode.tips.map { .string($0) })
        return object
    }

    /// All that is known, the gates of sub-workflows among it.
    var json: JSONObject {
        var object = summary
        object["gates"] = .array(
            mode.gates.map { gate in
                [
                    "node": .string(gate.node), "title": gate.title.map { .string($0) } ?? .null,
                    "prompt": .string(gate.prompt),
                ]
            })
        return object
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
        if !input.accept.isEmpty { object["accept"] = .array(input.accept.map { .string($0) }) }
        object["min"] = input.minimum.map { .number($0) }
        object["max"] = input.maximum.map { .number($0) }
        object["pattern"] = input.pattern.map { .string($0) }
        return .object(object)
    }
}
