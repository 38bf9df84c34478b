// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// `switch:` chooses which nodes go on by a value. The compiler gives each node that a case names a need on the switch
/// and a condition; this kind only says which case holds.
public struct SwitchKind: InstantKind {
    public let name = "switch"
    public let summary = "Chooses by a value which nodes go on; the others are skipped."
    public let body = FieldType.any
    public let fields = [
        FieldSchema(
            "cases", .map(.oneOrMany(.string)), required: true, templates: false,
            "The nodes that go on: value to node, or to a list of nodes."),
        FieldSchema(
            "default", .oneOrMany(.string), templates: false,
            "The nodes that go on when no case fits; without it, such a value fails the node."),
    ]

    /// The kind.
    public init() {}

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        guard case .literal(.object(let cases))? = node.field("cases"), cases.isEmpty else { return [] }
        return [
            Diagnostic(
                .badNode, "the `switch` has no cases", at: node.bodySpan,
                help: ["write `cases: {VALUE: NODE}`"])
        ]
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        .object(["case": .string, "value": .any], open: false)
    }

    public func outcome(_ context: NodeContext) -> NodeOutcome {
        let value = context.body.plainText
        var outputs = JSONObject()
        outputs["value"] = context.body
        if context.fields["cases"]?[value] != nil {
            outputs["case"] = .string(value)
        } else if context.fields["default"] != nil {
            outputs["case"] = "default"
        } else {
            let cases = context.fields["cases"]?.objectValue?.keys.joined(separator: ", ") ?? ""
            return .failed(
                NodeFailure(.badData, "no case fits the value `\(value)`; there are \(cases), and no `default`"))
        }
        return .succeeded(NodeResult(outputs: outputs))
    }
}
