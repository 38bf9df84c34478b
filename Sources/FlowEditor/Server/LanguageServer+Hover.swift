// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension LanguageServer {
    mutating func hover(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, text) = try target(params)
        guard let cursor = cursor(uri, offset) else { return .null }
        guard let (words, range) = expressionHover(cursor, uri) ?? keyHover(cursor, uri) ?? valueHover(cursor, uri)
        else { return .null }
        return ["contents": ["kind": "markdown", "value": .string(words)], "range": text.json(range)]
    }

    /// The name or the function under the cursor.
    private mutating func expressionHover(_ cursor: Cursor, _ uri: String) -> (String, Range<Int>)? {
        guard let (path, range) = namePath(cursor) else { return nil }
        let bytes = cursor.text.bytes
        if path.count == 1, range.upperBound < bytes.count, bytes[range.upperBound] == UInt8(ascii: "("),
            let function = ExpressionFunction.named(path[0])
        {
            return (Self.text(function), range)
        }
        let names = names(uri, node: cursor.node, inKey: cursor.nodeKey, at: cursor.offset)
        return names.documentation(of: path).map { ($0, range) }
    }

    /// The path of names up to the one under the cursor, `nodes.a` of `nodes.a.outputs`, and where it is written.
    func namePath(_ cursor: Cursor) -> (path: [String], range: Range<Int>)? {
        guard cursor.expression != nil else { return nil }
        let bytes = cursor.text.bytes
        var end = cursor.offset
        while end < bytes.count, PartialPath.isNameByte(bytes[end]) { end += 1 }
        // The expression up to the end of the word.
        var outer = cursor.expression ?? ""
        outer += cursor.text.text(cursor.offset..<end)
        guard let partial = PartialPath(outer), !partial.word.isEmpty else { return nil }
        let path = partial.path + [partial.word]
        let length = path.reduce(path.count - 1) { $0 + $1.utf8.count }
        return end >= length ? (path, end - length..<end) : nil
    }

    private mutating func keyHover(_ cursor: Cursor, _ uri: String) -> (String, Range<Int>)? {
        guard cursor.place.role == .key else { return nil }
        let index = cursor.outline.last(before: cursor.offset)
        guard index >= 0, let key = cursor.outline.entries[index].key else { return nil }
        let range = cursor.outline.entries[index].keyRange
        guard range.lowerBound <= cursor.offset, cursor.offset <= range.upperBound, let place = cursor.shape else {
            return nil
        }
        if place.shape == .nodes || cursor.nodeKey == "needs" {
            return names(uri, node: nil).nodeText(key).map { ($0, range) }
        }
        guard let field = shape.fields(at: place).first(where: { $0.name == key }) else { return nil }
        return (FieldText.markdown(field), range)
    }

    private mutating func valueHover(_ cursor: Cursor, _ uri: String) -> (String, Range<Int>)? {
        guard cursor.place.role == .value, cursor.outline.entries.indices.contains(cursor.place.entry) else {
            return nil
        }
        let entry = cursor.outline.entries[cursor.place.entry]
        guard entry.style == .plain || entry.style == .quoted, entry.value.lowerBound <= cursor.offset,
            cursor.offset <= entry.value.upperBound
        else { return nil }
        var word = cursor.text.text(entry.value)
        if entry.style == .quoted, word.utf8.count >= 2 { word = String(word.dropFirst().dropLast()) }
        if cursor.namesNode { return names(uri, node: nil).nodeText(word).map { ($0, entry.value) } }
        if cursor.nodeKey == "agent", cursor.shape?.field?.name == "agent",
            let agent = agents(for: files[uri]?.path).map(\.definition).first(where: { $0.name == word })
        {
            let lines = ["agent `\(agent.name)`", agent.role, agent.description].compactMap { $0 }
            return (lines.joined(separator: "\n\n"), entry.value)
        }
        guard let field = cursor.shape?.field, cursor.shape?.types.contains(where: Self.isWord) == true else {
            return nil
        }
        return (FieldText.markdown(field), entry.value)
    }

    private static func isWord(_ type: FieldType) -> Bool {
        switch type {
        case .choice, .boolean, .integer, .number, .duration, .size: true
        default: false
        }
    }
}
