// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a person chose when starting a run; kept with the inputs.
public struct RunOptions: Sendable, Hashable {
    /// How approvals are treated.
    public enum ApprovalMode: String, Sendable, Hashable, CaseIterable {
        /// Approval nodes ask.
        case asked = "ask"
        /// Approval nodes pass by themselves.
        case none
    }

    /// The most nodes at the same time; nil leaves it to the workflow and the engine.
    public var maxParallel: Int?
    public var approval: ApprovalMode

    /// The given choices.
    public init(maxParallel: Int? = nil, approval: ApprovalMode = .asked) {
        self.maxParallel = maxParallel
        self.approval = approval
    }

    /// The choices as JSON.
    public var json: JSONValue {
        var object = JSONObject()
        object["max_parallel"] = maxParallel.map { .integer(Int64($0)) }
        object["approval"] = .string(approval.rawValue)
        return .object(object)
    }

    /// The choices of a JSON object that `json` made; what is missing is as by default.
    public init(json: JSONValue) {
        maxParallel = json["max_parallel"]?.integerValue.map { Int($0) }
        approval = json["approval"]?.stringValue.flatMap(ApprovalMode.init(rawValue:)) ?? .asked
    }
}
