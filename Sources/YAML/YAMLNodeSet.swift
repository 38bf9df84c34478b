// SPDX-License-Identifier: Apache-2.0

/// A set of nodes of one document: a bit for each node up to the last one in it.
public struct YAMLNodeSet: Sendable {
    private var words: [UInt64] = []

    /// An empty set.
    public init() {}

    /// Adds a node. False when it was there already.
    public mutating func insert(_ node: YAMLNode) -> Bool {
        let (word, bit) = (Int(node.index >> 6), UInt64(1) << UInt64(node.index & 63))
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word - words.count + 1)) }
        if words[word] & bit != 0 { return false }
        words[word] |= bit
        return true
    }
}
