// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a person chose when starting a run; kept with the inputs.
public struct RunOptions: Sendable, Hashable {
    /// When people are asked; `ask` leaves it to the workflow.
    public typealias ApprovalMode = ApprovalPolicy.Mode

    /// The most nodes at the same time; nil leaves it to the workflow and the engine.
    public var maxParallel: Int?
    public var approval: ApprovalMode
    /// When people are asked, all that can be said of it: goes before the workflow and `approval`.
    public var policy: ApprovalPolicy?
    /// Who started the run.
    public var startedBy: String?
    /// What people have said of the task, for all agents.
    public var feedback: [NodeFeedback] = []
    /// The run whose calls answer those of this one; nil when they are made.
    public var tape: String?
    /// How many runs the run is a part of: 0 for what a person started.
    var depth = 0
    /// The run that this one is a part of, and the node there that stands for it.
    var parent: String?
    var parentNode: String?
    /// The session that the run belongs to.
    public var session: String?
    /// What the run was expected to cost.
    public var estimate: RunEstimate?
    /// Whether it starts although it is expected to cost more than budgets leave; not kept.
    public var ignoresEstimate = false
    /// The concurrency group.
    var group: String?

    /// The given choices.
    public init(maxParallel: Int? = nil, approval: ApprovalMode = .ask) {
        self.maxParallel = maxParallel
        self.approval = approval
    }

    /// The choices as JSON.
    public var json: JSONValue {
        var object = JSONObject()
        object["max_parallel"] = maxParallel.map { .integer(Int64($0)) }
        object["approval"] = .string(approval.rawValue)
        object["policy"] = policy?.json
        object["started_by"] = startedBy.map { .string($0) }
        if !feedback.isEmpty {
            object["feedback"] = .array(feedback.map { ["by": .string($0.by), "text": .string($0.text)] })
        }
        if depth > 0 { object["depth"] = .integer(Int64(depth)) }
        object["parent"] = parent.map { .string($0) }
        object["parent_node"] = parentNode.map { .string($0) }
        object["session"] = session.map { .string($0) }
        object["estimate"] = estimate?.json
        object["group"] = group.map { .string($0) }
        object["tape"] = tape.map { .string($0) }
        return .object(object)
    }

    /// The choices of a JSON object that `json` made; what is missing is as by default.
    public init(json: JSONValue) {
        maxParallel = json["max_parallel"]?.integerValue.map { Int(clamping: $0) }
        approval = json["approval"]?.stringValue.flatMap(ApprovalMode.init(rawValue:)) ?? .ask
        policy = json["policy"].flatMap(ApprovalPolicy.init(json:))
        startedBy = json["started_by"]?.stringValue
        feedback = (json["feedback"]?.arrayValue ?? []).map {
            NodeFeedback(by: $0["by"]?.stringValue ?? "", text: $0["text"]?.stringValue ?? "")
        }
        depth = json["depth"]?.integerValue.map { Int(clamping: $0) } ?? 0
        parent = json["parent"]?.stringValue
        parentNode = json["parent_node"]?.stringValue
        session = json["session"]?.stringValue
        estimate = json["estimate"].flatMap(RunEstimate.init(json:))
        group = json["group"]?.stringValue
        tape = json["tape"]?.stringValue
    }

    /// When people are asked in a run of a workflow.
    public func policy(of definition: WorkflowDefinition) -> ApprovalPolicy {
        if let policy { return policy }
        var policy = definition.approvals ?? .standard
        if approval != .ask { policy.mode = approval }
        return policy
    }
}
