// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// One line of an engine's protocol: what it says about a request.
package struct EngineMessage: Sendable {
    /// The words that a request may be in. All others than the first three are the last word about it.
    package enum Status: String, Sendable, Hashable, CaseIterable {
        /// Goes on; may carry content, artifacts, metadata, cost.
        case running
        /// Where a later attempt can go on from.
        case checkpoint
        /// It is doing nothing else than waiting.
        case waiting
        case ready, completed, failed, paused, cancelled, ok
        /// The method is not known.
        case unsupported

        /// Whether nothing follows for the request.
        package var isLast: Bool {
            switch self {
            case .running, .checkpoint, .waiting: false
            default: true
            }
        }
    }

    package var id: Int64
    package var status: Status
    package var json: JSONObject

    /// A line that is a message; nil for one that is none, such as what a library prints.
    static func read(_ line: some Sequence<UInt8>) -> EngineMessage? {
        let bytes = Array(line)
        guard bytes.first == UInt8(ascii: "{"), let object = (try? JSONValue.parse(bytes))?.objectValue,
            let id = object["id"]?.integerValue, let word = object["status"]?.stringValue,
            let status = Status(rawValue: word)
        else { return nil }
        return EngineMessage(id: id, status: status, json: object)
    }

    /// The text of a request, with its line break.
    static func text(_ id: Int64, _ method: String, _ parameters: JSONObject) -> [UInt8] {
        var object = JSONObject()
        object["id"] = .integer(id)
        object["method"] = .string(method)
        for member in parameters { object[member.key] = member.value }
        return JSONValue.object(object).jsonBytes(.compact) + [0x0A]
    }

    /// The failure that the engine tells; nil when it tells none.
    package var failure: NodeFailure? {
        guard status == .failed || status == .unsupported || status == .cancelled else { return nil }
        let error = json["error"] ?? .null
        let message = error["message"]?.stringValue ?? error.stringValue ?? "the engine says `\(status.rawValue)`"
        let word = error["reason"]?.stringValue ?? ""
        let reason = FailureReason(rawValue: word).flatMap { Self.tellable.contains($0) ? $0 : nil } ?? .exitCode
        return NodeFailure(reason, String(message.prefix(4000)), excerpt: error["detail"]?.stringValue)
    }

    /// The reasons that an engine may give. Others are the engine's of the workflow alone.
    private static let tellable: Set<FailureReason> = [
        .exitCode, .timeout, .schemaMismatch, .badData, .unavailable, .rateLimit, .serverError, .clientError,
        .connection, .refused,
    ]
}
