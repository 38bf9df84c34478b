// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowExchange

/// Explanations of codes as texts.
enum ExplanationText {
    /// All that can be explained, in the order of the codes.
    static var all: [Explanation] {
        (Explanation.all + Explanation.exchange).sorted { $0.code.description < $1.code.description }
    }

    /// For a terminal.
    static func terminal(_ explanation: Explanation) -> String {
        var text = "\(explanation.code): \(explanation.title)\n\n\(explanation.why)\n"
        if let bad = explanation.bad {
            text += "\nthis has the fault:\n\n\(indented(bad))"
            if let given = explanation.given { text += "\nstarted by: \(start(given))\n" }
            text += "\nthis has not:\n\n"
        } else {
            text += "\nthis does not have the fault:\n\n"
        }
        text += indented(explanation.good)
        if let part = explanation.part { text += "\nwith `part.yaml`:\n\n\(indented(part))" }
        if let agent = explanation.agent { text += "\nwith the agent:\n\n\(indented(agent))" }
        return text
    }

    /// All of them, as a page of the documentation.
    static var page: String {
        var text = "# Faults\n\nMade by `flow explain --markdown`. `flow explain CODE` shows one of them.\n\n"
        text += "| code | what is wrong |\n|---|---|\n"
        for explanation in all {
            text += "| [\(explanation.code)](#\(explanation.code.description.lowercased())) | \(explanation.title) |\n"
        }
        for explanation in all { text += "\n" + section(explanation) }
        return text
    }

    private static func section(_ explanation: Explanation) -> String {
        let head = explanation.title.prefix(1).uppercased() + explanation.title.dropFirst()
        var text = "## \(explanation.code)\n\n\(head). \(explanation.why)\n"
        if let part = explanation.part { text += "\nWith `part.yaml`:\n\n```text\n\(part)```\n" }
        if let agent = explanation.agent { text += "\nWith the agent:\n\n```yaml\n\(agent)```\n" }
        if let bad = explanation.bad {
            // What is only wrong when it is started, or shows bytes by their numbers, is no invalid file by itself.
            let info =
                explanation.isEscaped || explanation.part != nil || explanation.isForeign
                ? "text" : explanation.given == nil ? "yaml invalid \(explanation.code)" : "yaml"
            text += "\nWrong:\n\n```\(info)\n\(bad)```\n"
            if let given = explanation.given { text += "\nstarted by `\(start(given))`\n" }
        }
        return text + "\nRight:\n\n```yaml\n\(explanation.good)```\n"
    }

    static func json(_ explanation: Explanation) -> JSONObject {
        var object = JSONObject()
        object["code"] = .string(explanation.code.description)
        object["title"] = .string(explanation.title)
        object["why"] = .string(explanation.paragraph)
        object["bad"] = explanation.bad.map { .string($0) } ?? .null
        object["good"] = .string(explanation.good)
        if let given = explanation.given { object["inputs"] = given }
        if let part = explanation.part { object["part"] = .string(part) }
        if let agent = explanation.agent { object["agent"] = .string(agent) }
        return object
    }

    private static func start(_ given: JSONValue) -> String {
        let inputs = (given.objectValue?.members ?? []).map { " --input \($0.key)=\($0.value.stringValue ?? "")" }
        return "flow run FILE" + inputs.joined()
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
            $0.isEmpty ? "\n" : "    \($0)\n"
        }
        .joined()
    }
}
