// SPDX-License-Identifier: Apache-2.0

import YAML

/// Whether two texts say the same: the same values, in the same order where order means something.
struct TreeComparison {
    private let old: YAMLDocument
    private let new: YAMLDocument
    /// Mappings of the old text whose keys may stand in another order.
    private let sorted: Set<YAMLNode>
    /// Which node of the new text has taken the place of one of the old.
    private var places: [YAMLNode: YAMLNode] = [:]

    init(_ old: YAMLDocument, _ new: YAMLDocument, sorted: Set<YAMLNode>) {
        self.old = old
        self.new = new
        self.sorted = sorted
    }

    mutating func areEqual() -> Bool {
        guard old.nodeCount == new.nodeCount else { return false }
        return compare(old.root, new.root)
    }

    private mutating func compare(_ a: YAMLNode, _ b: YAMLNode) -> Bool {
        let (homeA, homeB) = (old.definition(of: a), new.definition(of: b))
        guard (homeA == a) == (homeB == b) else { return false }
        // An alias stands for the same node as before; an anchor comes before its aliases.
        guard homeA == a else { return places[homeA] == homeB }
        places[a] = b
        guard old.kind(of: a) == new.kind(of: b), old.style(of: a) == new.style(of: b) else { return false }
        switch old.kind(of: a) {
        case .scalar:
            return old.scalar(of: a) == new.scalar(of: b)
                && old.withUTF8(of: a) { left in new.withUTF8(of: b) { left.elementsEqual($0) } }
        case .sequence:
            guard old.count(of: a) == new.count(of: b) else { return false }
            for (left, right) in zip(old.elements(of: a), new.elements(of: b)) where !compare(left, right) {
                return false
            }
            return true
        case .mapping:
            guard old.count(of: a) == new.count(of: b) else { return false }
            var pairs = Array(new.pairs(of: b))
            if sorted.contains(a) {
                var byKey: [String: (key: YAMLNode, value: YAMLNode)] = [:]
                for pair in pairs { byKey[new.string(of: pair.key)] = pair }
                pairs = old.pairs(of: a).compactMap { byKey[old.string(of: $0.key)] }
                guard pairs.count == old.count(of: a) else { return false }
            }
            for (left, right) in zip(old.pairs(of: a), pairs) {
                guard compare(left.key, right.key), compare(left.value, right.value) else { return false }
            }
            return true
        }
    }
}
