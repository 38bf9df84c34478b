// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import YAML

/// A value of a foreign text, with its place.
struct ForeignValue {
    let document: YAMLDocument
    let node: YAMLNode

    var isMapping: Bool { document.kind(of: node) == .mapping }
    var isSequence: Bool { document.kind(of: node) == .sequence }
    var isScalar: Bool { document.kind(of: node) == .scalar }
    var isNull: Bool { isScalar && document.scalar(of: node) == .null }

    /// The bytes of the value in its file, which is always the first one.
    var span: SourceSpan {
        let range = document.range(of: node)
        return SourceSpan(file: 0, start: range.lowerBound, end: range.upperBound)
    }

    /// The text of a scalar, as written; nil for null and collections.
    var text: String? { isScalar && !isNull ? document.string(of: node) : nil }

    /// The value of a key of a mapping; nil when it is missing or null.
    subscript(key: String) -> ForeignValue? {
        guard let value = document.value(of: node, forKey: key) else { return nil }
        let found = ForeignValue(document: document, node: value)
        return found.isNull ? nil : found
    }

    /// The items of a list; none for anything else.
    var elements: [ForeignValue] { document.elements(of: node).map { ForeignValue(document: document, node: $0) } }

    /// A list as it is, or one value as a list of it.
    var oneOrMore: [ForeignValue] { isSequence ? elements : isNull ? [] : [self] }

    /// The pairs of a mapping; none for anything else.
    var pairs: [(key: ForeignValue, value: ForeignValue)] {
        document.pairs(of: node).map {
            (ForeignValue(document: document, node: $0.key), ForeignValue(document: document, node: $0.value))
        }
    }

    /// The key of a pair as text.
    var name: String { document.string(of: node) }

    /// The value as JSON. A number beyond 64 bits becomes a text.
    var json: JSONValue { document.json(node) }
}
