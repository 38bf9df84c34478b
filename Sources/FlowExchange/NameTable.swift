// SPDX-License-Identifier: Apache-2.0

/// Gives foreign names the form of flow's, no two the same.
struct NameTable {
    private static let reserved: Set<String> = [
        "inputs", "nodes", "item", "item_index", "env", "secrets", "run", "workflow", "attempt", "outputs", "artifacts",
        "null", "true", "false", "with", "it", "it_index", "matrix", "sample", "iteration", "previous",
    ]
    private var taken: Set<String> = []
    private var next: [String: Int] = [:]

    /// A name that has not been given yet, like `foreign`.
    mutating func unique(_ foreign: String) -> String {
        let base = Self.plain(foreign)
        if taken.insert(base).inserted { return base }
        var number = next[base] ?? 2
        while true {
            let name = "\(base.prefix(64 - 1 - String(number).count))_\(number)"
            number += 1
            if taken.insert(name).inserted {
                next[base] = number
                return name
            }
        }
    }

    /// The name in the form of flow's: a letter a–z, then letters, digits and `_`, at most 64. Of a longer one both
    /// ends are kept, because numbers stand at the end.
    static func plain(_ foreign: String) -> String {
        var letters: [UInt8] = []
        for byte in foreign.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): letters.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append(byte + 32)
            default: if letters.last != UInt8(ascii: "_") { letters.append(UInt8(ascii: "_")) }
            }
        }
        while letters.first == UInt8(ascii: "_") { letters.removeFirst() }
        while letters.last == UInt8(ascii: "_") { letters.removeLast() }
        if letters.isEmpty || letters[0] < UInt8(ascii: "a") { letters = Array("n".utf8) + letters }
        if letters.count > 64 { letters = letters.prefix(40) + [UInt8(ascii: "_")] + letters.suffix(23) }
        let name = String(decoding: letters, as: UTF8.self)
        return reserved.contains(name) ? name + "_" : name
    }
}
