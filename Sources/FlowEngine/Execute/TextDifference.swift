// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// One stretch of a text that was replaced.
struct TextDifference: Sendable {
    /// The source that has the old text, and its file there.
    var base: String
    var entry: String
    /// The file that the new text is.
    var path: String
    /// How much is as before at the beginning and at the end, in bytes.
    var prefix: Int
    var suffix: Int
    var middle: [UInt8]

    init(from old: [UInt8], to new: [UInt8], base: String, entry: String, path: String) {
        let shorter = Swift.min(old.count, new.count)
        var prefix = 0
        while prefix < shorter, old[prefix] == new[prefix] { prefix += 1 }
        // What is replaced is kept as text.
        while prefix > 0, prefix < new.count, new[prefix] & 0xC0 == 0x80 { prefix -= 1 }
        var suffix = 0
        while suffix < shorter - prefix, old[old.count - 1 - suffix] == new[new.count - 1 - suffix] { suffix += 1 }
        while suffix > 0, new[new.count - suffix] & 0xC0 == 0x80 { suffix -= 1 }
        (self.base, self.entry, self.path) = (base, entry, path)
        (self.prefix, self.suffix) = (prefix, suffix)
        middle = Array(new[prefix..<(new.count - suffix)])
    }

    init?(json: JSONValue) {
        guard let base = json["base"]?.stringValue, Digest(hex: base) != nil, let entry = json["entry"]?.stringValue,
            let path = json["path"]?.stringValue, let prefix = json["prefix"]?.integerValue, prefix >= 0,
            let suffix = json["suffix"]?.integerValue, suffix >= 0, let middle = json["middle"]?.stringValue
        else { return nil }
        (self.base, self.entry, self.path) = (base, entry, path)
        (self.prefix, self.suffix) = (Int(clamping: prefix), Int(clamping: suffix))
        self.middle = Array(middle.utf8)
    }

    var json: JSONValue {
        [
            "base": .string(base), "entry": .string(entry), "path": .string(path), "prefix": .integer(Int64(prefix)),
            "suffix": .integer(Int64(suffix)), "middle": .string(String(decoding: middle, as: UTF8.self)),
        ]
    }

    /// The new text. One that the difference does not fit to gives a text that fails its digest.
    func applied(to old: [UInt8]) -> [UInt8] {
        guard prefix <= old.count, suffix <= old.count - prefix else { return [] }
        return old[..<prefix] + middle + old[(old.count - suffix)...]
    }
}
