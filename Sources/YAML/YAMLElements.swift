// SPDX-License-Identifier: Apache-2.0

/// The items of a sequence, in the order of the text.
public struct YAMLElements: Sequence, IteratorProtocol, Sendable {
    let arena: Arena
    var upcoming: UInt32
    var remaining: UInt32

    /// The next item.
    public mutating func next() -> YAMLNode? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let node = YAMLNode(upcoming)
        upcoming = arena.records[Int(upcoming)].subtreeEnd
        return node
    }

    /// Number of items that are left.
    public var underestimatedCount: Int { Int(remaining) }
}

/// The pairs of a mapping, in the order of the text.
public struct YAMLPairs: Sequence, IteratorProtocol, Sendable {
    var children: YAMLElements

    /// The next pair.
    public mutating func next() -> (key: YAMLNode, value: YAMLNode)? {
        guard let key = children.next(), let value = children.next() else { return nil }
        return (key, value)
    }

    /// Number of pairs that are left.
    public var underestimatedCount: Int { children.underestimatedCount / 2 }
}
