// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The values of a run's secrets. They go into the environment of nodes that ask for them, and nowhere else: text
/// that leaves a node has them blanked.
struct Secrets: Sendable {
    private let values: [String: String]
    /// The texts to blank, the longest first, so that none hides the rest of another.
    private let blanks: [String]

    static let none = Secrets(values: [:])

    init(values: [String: String]) {
        self.values = values
        var blanks: Set<String> = []
        for value in values.values where value.utf8.count >= 4 {
            blanks.insert(value)
            // As it stands inside JSON text.
            blanks.insert(String(JSONValue.string(value).jsonText(.compact).dropFirst().dropLast()))
            // Logs are blanked line by line.
            for line in value.utf8.split(separator: UInt8(ascii: "\n")) where line.count >= 8 {
                blanks.insert(String(decoding: line, as: UTF8.self))
            }
        }
        self.blanks = blanks.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    /// What expressions in `env` and `with` see.
    var scopeValue: JSONObject {
        JSONObject(values.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: .string($0.value)) })
    }

    /// The text with each secret's value replaced by `***`. Values of less than four bytes are left, since they
    /// would blank ordinary words.
    func blanked(_ text: String) -> String {
        var text = text
        for value in blanks where text.contains(value) {
            text = text.split(separator: value, omittingEmptySubsequences: false).joined(separator: "***")
        }
        return text
    }

    /// The value with all texts in it blanked.
    func blanked(_ value: JSONValue) -> JSONValue {
        guard !values.isEmpty else { return value }
        switch value {
        case .string(let text): return .string(blanked(text))
        case .array(let elements): return .array(elements.map(blanked))
        case .object(let object):
            return .object(
                JSONObject(object.map { JSONObject.Member(key: blanked($0.key), value: blanked($0.value)) }))
        default: return value
        }
    }

    /// The failure with its texts blanked.
    func blanked(_ failure: NodeFailure) -> NodeFailure {
        guard !blanks.isEmpty else { return failure }
        var failure = failure
        failure.message = blanked(failure.message)
        failure.excerpt = failure.excerpt.map { blanked($0) }
        return failure
    }

    /// The question with its texts blanked.
    func blanked(_ request: ApprovalRequest) -> ApprovalRequest {
        guard !blanks.isEmpty else { return request }
        var request = request
        request.prompt = blanked(request.prompt)
        if case .object(let show) = blanked(.object(request.show)) { request.show = show }
        return request
    }
}
