// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Which agents the text of a workflow can name. A project may have a hundred agents; those that a workflow does not name
/// are neither read nor kept with its runs.
struct AgentMentions {
    /// What can name agents that do not stand in the text itself.
    private static let indirect = ["include", "workflow", "plan", "tools"]
    /// In a longer text no names are looked for one by one.
    private static let longest = 1 << 20

    private let text: [UInt8]
    private let namesAll: Bool
    private let namesNone: Bool

    init(text: [UInt8]) {
        self.text = text
        // Every way to name an agent has the word in it, but for `\` that could write it by its numbers.
        namesNone =
            !Self.has("agent", in: text) && !Self.has("\\", in: text) && !Self.has("include", in: text)
            && !Self.has("workflow", in: text) && !Self.has("plan", in: text)
        namesAll =
            !namesNone
            && (text.count > Self.longest || Self.has("\\", in: text)
                || Self.indirect.contains { Self.has("\($0):", in: text) })
    }

    /// Whether the text can name the agent.
    func mayName(_ agent: String) -> Bool { namesAll || (!namesNone && Self.has(agent, in: text)) }

    /// The name that an agent's file gives it, read without parsing; nil if that is not plain to see.
    static func declaredName(in bytes: [UInt8]) -> String? {
        for line in bytes.split(separator: 0x0A) where line.starts(with: "name:".utf8) {
            let value = line.dropFirst(5).filter { $0 != 0x20 && $0 != 0x0D }
            let isPlain = value.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2D
            }
            return isPlain && !value.isEmpty ? String(decoding: value, as: UTF8.self) : nil
        }
        return nil
    }

    private static func has(_ word: String, in text: [UInt8]) -> Bool {
        let word = Array(word.utf8)
        // The rarest of its letters is looked for.
        guard
            let anchor = Array("\\_gwpk".utf8).lazy.compactMap({ word.firstIndex(of: $0) }).first ?? word.indices.first
        else { return false }
        return text.withUnsafeBytes { text in
            var from = anchor
            while from < text.count, let start = text.baseAddress,
                let found = memchr(start + from, Int32(word[anchor]), text.count - from)
            {
                let place = UnsafeRawPointer(found) - start
                if text.count - place >= word.count - anchor, text[(place - anchor)...].starts(with: word) {
                    return true
                }
                from = place + 1
            }
            return false
        }
    }
}
