// SPDX-License-Identifier: Apache-2.0

/// An answer to a question, with who gave it.
public struct ApprovalDecision: Sendable, Hashable {
    /// What the answer says. What it does at each checkpoint stands in `RunMachine+approvals.swift`.
    public enum Resolution: String, Sendable, Hashable, CaseIterable {
        case approved, rejected
        /// Go on, with what `values` changes.
        case modified
        /// Do it again.
        case retry
        /// Go on without the node.
        case skip
        /// End the run.
        case abort
        /// Go back to an earlier node, and let its agents know why.
        case sendBack = "send_back"
    }

    public var resolution: Resolution
    public var by: String
    public var comment: String?
    public var at: Timestamp
    /// What is filled in, or changed.
    public var values: JSONObject?
    /// The node to go back to; nil for the one that the question names.
    public var target: String?
    /// The digest of what the person was shown.
    public var evidence: Digest?

    /// Whether the run goes on as the person was told it would.
    public var approved: Bool { resolution == .approved || resolution == .modified }

    /// Whether the answer needs as many people as the question asks for. One is enough to say no.
    var needsQuorum: Bool { resolution != .rejected && resolution != .abort }

    /// A yes or a no.
    public init(approved: Bool, by: String, comment: String? = nil, at: Timestamp) {
        self.init(approved ? .approved : .rejected, by: by, comment: comment, at: at)
    }

    /// An answer.
    public init(
        _ resolution: Resolution, by: String, comment: String? = nil, at: Timestamp, values: JSONObject? = nil,
        target: String? = nil, evidence: Digest? = nil
    ) {
        self.resolution = resolution
        self.by = by
        self.comment = comment
        self.at = at
        self.values = values
        self.target = target
        self.evidence = evidence
    }

    /// The decision as JSON.
    public var json: JSONValue {
        var object = JSONObject()
        object["approved"] = .bool(approved)
        if resolution != .approved, resolution != .rejected { object["resolution"] = .string(resolution.rawValue) }
        object["by"] = .string(by)
        object["comment"] = comment.map { .string($0) }
        object["at"] = .integer(at.milliseconds)
        object["values"] = values.map { .object($0) }
        object["target"] = target.map { .string($0) }
        object["evidence"] = evidence.map { .string($0.hex) }
        return .object(object)
    }

    /// The decision of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        guard let approved = json["approved"]?.boolValue else { return nil }
        self.init(
            json["resolution"]?.stringValue.flatMap(Resolution.init(rawValue:)) ?? (approved ? .approved : .rejected),
            by: json["by"]?.stringValue ?? "", comment: json["comment"]?.stringValue,
            at: Timestamp(milliseconds: json["at"]?.integerValue ?? 0), values: json["values"]?.objectValue,
            target: json["target"]?.stringValue,
            evidence: json["evidence"]?.stringValue.flatMap { Digest(hex: $0) })
    }
}
