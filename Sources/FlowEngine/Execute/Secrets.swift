// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The values of a run's secrets. They go into the environment of nodes that ask for them, and nowhere else: text
/// that leaves a node has them blanked.
struct Secrets: Sendable {
    private var values: [String: String]

    static let none = Secrets(values: [:])

    init(values: [String: String]) { self.values = values }

    /// What expressions in `env` and `with` see.
    var scopeValue: JSONObject {
        JSONObject(values.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: .string($0.value)) })
    }

    /// The text with each secret's value replaced by `***`. Values of less than four bytes are left, since they
    /// would blank ordinary words.
    func blanked(_ text: String) -> String {
        var text = text
        for value in values.values where value.utf8.count >= 4 && text.contains(value) {
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
}
