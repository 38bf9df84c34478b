// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A failure that a simulation gives to a node: `NODE[:REASON[:TIMES]]`.
public struct InjectedFailure: Sendable, Hashable {
    /// The node, or one item of a fan-out: `measure[pear]`. A node's name stands for all its items.
    public var node: String
    /// The class of the failure; nil is the first that its kind is likely to have.
    public var reason: FailureReason?
    /// How many attempts fail; nil means all.
    public var times: Int?

    /// A failure for a node.
    public init(node: String, reason: FailureReason? = nil, times: Int? = nil) {
        self.node = node
        self.reason = reason
        self.times = times
    }

    /// Reads `NODE[:REASON[:TIMES]]`; nil for anything else. Items' keys may hold colons.
    public init?(parsing text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var times: Int?
        var reason: FailureReason?
        if parts.count > 2, let number = parts.last.flatMap({ Int($0) }) {
            guard number > 0 else { return nil }
            times = number
            parts.removeLast()
        }
        if parts.count > 1, let last = parts.last, !last.hasSuffix("]") {
            guard let known = FailureReason(rawValue: last) else { return nil }
            reason = known
            parts.removeLast()
        }
        if times != nil, reason == nil { return nil }
        let node = parts.joined(separator: ":")
        guard !node.isEmpty, !parts.dropFirst().contains("") || node.hasSuffix("]") else { return nil }
        guard parts.count == 1 || node.hasSuffix("]") else { return nil }
        self.init(node: node, reason: reason, times: times)
    }

    /// The failures that a node of a kind is likely to have, the likeliest first.
    static func reasons(ofKind kind: String) -> [FailureReason] {
        switch kind {
        case "run": [.exitCode, .timeout, .signal, .schemaMismatch, .spawn]
        case "agent": [.rateLimit, .schemaMismatch, .serverError, .timeout, .connection, .refused]
        case "http": [.serverError, .connection, .timeout, .rateLimit, .clientError]
        case "sql": [.badData, .timeout, .schemaMismatch]
        case "jq": [.badData, .timeout]
        case "render": [.badData, .unavailable, .timeout]
        case "workflow": [.child]
        case "approval": [.rejected]
        default: [.exitCode, .timeout, .badData]
        }
    }
}
