// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import YAML

/// Writes entries of a workflow's text anew, and leaves all others as they are.
struct EjectedText {
    private let document: YAMLDocument
    private let source: [UInt8]

    init(_ document: YAMLDocument) {
        self.document = document
        source = document.source
    }

    /// The text with other values of entries, by section and name; nil when it does not come out as it should.
    func replacing(_ sections: [String: JSONObject]) -> [UInt8]? {
        var expected = document.json(document.root).objectValue ?? JSONObject()
        for (section, entries) in sections {
            var object = expected[section]?.objectValue ?? JSONObject()
            for entry in entries { object[entry.key] = entry.value }
            expected[section] = .object(object)
        }
        let edited = edit(sections, expected)
        if value(of: edited) == .object(expected) { return edited }
        // Anchors, or an unusual layout: all of it anew.
        let whole = block(expected, column: 0)
        return value(of: whole) == .object(expected) ? whole : nil
    }

    private func value(of bytes: [UInt8]) -> JSONValue? {
        let (document, problems) = YAMLDocument.parse(bytes)
        guard let document, problems.isEmpty else { return nil }
        return document.json(document.root)
    }

    private func edit(_ sections: [String: JSONObject], _ expected: JSONObject) -> [UInt8] {
        var edits: [(range: Range<Int>, text: [UInt8])] = []
        for pair in document.pairs(of: document.root) {
            let section = document.string(of: pair.key)
            guard let entries = sections[section] else { continue }
            if document.kind(of: pair.value) == .mapping, document.style(of: pair.value) == .block {
                for inner in document.pairs(of: pair.value) {
                    let name = document.string(of: inner.key)
                    guard let value = entries[name] else { continue }
                    edits.append(replacement(of: inner, by: value))
                }
            } else if let value = expected[section] {
                edits.append(replacement(of: pair, by: value))
            }
        }
        var text = source
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            text.replaceSubrange(edit.range, with: edit.text)
        }
        return text
    }

    /// The lines of an entry, and what stands there instead.
    private func replacement(
        of pair: (key: YAMLNode, value: YAMLNode), by value: JSONValue
    ) -> (range: Range<Int>, text: [UInt8]) {
        let key = document.range(of: pair.key)
        var start = key.lowerBound
        while start > 0, source[start - 1] != 0x0A { start -= 1 }
        var end = max(key.upperBound, document.range(of: pair.value).upperBound)
        while end < source.count, end == 0 || source[end - 1] != 0x0A { end += 1 }
        let entry = JSONObject([JSONObject.Member(key: document.string(of: pair.key), value: value)])
        return (start..<end, block(entry, column: key.lowerBound - start))
    }

    /// Members as lines that begin at a column.
    private func block(_ members: JSONObject, column: Int) -> [UInt8] {
        var writer = YAMLWriter()
        for member in members { writer.pair(member.key, member.value, indent: 0) }
        guard column > 0 else { return Array(writer.text.utf8) }
        let prefix = String(repeating: " ", count: column)
        var text = ""
        for line in writer.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            text += (line.isEmpty ? "" : prefix + line) + "\n"
        }
        return Array(text.utf8)
    }
}
