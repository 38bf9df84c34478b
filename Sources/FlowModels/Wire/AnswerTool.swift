// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// A schema asked for as a tool that has to be used, for services that have no other way to ask for JSON, or none
/// beside other tools.
package struct AnswerTool: Sendable, Hashable {
    package let spec: ToolSpec
    /// Whether the value stands under a key of its own, because the arguments of tools are objects.
    private let isWrapped: Bool

    private static let key = "answer"

    /// The tool for a schema, under a name that none of the others has.
    init(schema: JSONValue, beside others: [ToolSpec]) {
        var name = "final_answer"
        while others.contains(where: { $0.name == name }) { name += "_" }
        let alternatives = ["oneOf", "anyOf", "allOf", "enum", "not"]
        isWrapped = schema["type"]?.stringValue != "object" || alternatives.contains { schema[$0] != nil }
        spec = ToolSpec(
            name: name, description: "Gives the final answer. Use it once, when all else is done.",
            parameters: isWrapped
                ? [
                    "type": "object", "properties": [Self.key: schema], "required": [.string(Self.key)],
                    "additionalProperties": false,
                ] : schema)
    }

    /// The answer as text, from the arguments of the call.
    func text(of arguments: JSONValue) -> String {
        if case .string(let text) = arguments { return text }
        return (isWrapped ? arguments[Self.key] ?? arguments : arguments).jsonText()
    }
}
