// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension WorkflowSchema {
    private static let actions = ApprovalRequest.DeadlineAction.allCases.map(\.rawValue)

    /// The keys of `approvals:` of a workflow.
    public static let approvals: [FieldSchema] = [
        FieldSchema(
            "mode", .choice(ApprovalPolicy.names), templates: false, fallback: "custom with checkpoints, else ask",
            "At which checkpoints people are asked; also the name of a preset."),
        FieldSchema(
            "checkpoints", .list(.object(approvalCheckpoint)), templates: false, "The checkpoints of the mode custom."),
        FieldSchema(
            "timeout", .duration(allowsZero: false), templates: false, fallback: "for as long as it takes",
            "How long an answer is awaited, where the question does not say."),
        FieldSchema(
            "on_timeout", .choice(actions), templates: false, fallback: "reject",
            "What happens when nobody answers in time."),
        FieldSchema(
            "require_feedback", .boolean, templates: false, fallback: "false", "Whether a no has to say why."),
        FieldSchema(
            "auto_approve", .list(.string), templates: false,
            "What is not asked about: patterns such as `look_*`, `kind:sql`, `tool:read_file`."),
        FieldSchema("approvers", .list(.string), templates: false, fallback: "anybody", "Who may answer."),
        FieldSchema(
            "quorum", .integer(1...100), templates: false, fallback: "1",
            "How many people have to say the same; one is enough to say no."),
        FieldSchema(
            "distinct_from_submitter", .boolean, templates: false, fallback: "false",
            "Whether who started the run may not answer."),
    ]

    static let approvalCheckpoint: [FieldSchema] = [
        FieldSchema(
            "at", .choice(["after_planning", "before_step", "on_error", "manual_pause", "custom"]), templates: false,
            fallback: "custom", "When; `custom` is before any node that the rule names."),
        FieldSchema("nodes", .list(.string), templates: false, fallback: "all", "Patterns for ids of nodes."),
        FieldSchema("kinds", .list(.string), templates: false, fallback: "all", "Kinds of nodes."),
        FieldSchema("prompt", .string, templates: false, "The question."),
    ]

    /// The keys of `approval:` of a node, beside its question.
    static let approvalAnswers: [FieldSchema] = [
        FieldSchema(
            "form", .map(.object(input)), templates: false, "What is filled in, as `inputs` of a workflow; no files."),
        FieldSchema("approvers", .list(.string), "Who may answer; by default anybody."),
        FieldSchema(
            "quorum", .integer(1...100), templates: false, fallback: "1",
            "How many people have to say yes; one is enough to say no."),
        FieldSchema(
            "distinct_from_submitter", .boolean, templates: false, fallback: "false",
            "Whether who started the run may not answer."),
        FieldSchema(
            "require_feedback", .boolean, templates: false, fallback: "false", "Whether a no has to say why."),
        FieldSchema("rewind_to", .identifier, templates: false, "The earlier node that `send_back` goes to."),
    ]
}
