// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// `approval:` a gate that a person opens or closes. Holds no slot and blocks only what depends on it.
public struct ApprovalKind: NodeKind {
    public let name = "approval"
    public let summary = "A question to people; what depends on it waits for the answer."
    public let body = FieldType.oneOf([
        .string,
        .object([
            FieldSchema("prompt", .string, required: true, "The question."),
            FieldSchema("show", .any, "What the person is shown: a list, or a mapping of names to values."),
            FieldSchema("deadline", .duration(allowsZero: false), "How long an answer is awaited."),
            FieldSchema(
                "on_deadline", .choice(ApprovalRequest.DeadlineAction.allCases.map(\.rawValue)), templates: false,
                fallback: "reject", "What happens when nobody answers in time."),
        ]),
    ])
    public let usesSlot = false
    private let now: @Sendable () -> Timestamp

    /// The kind, with the clock that deadlines count from.
    public init(now: @escaping @Sendable () -> Timestamp = { WallClock.now }) { self.now = now }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        .object(["decision": .string, "by": .string, "comment": .string], open: false)
    }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        if context.approvesAll {
            var outputs = JSONObject()
            outputs["decision"] = "approved"
            outputs["by"] = "approval mode `none`"
            outputs["comment"] = ""
            return .succeeded(NodeResult(outputs: outputs))
        }
        let prompt = context.body.stringValue ?? context.body["prompt"]?.stringValue ?? ""
        var show = JSONObject()
        switch context.body["show"] {
        case .object(let members)?: show = members
        case .array(let values)?:
            for (place, value) in values.enumerated() { show[String(place + 1)] = value }
        case let value? where !value.isNull: show["1"] = value
        default: break
        }
        var deadline: Timestamp?
        if let text = context.body["deadline"]?.stringValue {
            guard let length = Milliseconds(parsing: text) else {
                return .failed(NodeFailure(.badData, "`\(text)` is not a duration"))
            }
            deadline = now().advanced(by: length)
        }
        let action = context.body["on_deadline"]?.stringValue
            .flatMap(ApprovalRequest.DeadlineAction.init(rawValue:))
        return .waiting(
            .approval(
                ApprovalRequest(prompt: prompt, show: show, deadline: deadline, onDeadline: action ?? .reject)))
    }
}
