// SPDX-License-Identifier: Apache-2.0

/// Hides what looks like a key in the text of a settings file, before a line of it is shown with what is wrong there.
///
/// A key does not belong into the file, so a file with a key is just the one that is shown.
enum KeyMask {
    /// The words in the name of a member whose value is hidden.
    private static let names = ["key", "token", "secret", "password", "authorization", "bearer"]
    /// How keys of well-known services begin.
    private static let prefixes = ["sk-", "sk_", "ghp_", "github_pat_", "xoxb-", "AIza", "hf_", "pk-"]
    /// Names of variables and of kept secrets are shorter, or have no digits.
    private static let leastLength = 16

    /// The text with `*` for each byte of a key, so that all places stay the same.
    static func masked(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var line = Line()
        var start = 0
        for index in 0...bytes.count {
            let byte = index < bytes.count ? bytes[index] : 0x0A
            guard !isWordByte(byte) else { continue }
            if start < index { line.take(bytes[start..<index], endsWith: byte, in: &result) }
            if byte == 0x0A { line = Line() }
            start = index + 1
        }
        return result
    }

    /// What was read of a line.
    private struct Line {
        /// Whether a member stands on it whose value is to be hidden.
        var hides = false

        mutating func take(_ word: ArraySlice<UInt8>, endsWith byte: UInt8, in result: inout [UInt8]) {
            let text = String(decoding: word, as: UTF8.self)
            let hasDigit = word.contains { (0x30...0x39).contains($0) }
            let isKnown = prefixes.contains { text.hasPrefix($0) }
            guard word.count >= leastLength, isKnown || (hides && hasDigit) else {
                if byte == 0x3A {
                    let name = text.lowercased()
                    hides = hides || names.contains { name.contains($0) }
                }
                return
            }
            for index in word.indices { result[index] = 0x2A }
        }
    }

    /// Whether a byte may be part of a key: what base64 and its kin are written with.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x2F, 0x3D, 0x5F: true
        default: false
        }
    }
}
