// SPDX-License-Identifier: Apache-2.0

/// A question to people.
public struct ApprovalRequest: Sendable, Hashable {
    public var prompt: String
    /// What the person is shown, by name.
    public var show: JSONObject
    public var deadline: Timestamp?
    public var onDeadline: DeadlineAction
    public var checkpoint: ApprovalCheckpoint
    /// The fields to fill in, by name, each with the keys of an input.
    public var form: JSONObject
    /// Who may answer; empty for anybody.
    public var approvers: [String]
    /// Who may not, because the run is theirs.
    public var barred: [String]
    /// How many people have to say the same before it is done.
    public var quorum: Int
    /// Whether a no has to say why.
    public var requiresFeedback: Bool
    /// The node that `send_back` goes to.
    public var rewindTo: String?
    /// At `on_error`: what went wrong.
    public var failure: NodeFailure?
    /// At `tool`: which call of the conversation is asked about.
    public var call: String?

    /// What happens when nobody answers in time.
    public enum DeadlineAction: String, Sendable, Hashable, CaseIterable {
        case reject, fail, skip, abort, approve
    }

    /// A question.
    public init(
        prompt: String, show: JSONObject = JSONObject(), deadline: Timestamp? = nil,
        onDeadline: DeadlineAction = .reject, checkpoint: ApprovalCheckpoint = .gate, form: JSONObject = JSONObject(),
        approvers: [String] = [], barred: [String] = [], quorum: Int = 1, requiresFeedback: Bool = false,
        rewindTo: String? = nil, failure: NodeFailure? = nil, call: String? = nil
    ) {
        self.prompt = prompt
        self.show = show
        self.deadline = deadline
        self.onDeadline = onDeadline
        self.checkpoint = checkpoint
        self.form = form
        self.approvers = approvers
        self.barred = barred
        self.quorum = quorum
        self.requiresFeedback = requiresFeedback
        self.rewindTo = rewindTo
        self.failure = failure
        self.call = call
    }

    /// The question as JSON. What is as usual is left out.
    public var json: JSONValue {
        var object = JSONObject()
        object["prompt"] = .string(prompt)
        object["show"] = .object(show)
        object["deadline"] = deadline.map { .integer($0.milliseconds) }
        object["on_deadline"] = .string(onDeadline.rawValue)
        if checkpoint != .gate { object["checkpoint"] = .string(checkpoint.rawValue) }
        if !form.isEmpty { object["form"] = .object(form) }
        if !approvers.isEmpty { object["approvers"] = .array(approvers.map { .string($0) }) }
        if !barred.isEmpty { object["barred"] = .array(barred.map { .string($0) }) }
        if quorum != 1 { object["quorum"] = .integer(Int64(quorum)) }
        if requiresFeedback { object["requires_feedback"] = true }
        object["rewind_to"] = rewindTo.map { .string($0) }
        object["failure"] = failure?.json
        object["call"] = call.map { .string($0) }
        return .object(object)
    }

    /// The question of a JSON object that `json` made. Nothing of it is required.
    public init(json: JSONValue) {
        func texts(_ key: String) -> [String] { json[key]?.arrayValue?.compactMap(\.stringValue) ?? [] }
        self.init(
            prompt: json["prompt"]?.stringValue ?? "", show: json["show"]?.objectValue ?? JSONObject(),
            deadline: json["deadline"]?.integerValue.map { Timestamp(milliseconds: $0) },
            onDeadline: json["on_deadline"]?.stringValue.flatMap(DeadlineAction.init(rawValue:)) ?? .reject,
            checkpoint: json["checkpoint"]?.stringValue.flatMap(ApprovalCheckpoint.init(rawValue:)) ?? .gate,
            form: json["form"]?.objectValue ?? JSONObject(), approvers: texts("approvers"), barred: texts("barred"),
            quorum: json["quorum"]?.integerValue.map { Int(clamping: $0) } ?? 1,
            requiresFeedback: json["requires_feedback"]?.boolValue ?? false,
            rewindTo: json["rewind_to"]?.stringValue, failure: json["failure"].flatMap(NodeFailure.init(json:)),
            call: json["call"]?.stringValue)
    }

    /// Why a person may not give an answer; nil when they may.
    func refusal(of decision: ApprovalDecision, votes: [ApprovalDecision]) -> String? {
        if let text = checkpoint.refusal(of: decision.resolution) { return text }
        if barred.contains(decision.by) { return "\(decision.by) started the run, and somebody else has to answer" }
        if !approvers.isEmpty, !approvers.contains(decision.by) {
            return "only \(approvers.joined(separator: ", ")) may answer, not \(decision.by)"
        }
        if votes.contains(where: { $0.by == decision.by }) { return "\(decision.by) has answered already" }
        let isSilent = decision.comment?.allSatisfy(\.isWhitespace) ?? true
        if isSilent, decision.resolution == .sendBack || decision.resolution == .rejected && requiresFeedback {
            return "a word on the reason is needed: what is wrong, and what is wanted instead"
        }
        if isSilent, decision.resolution == .modified, decision.values?.isEmpty ?? true {
            return "nothing is changed: give values, or a word on what to do otherwise"
        }
        return nil
    }

    /// Whether the answer, with those before it, is what enough people say.
    func isCarried(by decision: ApprovalDecision, votes: [ApprovalDecision]) -> Bool {
        guard decision.needsQuorum, quorum > 1 else { return true }
        let same = votes.count { $0.resolution == decision.resolution || $0.approved && decision.approved }
        return same + 1 >= quorum
    }
}
