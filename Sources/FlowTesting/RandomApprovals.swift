// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension JSONObject {
    /// A change of a node's values.
    static let otherValue = JSONObject([JSONObject.Member(key: "with", value: ["x": 1])])
}

extension SeededGenerator {
    /// When people are asked: in half of all lives as the workflow's nodes say, in the others also elsewhere.
    mutating func approvalPolicy() -> ApprovalPolicy {
        guard chance(50) else { return .standard }
        var policy = ApprovalPolicy(mode: pick([.beforeEachStep, .onError, .manual, .custom, .afterPlanning]))
        if policy.mode == .custom {
            for at in [ApprovalCheckpoint.beforeStep, .custom, .onError, .manualPause] where chance(50) {
                policy.rules.append(ApprovalPolicy.Rule(at: at, nodes: chance(50) ? [NamePattern("n*1")] : []))
            }
        }
        if chance(30) { policy.timeout = Milliseconds(Int64(1 + below(5000))) }
        policy.onTimeout = pick(ApprovalRequest.DeadlineAction.allCases)
        policy.requiresFeedback = chance(20)
        if chance(20) { policy.autoApprove = [NamePattern("n?")] }
        if chance(20) { policy.quorum = 2 }
        return policy
    }

    /// What somebody answers. Mostly what lets the run go on, so that each life ends.
    ///
    /// - Parameter targets: the nodes that it may go back to.
    mutating func decision(
        by: String, at now: Timestamp, mayAbort: Bool, targets: [String]
    ) -> ApprovalDecision {
        let roll = below(100)
        let resolution: ApprovalDecision.Resolution =
            switch roll {
            case ..<55: .approved
            case ..<68: .rejected
            case ..<74: .modified
            case ..<82: .retry
            case ..<90: .skip
            case ..<92: mayAbort ? .abort : .approved
            default: targets.isEmpty ? .approved : .sendBack
            }
        var decision = ApprovalDecision(resolution, by: by, comment: chance(70) ? "so it is" : nil, at: now)
        if resolution == .modified, chance(70) {
            decision.values = .otherValue
        }
        if resolution == .sendBack, chance(90) { decision.target = pick(targets) }
        return decision
    }
}
