// SPDX-License-Identifier: Apache-2.0

/// A YAML text as a tree in which every node knows its bytes in the source.
///
/// A node handle from another document is a programmer error. An alias answers for the node it stands for, except that
/// `range(of:)` is the place of the alias.
public struct YAMLDocument: Sendable {
    /// What a node is made of.
    public enum Kind: Sendable, Equatable {
        /// One piece of text.
        case scalar
        /// A list of nodes.
        case sequence
        /// Pairs of a key and a value.
        case mapping
    }

    /// How a node is written.
    public enum Style: UInt8, Sendable, Equatable {
        /// A scalar without quotes, or an absent one.
        case plain
        /// A scalar in `'`.
        case singleQuoted
        /// A scalar in `"`.
        case doubleQuoted
        /// A scalar after `|`.
        case literal
        /// A scalar after `>`.
        case folded
        /// A collection by indentation.
        case block
        /// A collection in brackets or braces.
        case flow
    }

    let arena: Arena

    /// The outermost node.
    public let root: YAMLNode

    /// Line and column of every byte.
    public var lines: LineTable { arena.lines }

    /// The text that was parsed, byte for byte.
    public var source: [UInt8] { arena.source }

    /// Number of nodes, an alias counted as one.
    public var nodeCount: Int { arena.records.count }

    /// What the node is made of.
    public func kind(of node: YAMLNode) -> Kind {
        switch arena.resolved(node).shape {
        case .sequence: .sequence
        case .mapping: .mapping
        case .scalar, .alias: .scalar
        }
    }

    /// How the node is written.
    public func style(of node: YAMLNode) -> Style {
        arena.resolved(node).style
    }

    /// Bytes of the node in the source, without anchor and tag, up to the end of its last child or text.
    public func range(of node: YAMLNode) -> Range<Int> {
        let record = arena.records[Int(node.index)]
        return Int(record.start)..<Int(record.end)
    }

    /// The anchored node, when `node` is an alias; otherwise `node`.
    public func definition(of node: YAMLNode) -> YAMLNode {
        let record = arena.records[Int(node.index)]
        return record.shape == .alias ? YAMLNode(record.offset) : node
    }

    /// Whether a problem of this very node was reported, so that a reader need not complain about it again.
    public func isFaulty(_ node: YAMLNode) -> Bool {
        arena.records[Int(node.index)].isFaulty
    }

    /// Decoded text of a scalar as UTF-8; empty for a collection. The buffer is valid only inside `body`.
    public func withUTF8<R>(of node: YAMLNode, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        let record = arena.resolved(node)
        guard record.shape == .scalar else { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
        let range = Int(record.offset)..<Int(record.offset) + Int(record.length)
        return try (record.isInSource ? arena.source : arena.text).withUnsafeBufferPointer { bytes in
            try body(UnsafeBufferPointer(rebasing: bytes[range]))
        }
    }

    /// Decoded text of a scalar; empty for a collection.
    public func string(of node: YAMLNode) -> String {
        // The source was checked to be UTF-8 and libyaml decodes escapes to Unicode scalars: nothing is repaired here.
        withUTF8(of: node) { String(decoding: $0, as: UTF8.self) }
    }

    /// What the scalar means under the YAML 1.2 core schema. A quoted or block scalar is a string; so is a collection.
    public func scalar(of node: YAMLNode) -> YAMLScalar {
        let record = arena.resolved(node)
        guard record.shape == .scalar, record.style == .plain else { return .string }
        return withUTF8(of: node) { YAMLScalar(plain: $0) }
    }

    /// Items of a sequence or pairs of a mapping; 0 for a scalar.
    public func count(of node: YAMLNode) -> Int {
        let record = arena.resolved(node)
        switch record.shape {
        case .sequence: return Int(record.length)
        case .mapping: return Int(record.length) / 2
        case .scalar, .alias: return 0
        }
    }

    /// Items of a sequence; none for any other node.
    public func elements(of node: YAMLNode) -> YAMLElements {
        let target = definition(of: node)
        let record = arena.records[Int(target.index)]
        let count = record.shape == .sequence ? record.length : 0
        return YAMLElements(arena: arena, upcoming: target.index &+ 1, remaining: count)
    }

    /// Pairs of a mapping, duplicates too; none for any other node.
    public func pairs(of node: YAMLNode) -> YAMLPairs {
        let target = definition(of: node)
        let record = arena.records[Int(target.index)]
        let count = record.shape == .mapping ? record.length : 0
        return YAMLPairs(children: YAMLElements(arena: arena, upcoming: target.index &+ 1, remaining: count))
    }

    /// The value of the first pair with this key; looks at the keys one by one.
    public func value(of node: YAMLNode, forKey key: String) -> YAMLNode? {
        var key = key
        return key.withUTF8 { wanted in
            for pair in pairs(of: node) where kind(of: pair.key) == .scalar {
                if withUTF8(of: pair.key, { $0.count == wanted.count && $0.elementsEqual(wanted) }) {
                    return pair.value
                }
            }
            return nil
        }
    }
}
