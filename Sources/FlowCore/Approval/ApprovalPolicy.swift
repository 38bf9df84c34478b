// SPDX-License-Identifier: Apache-2.0

/// When people are asked in a run, beside what `approval:` nodes ask: `approvals:` of a workflow, or `--approval`.
public struct ApprovalPolicy: Sendable, Hashable {
    /// At which checkpoints the run asks.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// `approval:` nodes ask, and nothing else does.
        case ask
        /// Nobody is asked: `approval:` nodes pass by themselves.
        case none
        case afterPlanning = "after_planning"
        case beforeEachStep = "before_each_step"
        case onError = "on_error"
        /// After a person has paused the run.
        case manual
        /// Where the rules say so.
        case custom
    }

    /// A well-known choice by its name.
    public enum Preset: String, Sendable, Hashable, CaseIterable {
        case autonomous
        case reviewPlan = "review_plan"
        case stepByStep = "step_by_step"
        case errorRecovery = "error_recovery"

        /// What the name stands for.
        public var policy: ApprovalPolicy {
            switch self {
            case .autonomous: ApprovalPolicy(mode: .none)
            case .reviewPlan: ApprovalPolicy(mode: .afterPlanning, requiresFeedback: true)
            case .stepByStep: ApprovalPolicy(mode: .beforeEachStep)
            case .errorRecovery: ApprovalPolicy(mode: .onError)
            }
        }
    }

    /// A checkpoint of the mode `custom`.
    public struct Rule: Sendable, Hashable {
        public var at: ApprovalCheckpoint
        /// Patterns for the ids of nodes; none means all.
        public var nodes: [NamePattern]
        /// Kinds of nodes; none means all.
        public var kinds: [String]
        /// The question; nil for the usual one.
        public var prompt: String?

        /// A rule.
        public init(at: ApprovalCheckpoint, nodes: [NamePattern] = [], kinds: [String] = [], prompt: String? = nil) {
            self.at = at
            self.nodes = nodes
            self.kinds = kinds
            self.prompt = prompt
        }

        func isAbout(_ node: NodeDefinition) -> Bool {
            (nodes.isEmpty || nodes.contains { $0.matches(node.id) })
                && (kinds.isEmpty || kinds.contains(node.kind))
        }
    }

    /// A question that has to be answered first.
    public struct Gate: Sendable, Hashable {
        public var checkpoint: ApprovalCheckpoint
        public var prompt: String?
    }

    public var mode: Mode
    public var rules: [Rule]
    /// How long an answer is awaited; nil for as long as it takes.
    public var timeout: Milliseconds?
    public var onTimeout: ApprovalRequest.DeadlineAction
    public var requiresFeedback: Bool
    /// What is not asked about: ids of nodes, `kind:KIND`, `tool:TOOL`.
    public var autoApprove: [NamePattern]
    public var approvers: [String]
    public var quorum: Int
    /// Whether who started the run may not answer.
    public var isDistinct: Bool

    /// `approval:` nodes ask, and nothing else does.
    public static let standard = ApprovalPolicy(mode: .ask)

    /// A policy.
    public init(
        mode: Mode, rules: [Rule] = [], timeout: Milliseconds? = nil,
        onTimeout: ApprovalRequest.DeadlineAction = .reject, requiresFeedback: Bool = false,
        autoApprove: [NamePattern] = [], approvers: [String] = [], quorum: Int = 1, isDistinct: Bool = false
    ) {
        self.mode = mode
        self.rules = rules
        self.timeout = timeout
        self.onTimeout = onTimeout
        self.requiresFeedback = requiresFeedback
        self.autoApprove = autoApprove
        self.approvers = approvers
        self.quorum = quorum
        self.isDistinct = isDistinct
    }

    /// The policy that the name of a mode or of a preset stands for.
    public init?(named name: String) {
        if let mode = Mode(rawValue: name) {
            self.init(mode: mode)
        } else if let preset = Preset(rawValue: name) {
            self = preset.policy
        } else {
            return nil
        }
    }

    /// All names that `init(named:)` knows.
    public static let names = Mode.allCases.map(\.rawValue) + Preset.allCases.map(\.rawValue)

    // MARK: Checkpoints

    /// What is asked before a node begins; nil for nothing.
    ///
    /// - Parameter works: whether nodes of its kind do work of their own.
    public func gate(before node: NodeDefinition, works: Bool) -> Gate? {
        if mode == .ask || mode == .none || node.kind == "approval" { return nil }
        let found: Gate?
        switch mode {
        case .afterPlanning: found = node.kind == "plan" ? Gate(checkpoint: .afterPlanning) : nil
        case .beforeEachStep: found = works ? Gate(checkpoint: .beforeStep) : nil
        case .custom:
            let rule = rules.first { rule in
                switch rule.at {
                case .afterPlanning: node.kind == "plan" && rule.isAbout(node)
                case .beforeStep: works && rule.isAbout(node)
                case .custom: rule.isAbout(node)
                case .gate, .onError, .manualPause, .tool: false
                }
            }
            found = rule.map { Gate(checkpoint: $0.at, prompt: $0.prompt) }
        case .ask, .none, .onError, .manual: found = nil
        }
        guard let found, !autoApproves(node) else { return nil }
        return found
    }

    /// What is asked when a node has failed for good; nil for nothing. What the workflow itself makes good is not asked
    /// about.
    public func gate(onErrorOf node: NodeDefinition) -> Gate? {
        guard mode == .onError || mode == .custom, node.kind != "approval" else { return nil }
        guard node.options.fallback == nil, node.options.onFailure != .continue, !autoApproves(node) else { return nil }
        if mode == .onError { return Gate(checkpoint: .onError) }
        return rules.first { $0.at == .onError && $0.isAbout(node) }.map {
            Gate(checkpoint: .onError, prompt: $0.prompt)
        }
    }

    /// Whether a run that a person has paused goes on only by an answer.
    public var asksAtPause: Bool { mode == .manual || mode == .custom && rules.contains { $0.at == .manualPause } }

    /// Whether a node is not asked about, nor does it ask.
    public func autoApproves(_ node: NodeDefinition) -> Bool {
        mode == .none
            || autoApprove.contains { $0.matches(node.id) || $0.matches("kind:\(node.kind)") }
    }

    /// Whether a call of a tool is not asked about.
    public func autoApproves(tool: String) -> Bool {
        mode == .none || autoApprove.contains { $0.matches("tool:\(tool)") }
    }

    /// Fills in what a question leaves to the policy.
    public func completed(_ request: ApprovalRequest, submitter: String?, at now: Timestamp) -> ApprovalRequest {
        var request = request
        if request.deadline == nil, let timeout {
            request.deadline = now.advanced(by: timeout)
            request.onDeadline = onTimeout
        }
        if request.approvers.isEmpty { request.approvers = approvers }
        if request.quorum == 1 { request.quorum = quorum }
        if isDistinct, let submitter, !request.barred.contains(submitter) { request.barred.append(submitter) }
        request.requiresFeedback = request.requiresFeedback || requiresFeedback
        return request
    }

    // MARK: JSON

    /// The policy as JSON. What is as usual is left out.
    public var json: JSONValue {
        var object = JSONObject()
        object["mode"] = .string(mode.rawValue)
        if !rules.isEmpty {
            object["checkpoints"] = .array(
                rules.map { rule in
                    var object = JSONObject()
                    object["at"] = .string(rule.at.rawValue)
                    object["nodes"] = Self.list(rule.nodes.map(\.text))
                    object["kinds"] = Self.list(rule.kinds)
                    object["prompt"] = rule.prompt.map { .string($0) }
                    return .object(object)
                })
        }
        object["timeout"] = timeout.map { .integer($0.count) }
        if onTimeout != .reject { object["on_timeout"] = .string(onTimeout.rawValue) }
        if requiresFeedback { object["require_feedback"] = true }
        object["auto_approve"] = Self.list(autoApprove.map(\.text))
        object["approvers"] = Self.list(approvers)
        if quorum != 1 { object["quorum"] = .integer(Int64(quorum)) }
        if isDistinct { object["distinct_from_submitter"] = true }
        return .object(object)
    }

    private static func list(_ texts: [String]) -> JSONValue? {
        texts.isEmpty ? nil : .array(texts.map { .string($0) })
    }

    /// The policy of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        guard let mode = json["mode"]?.stringValue.flatMap(Mode.init(rawValue:)) else { return nil }
        func texts(_ json: JSONValue?) -> [String] { json?.arrayValue?.compactMap(\.stringValue) ?? [] }
        self.init(
            mode: mode,
            rules: (json["checkpoints"]?.arrayValue ?? []).map { rule in
                Rule(
                    at: rule["at"]?.stringValue.flatMap(ApprovalCheckpoint.init(rawValue:)) ?? .custom,
                    nodes: texts(rule["nodes"]).map(NamePattern.init), kinds: texts(rule["kinds"]),
                    prompt: rule["prompt"]?.stringValue)
            },
            timeout: json["timeout"]?.integerValue.map { Milliseconds($0) },
            onTimeout: json["on_timeout"]?.stringValue.flatMap(ApprovalRequest.DeadlineAction.init(rawValue:))
                ?? .reject,
            requiresFeedback: json["require_feedback"]?.boolValue ?? false,
            autoApprove: texts(json["auto_approve"]).map(NamePattern.init), approvers: texts(json["approvers"]),
            quorum: json["quorum"]?.integerValue.map { Int(clamping: $0) } ?? 1,
            isDistinct: json["distinct_from_submitter"]?.boolValue ?? false)
    }
}
