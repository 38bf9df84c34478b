// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// An event as a row: what most events have is in columns, the rest is JSON.
struct EventRow: Sendable {
    var sequence: Int64
    var at: Int64
    var type: String
    var node: String?
    var attempt: Int64?
    var result: Digest?
    /// The other members of the event's JSON; nil when there are none.
    var payload: String?

    /// A show of an approval may be as deep as a value may be, and lies some levels down in the event.
    static let limits = JSONLimits(depth: 128)

    /// The event of a row; nil when the row is damaged.
    func event() -> RecordedEvent? {
        if let event = frequentEvent {
            return RecordedEvent(sequence: sequence, at: Timestamp(milliseconds: at), event: event)
        }
        guard let json = json(), let event = RunEvent(json: json) else { return nil }
        return RecordedEvent(sequence: sequence, at: Timestamp(milliseconds: at), event: event)
    }

    /// The event of a row of one of the types that make up nearly all of a long log, without the way through JSON.
    private var frequentEvent: RunEvent? {
        guard payload == nil, let node, let attempt else { return nil }
        switch (type, result) {
        case ("node_started", nil): return .nodeStarted(node: node, attempt: Int(attempt))
        case ("node_succeeded", let result?): return .nodeSucceeded(node: node, attempt: Int(attempt), result: result)
        default: return nil
        }
    }

    /// The event's JSON; nil when the payload is damaged.
    func json() -> JSONValue? {
        var object = JSONObject()
        object["type"] = .string(type)
        if let node { object["node"] = .string(node) }
        if let attempt { object["attempt"] = .integer(attempt) }
        if let result { object["result"] = .string(result.hex) }
        guard let payload else { return .object(object) }
        guard let rest = (try? JSONValue.parse(payload, limits: Self.limits))?.objectValue else { return nil }
        for member in rest.members {
            // A payload that says again what a column says was not written by this program.
            guard object[member.key] == nil else { return nil }
            object[member.key] = member.value
        }
        return .object(object)
    }
}

/// An event that is to be written.
struct EncodedEvent: Sendable {
    let row: EventRow
    /// The event's canonical JSON, which its hash covers.
    let canonical: [UInt8]
    /// What the event says of a call.
    var call: CallRow?
    /// What it says of what a node depends on.
    var fingerprint: FingerprintRow?

    init(_ recorded: RecordedEvent) {
        switch recorded.event {
        case .nodeStarted(let node, let attempt): self.init(recorded, node: node, attempt: attempt, result: nil)
        case .nodeSucceeded(let node, let attempt, let result):
            self.init(recorded, node: node, attempt: attempt, result: result)
        default:
            self.init(general: recorded)
            call = CallRow(recorded.event)
            fingerprint = FingerprintRow(recorded.event)
        }
    }

    /// An event of one of the types that make up nearly all of a long log. Gives the same as `init(general:)`.
    private init(_ recorded: RecordedEvent, node: String, attempt: Int, result: Digest?) {
        let type = recorded.event.typeName
        var text: [UInt8] = []
        text.reserveCapacity(node.utf8.count + (result == nil ? 56 : 136))
        text += "{\"attempt\":".utf8
        text += String(attempt).utf8
        text += ",\"node\":".utf8
        if node.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) {
            text.append(0x22)
            text += node.utf8
            text.append(0x22)
        } else {
            text += JSONValue.string(node).jsonBytes(.canonical)
        }
        if let result {
            text += ",\"result\":\"".utf8
            result.appendHex(to: &text)
            text.append(0x22)
        }
        text += ",\"type\":\"".utf8
        text += type.utf8
        text += "\"}".utf8
        canonical = text
        row = EventRow(
            sequence: recorded.sequence, at: recorded.at.milliseconds, type: type, node: node, attempt: Int64(attempt),
            result: result)
    }

    /// Any event.
    init(general recorded: RecordedEvent) {
        let json = recorded.event.json
        canonical = json.jsonBytes(.canonical)
        var row = EventRow(sequence: recorded.sequence, at: recorded.at.milliseconds, type: recorded.event.typeName)
        var rest = JSONObject()
        for member in json.objectValue?.members ?? [] {
            switch (member.key, member.value) {
            case ("type", _): break
            case ("node", .string(let node)): row.node = node
            case ("attempt", .integer(let attempt)): row.attempt = attempt
            case ("result", .string(let hex)): row.result = Digest(hex: hex)
            default: rest[member.key] = member.value
            }
        }
        if !rest.members.isEmpty { row.payload = JSONValue.object(rest).jsonText() }
        self.row = row
    }
}
