// SPDX-License-Identifier: Apache-2.0

/// A set of nodes: one bit for each.
struct NodeSet: Sendable {
    private var words: [UInt64] = []

    /// Whether a node is in the set.
    func contains(_ node: Int) -> Bool {
        node >> 6 < words.count && words[node >> 6] & (1 << UInt64(node & 63)) != 0
    }

    /// Adds a node. False if it was there.
    @discardableResult
    mutating func insert(_ node: Int) -> Bool {
        if node >> 6 >= words.count {
            words.append(contentsOf: repeatElement(0, count: (node >> 6) + 1 - words.count))
        }
        let bit: UInt64 = 1 << UInt64(node & 63)
        defer { words[node >> 6] |= bit }
        return words[node >> 6] & bit == 0
    }

    /// Takes a node out.
    mutating func remove(_ node: Int) {
        if node >> 6 < words.count { words[node >> 6] &= ~(1 << UInt64(node & 63)) }
    }
}
