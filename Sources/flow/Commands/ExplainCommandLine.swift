// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow explain`: what a code means, with a workflow that has the fault and one that has not.
enum ExplainCommandLine {
    static let spec = CommandSpec(
        name: "explain", summary: "Explain a fault by its code", arguments: "[CODE]",
        options: [.flag("markdown", "Print all explanations as a page.")],
        discussion: "Without a code, all are listed.",
        examples: [
            ("flow explain F0303", "why it is a fault, a bad and a good example"),
            ("flow explain", "the codes, each with a few words"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        if invocation.flag("markdown") {
            try Output.text(ExplanationText.page)
            return .done
        }
        guard let word = invocation.optionalArgument(0) else {
            if invocation.flag("json") {
                var object = JSONObject()
                object["codes"] = .array(ExplanationText.all.map { .object(ExplanationText.json($0)) })
                try Output.json(object)
            } else {
                try Output.text(ExplanationText.all.map { "\($0.code)  \($0.title)\n" }.joined())
            }
            return .done
        }
        let explanation = try explanation(word)
        if invocation.flag("json") {
            try Output.json(ExplanationText.json(explanation))
        } else {
            try Output.text(ExplanationText.terminal(explanation))
        }
        return .done
    }

    private static func explanation(_ word: String) throws(CommandFailure) -> Explanation {
        // `error[F0201]` is what people copy.
        let inner = word.split(separator: "[").last.map { $0.prefix { $0 != "]" } } ?? ""
        let code = inner.uppercased()
        if let explanation = ExplanationText.all.first(where: { $0.code.description == code }) { return explanation }
        let codes = ExplanationText.all.map(\.code.description)
        let near = Spelling.nearest(to: code, among: codes)
        throw CommandFailure(
            .usage, "there is no code `\(word)`",
            help: near.map { ["did you mean `flow explain \($0)`?"] } ?? ["`flow explain` lists them"])
    }
}
