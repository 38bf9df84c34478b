// SPDX-License-Identifier: Apache-2.0

/// How a run comes from another one: what it takes over and what is different. Kept as a content of the store, named by the
/// run's second event.
public struct Derivation: Sendable, Hashable {
    /// Why the run was made.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// To run from some nodes again.
        case replay
        /// To try a hypothesis.
        case branch
    }

    public var kind: Kind
    /// Nodes of the parent that are not taken over: they run again, or the workflow has them no more. All others that had
    /// succeeded there are.
    public var rerun: Set<String>
    /// Results that a person gave, by node.
    public var pins: [String: Digest]
    /// The digest of the plan that was agreed to; nil when nobody looked at one.
    public var plan: Digest?
    /// Nodes that a person wants to have run: no result of another run takes their place.
    public var asked: Set<String>

    /// A derivation.
    public init(
        kind: Kind, rerun: Set<String>, pins: [String: Digest] = [:], plan: Digest? = nil, asked: Set<String> = []
    ) {
        self.kind = kind
        self.rerun = rerun
        self.pins = pins
        self.plan = plan
        self.asked = asked
    }

    /// The derivation as JSON; the same text for the same value.
    public var json: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(kind.rawValue)
        object["rerun"] = .array(rerun.sorted().map { .string($0) })
        var pins = JSONObject()
        for (node, digest) in self.pins.sorted(by: { $0.key < $1.key }) { pins[node] = .string(digest.hex) }
        object["pins"] = .object(pins)
        object["plan"] = plan.map { .string($0.hex) }
        if !asked.isEmpty { object["asked"] = .array(asked.sorted().map { .string($0) }) }
        return .object(object)
    }

    /// The derivation of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)),
            let rerun = json["rerun"]?.arrayValue?.compactMap(\.stringValue)
        else { return nil }
        var pins: [String: Digest] = [:]
        for member in json["pins"]?.objectValue ?? JSONObject() {
            guard let digest = member.value.stringValue.flatMap({ Digest(hex: $0) }) else { return nil }
            pins[member.key] = digest
        }
        self.init(
            kind: kind, rerun: Set(rerun), pins: pins, plan: json["plan"]?.stringValue.flatMap { Digest(hex: $0) },
            asked: Set(json["asked"]?.arrayValue?.compactMap(\.stringValue) ?? []))
    }
}

/// A node that a run takes over from another one.
public struct InheritedNode: Sendable, Hashable {
    public var result: Digest
    /// The run in which it ran; its files lie there. Of a pinned node the run that pins it.
    public var origin: String
    public var kind: String
    public var attempt: Int
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    /// Whether a person gave the result.
    public var isPinned: Bool

    /// A node of `origin`.
    public init(
        result: Digest, origin: String, kind: String, attempt: Int = 1, startedAt: Timestamp? = nil,
        endedAt: Timestamp? = nil, isPinned: Bool = false
    ) {
        self.result = result
        self.origin = origin
        self.kind = kind
        self.attempt = attempt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.isPinned = isPinned
    }

    /// As the row of a node.
    public func row(named name: String) -> NodeSummary {
        var row = NodeSummary(
            node: name, kind: kind, status: .reused, attempt: attempt, startedAt: startedAt, endedAt: endedAt,
            result: result, message: isPinned ? "given by a person" : "from run \(origin)")
        row.origin = origin
        return row
    }
}
