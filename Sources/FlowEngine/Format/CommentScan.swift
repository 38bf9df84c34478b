// SPDX-License-Identifier: Apache-2.0

import YAML

/// Finds the comments of a text: what follows a `#` that no value holds.
struct CommentScan {
    /// The comments from `#` on, without blanks at the end, in order of the text.
    static func comments(of tree: YAMLDocument) -> [[UInt8]] {
        var scan = CommentScan(tree: tree)
        scan.cover(tree.root)
        return scan.found()
    }

    private let tree: YAMLDocument
    /// Byte ranges of scalars, in order of the text.
    private var covered: [Range<Int>] = []

    private init(tree: YAMLDocument) { self.tree = tree }

    private mutating func cover(_ node: YAMLNode) {
        guard tree.definition(of: node) == node else { return }
        if tree.kind(of: node) == .scalar {
            let range = tree.range(of: node)
            switch tree.style(of: node) {
            case .literal, .folded:
                // A comment may follow the header.
                let header = tree.source[range].firstIndex(of: 0x0A) ?? range.upperBound
                covered.append(header..<range.upperBound)
            default: covered.append(range)
            }
            return
        }
        for element in tree.elements(of: node) { cover(element) }
        for pair in tree.pairs(of: node) {
            cover(pair.key)
            cover(pair.value)
        }
    }

    private func found() -> [[UInt8]] {
        let source = tree.source
        var comments: [[UInt8]] = []
        var next = 0
        var index = 0
        while index < source.count {
            while next < covered.count, covered[next].upperBound <= index { next += 1 }
            if next < covered.count, covered[next].contains(index) {
                index = covered[next].upperBound
                continue
            }
            guard source[index] == 0x23 else {
                index += 1
                continue
            }
            let end = source[index...].firstIndex(of: 0x0A) ?? source.count
            comments.append(SourceLines.trimmed(source[index..<end]))
            index = end
        }
        return comments
    }
}
