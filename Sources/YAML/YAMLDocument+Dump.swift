// SPDX-License-Identifier: Apache-2.0

extension YAMLDocument {
    /// The tree as text: one line per node with its kind, its place and a scalar's text. A value stands below its key.
    public func dump() -> String {
        var text = ""
        dump(root, indent: 0, into: &text)
        return text
    }

    /// Recursion is as deep as the tree, which the limits bound. An alias is not followed.
    private func dump(_ node: YAMLNode, indent: Int, into text: inout String) {
        text += String(repeating: "  ", count: indent)
        let target = definition(of: node)
        if target != node {
            text += "alias \(place(range(of: node))) -> \(position(range(of: target).lowerBound))\n"
            return
        }
        switch kind(of: node) {
        case .scalar:
            let value = withUTF8(of: node) { shortened($0) }
            text += "\(typeName(of: node)) \(place(range(of: node))) \"\(value)\"\n"
        case .sequence:
            text += "sequence \(place(range(of: node))) \(style(of: node))\n"
            for element in elements(of: node) { dump(element, indent: indent + 1, into: &text) }
        case .mapping:
            text += "mapping \(place(range(of: node))) \(style(of: node))\n"
            for pair in pairs(of: node) {
                dump(pair.key, indent: indent + 1, into: &text)
                dump(pair.value, indent: indent + 2, into: &text)
            }
        }
    }

    private func typeName(of node: YAMLNode) -> String {
        switch scalar(of: node) {
        case .null: "null"
        case .bool: "bool"
        case .integer: "integer"
        case .number: "number"
        case .string: style(of: node) == .plain ? "string" : "string(\(style(of: node)))"
        case .outOfRange: "out-of-range"
        case .notFinite: "not-finite"
        }
    }

    private func place(_ range: Range<Int>) -> String {
        "\(position(range.lowerBound))-\(position(range.upperBound))"
    }

    private func position(_ offset: Int) -> String {
        let (line, column) = lines.position(at: offset)
        return "\(line):\(column)"
    }
}
