// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// `approval:` a gate that a person opens or closes. Holds no slot and blocks only what depends on it.
public struct ApprovalKind: InstantKind {
    public let name = "approval"
    public let summary = "A question to people; what depends on it waits for the answer."
    public let body = FieldType.oneOf([
        .string,
        .object(Self.keys),
    ])
    private let now: @Sendable () -> Timestamp

    private static let keys =
        [
            FieldSchema("prompt", .string, required: true, "The question."),
            FieldSchema("show", .any, "What the person is shown: a list, or a mapping of names to values."),
            FieldSchema("deadline", .duration(allowsZero: false), "How long an answer is awaited."),
            FieldSchema(
                "on_deadline", .choice(ApprovalRequest.DeadlineAction.allCases.map(\.rawValue)), templates: false,
                fallback: "reject", "What happens when nobody answers in time."),
        ] + WorkflowSchema.approvalAnswers

    /// The kind, with the clock that deadlines count from.
    public init(now: @escaping @Sendable () -> Timestamp = { WallClock.now }) { self.now = now }

    /// The fields that a node's form has, as its text says them.
    private static func form(of node: NodeDefinition) -> [InputDefinition] {
        guard case .literal(let form)? = node.body.bodyMember("form"), let members = form.objectValue else { return [] }
        return members.compactMap { InputDefinition(name: $0.key, json: $0.value) }
    }

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for field in Self.form(of: node) {
            if field.kind == .file || field.kind == .files {
                found.append(
                    Diagnostic(
                        .badNode, "the field `\(field.name)` of the form takes a file, and an answer has none",
                        at: node.bodySpan, help: ["ask for the file as an input of the workflow"]))
            }
            if !DocumentReader.isIdentifier(field.name) {
                found.append(
                    Diagnostic(
                        .badIdentifier, "`\(field.name)` cannot name a field of a form", at: node.bodySpan,
                        help: ["write a small letter, then letters, digits and `_`"]))
            }
            if let pattern = field.pattern, let problem = InputBinder.problem(ofPattern: pattern) {
                found.append(
                    Diagnostic(
                        .badInput, "the pattern of the field `\(field.name)` cannot be used", at: node.bodySpan,
                        label: problem))
            }
            if let value = field.fallback, !value.isNull, let problem = InputBinder.problem(with: value, for: field) {
                found.append(
                    Diagnostic(
                        .badInput, "the default of the field `\(field.name)` does not fit it: \(problem)",
                        at: node.bodySpan))
            }
        }
        if case .literal(.array(let approvers))? = node.body.bodyMember("approvers"), !approvers.isEmpty,
            case .literal(.integer(let quorum))? = node.body.bodyMember("quorum"), quorum > Int64(approvers.count)
        {
            found.append(
                Diagnostic(
                    .outOfRange, "\(quorum) people have to agree, and only \(approvers.count) may answer",
                    at: node.bodySpan))
        }
        return found
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        let form = Self.form(of: node)
        let values: ValueType =
            form.isEmpty
            ? .anyObject
            : .object(
                Dictionary(form.map { ($0.name, $0.valueType) }, uniquingKeysWith: { first, _ in first }), open: false)
        return .object(["decision": .string, "by": .string, "comment": .string, "values": values], open: false)
    }

    public func outcome(_ context: NodeContext) -> NodeOutcome {
        let body = context.body
        let prompt = body.stringValue ?? body["prompt"]?.stringValue ?? ""
        var show = JSONObject()
        switch body["show"] {
        case .object(let members)?: show = members
        case .array(let values)?:
            for (place, value) in values.enumerated() { show[String(place + 1)] = value }
        case let value? where !value.isNull: show["1"] = value
        default: break
        }
        var deadline: Timestamp?
        if let text = body["deadline"]?.stringValue {
            guard let length = Milliseconds(parsing: text) else {
                return .failed(NodeFailure(.badData, "`\(text)` is not a duration"))
            }
            deadline = now().advanced(by: length)
        }
        let action = body["on_deadline"]?.stringValue.flatMap(ApprovalRequest.DeadlineAction.init(rawValue:))
        var request = ApprovalRequest(
            prompt: prompt, show: show, deadline: deadline, onDeadline: action ?? .reject,
            form: body["form"]?.objectValue ?? JSONObject(),
            approvers: body["approvers"]?.arrayValue?.map(\.plainText) ?? [],
            quorum: body["quorum"]?.integerValue.map { Int(clamping: $0) } ?? 1,
            requiresFeedback: body["require_feedback"]?.boolValue ?? false, rewindTo: body["rewind_to"]?.stringValue)
        if context.approvesAll { return passed(request, context) }
        if body["distinct_from_submitter"]?.boolValue == true, let submitter = context.submitter {
            request.barred = [submitter]
        }
        return .waiting(
            .approval(context.approvals.completed(request, submitter: context.submitter, at: now())))
    }

    /// What the node puts out where nobody is asked. A form that somebody has to fill in cannot be passed.
    private func passed(_ request: ApprovalRequest, _ context: NodeContext) -> NodeOutcome {
        let who = context.approvals.mode == .none ? "approval mode `none`" : "auto_approve"
        var decision = ApprovalDecision(approved: true, by: who, at: now())
        if let problem = request.complete(&decision) {
            return .failed(NodeFailure(.badData, "nobody is asked in this run, and \(problem)"))
        }
        return .succeeded(NodeResult(outputs: request.outputs(of: decision)))
    }
}
