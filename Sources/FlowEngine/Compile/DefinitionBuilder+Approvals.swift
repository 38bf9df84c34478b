// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

extension DefinitionBuilder {
    /// Reads `approvals:`.
    func approvals(_ node: YAMLNode?) -> ApprovalPolicy? {
        guard let node, reader.isSound(node) else { return nil }
        if document.kind(of: node) == .scalar { return ApprovalPolicy(named: document.string(of: node)) }
        guard document.kind(of: node) == .mapping else { return nil }
        let rules = value(of: node, "checkpoints").map { list in
            document.elements(of: list).filter { reader.isSound($0) }.map { rule in
                ApprovalPolicy.Rule(
                    at: text(value(of: rule, "at")).flatMap(ApprovalCheckpoint.init(rawValue:)) ?? .custom,
                    nodes: strings(value(of: rule, "nodes")).map(NamePattern.init),
                    kinds: strings(value(of: rule, "kinds")), prompt: text(value(of: rule, "prompt")))
            }
        }
        let name = text(value(of: node, "mode")) ?? (rules == nil ? "ask" : "custom")
        guard var policy = ApprovalPolicy(named: name) else { return nil }
        policy.rules = rules ?? []
        policy.timeout = duration(value(of: node, "timeout"))
        policy.onTimeout =
            text(value(of: node, "on_timeout")).flatMap(ApprovalRequest.DeadlineAction.init(rawValue:)) ?? .reject
        if let feedback = value(of: node, "require_feedback") { policy.requiresFeedback = isTrue(feedback) }
        policy.autoApprove = strings(value(of: node, "auto_approve")).map(NamePattern.init)
        policy.approvers = strings(value(of: node, "approvers"))
        policy.quorum = integer(value(of: node, "quorum")) ?? 1
        policy.isDistinct = isTrue(value(of: node, "distinct_from_submitter"))
        return policy
    }

    /// What of `approvals:` can never come to anything.
    mutating func checkApprovals(_ node: YAMLNode?) {
        guard let node, document.kind(of: node) == .mapping, let policy = approvals(node) else { return }
        if !policy.rules.isEmpty, policy.mode != .custom, let rules = value(of: node, "checkpoints") {
            reader.report(
                Diagnostic(
                    .conflictingKeys, "`checkpoints` means nothing in the mode `\(policy.mode.rawValue)`",
                    at: reader.span(rules), help: ["write `mode: custom`, or leave `mode` out"]))
        }
        if policy.mode == .custom, policy.rules.isEmpty, let mode = value(of: node, "mode") {
            reader.report(
                Diagnostic(
                    .missingKey, "the mode `custom` asks where `checkpoints` say so, and there are none",
                    at: reader.span(mode), help: ["write `checkpoints: [{at: before_step, nodes: [publish]}]`"]))
        }
        if !policy.approvers.isEmpty, policy.quorum > policy.approvers.count, let quorum = value(of: node, "quorum") {
            reader.report(
                Diagnostic(
                    .outOfRange, "\(policy.quorum) people have to agree, and only \(policy.approvers.count) may answer",
                    at: reader.span(quorum)))
        }
    }
}
