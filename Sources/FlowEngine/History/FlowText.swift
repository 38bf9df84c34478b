// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension JSONValue {
    /// The value in YAML's flow style on one line: JSON with a space after `:` and `,`, with names as keys where they can
    /// stand without quotes, and with all escaped that a YAML reader would not leave alone.
    var flowText: String {
        switch self {
        case .null, .bool, .integer, .number: jsonText(.compact)
        case .string(let text): Self.quoted(text)
        case .array(let items): "[" + items.map(\.flowText).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.map { "\(Self.flowKey($0.key)): \($0.value.flowText)" }.joined(separator: ", ") + "}"
        }
    }

    /// A key of a mapping, in quotes where it needs them.
    static func flowKey(_ key: String) -> String {
        let isName = key.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        let isWord = ["true", "false", "null"].contains(key.lowercased())
        guard isName, !isWord, let first = key.utf8.first, !(0x30...0x39).contains(first) else { return quoted(key) }
        return key
    }

    private static func quoted(_ text: String) -> String {
        let json = JSONValue.string(text).jsonText(.compact)
        guard json.unicodeScalars.contains(where: needsEscape) else { return json }
        var escaped = ""
        for scalar in json.unicodeScalars {
            if needsEscape(scalar) {
                let hex = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Characters that YAML forbids or takes for the end of a line.
    private static func needsEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
        default: false
        }
    }

    /// The value with the members of a patch put in, mapping by mapping; null takes a member away.
    func merging(_ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var object = objectValue ?? JSONObject()
        for member in changes {
            if member.value.isNull {
                object[member.key] = nil
            } else {
                object[member.key] = (object[member.key] ?? .null).merging(member.value)
            }
        }
        return .object(object)
    }

    /// Two patches as one: the second wins, and a null of it stays.
    func followed(by patch: JSONValue) -> JSONValue {
        guard case .object(let first) = self, case .object(let second) = patch else { return patch }
        var object = first
        for member in second {
            object[member.key] = object[member.key].map { $0.followed(by: member.value) } ?? member.value
        }
        return .object(object)
    }
}
