// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Puts values into a YAML text as edits, so that all that is not touched stays as it is written.
///
/// Each way of editing is checked on its result; where anchors, aliases or an unusual layout stand in the way, the next
/// one writes more anew: first only the values, then all aliases written out, then the whole mapping.
struct TreePatch {
    /// A mapping of the document, by the keys on the way to it, and what is merged into it.
    struct Target {
        var path: [String]
        var change: JSONValue
    }

    private typealias Edit = Diagnostic.Fix.Edit

    private let document: YAMLDocument
    private let rewritesWhole: Bool
    private var edits: [Edit] = []

    /// The text with its changes; nil when no way of editing gives what was asked for.
    static func text(_ bytes: [UInt8], _ targets: [Target]) -> [UInt8]? {
        guard let document = YAMLDocument.parse(bytes).document else { return nil }
        var expected = document.json(document.root)
        for target in targets { expected = expected.replacing(target.path) { $0.merging(target.change) } }
        let hasAliases = aliases(of: document).isEmpty == false
        for rewritesWhole in [false, true] {
            for expands in hasAliases ? [false, true] : [false] {
                guard let base = expands ? expanded(document) : document else { continue }
                var patch = TreePatch(document: base, rewritesWhole: rewritesWhole)
                guard patch.apply(targets) else { continue }
                let result = TextFixer.text(base.source, with: patch.edits)
                let (parsed, problems) = YAMLDocument.parse(result)
                if let parsed, problems.isEmpty, parsed.json(parsed.root) == expected { return result }
            }
        }
        return nil
    }

    private init(document: YAMLDocument, rewritesWhole: Bool) {
        self.document = document
        self.rewritesWhole = rewritesWhole
    }

    private mutating func apply(_ targets: [Target]) -> Bool {
        for target in targets {
            var node = document.root
            for key in target.path {
                guard let next = document.value(of: node, forKey: key) else { return false }
                node = next
            }
            if rewritesWhole {
                replace(node, document.json(node).merging(target.change))
            } else {
                merge(target.change, into: node)
            }
        }
        return true
    }

    // MARK: Aliases

    private static func aliases(of document: YAMLDocument) -> [YAMLNode] {
        var found: [YAMLNode] = []
        var open = [document.root]
        while let node = open.popLast() {
            guard document.definition(of: node) == node else {
                found.append(node)
                continue
            }
            for item in document.elements(of: node) { open.append(item) }
            for pair in document.pairs(of: node) { open.append(pair.value) }
        }
        return found
    }

    /// The document with the value of each alias in its place.
    private static func expanded(_ document: YAMLDocument) -> YAMLDocument? {
        var patch = TreePatch(document: document, rewritesWhole: false)
        for alias in aliases(of: document) { patch.replace(alias, document.json(alias)) }
        return YAMLDocument.parse(TextFixer.text(document.source, with: patch.edits)).document
    }

    // MARK: Edits

    private mutating func edit(_ range: Range<Int>, _ text: String) {
        edits.append(
            Edit(SourceSpan(file: 0, start: range.lowerBound, end: range.upperBound), replacement: text))
    }

    private func byte(_ place: Int) -> UInt8? {
        document.source.indices.contains(place) ? document.source[place] : nil
    }

    private mutating func replace(_ node: YAMLNode, _ value: JSONValue) {
        let range = document.range(of: node)
        var text = value.flowText
        if byte(range.lowerBound - 1) == UInt8(ascii: ":") { text = " " + text }
        // The text of a block ends with its last line.
        if !range.isEmpty, byte(range.upperBound - 1) == 0x0A { text += "\n" }
        edit(range, text)
    }

    private mutating func merge(_ change: JSONValue, into node: YAMLNode) {
        guard case .object(let members) = change, document.kind(of: node) == .mapping,
            document.definition(of: node) == node, document.count(of: node) > 0
        else { return replace(node, document.json(node).merging(change)) }
        var added: [String] = []
        let pairs = Array(document.pairs(of: node))
        for member in members {
            let place = pairs.firstIndex { document.string(of: $0.key) == member.key }
            switch (place, member.value) {
            case (nil, .null): break
            case (nil, let value):
                added.append("\(JSONValue.flowKey(member.key)): \(JSONValue.null.merging(value).flowText)")
            case (let place?, .null): remove(place, of: pairs, in: node)
            case (let place?, let value): merge(value, into: pairs[place].value)
            }
        }
        if !added.isEmpty { insert(added, after: pairs[pairs.count - 1], in: node) }
    }

    /// Adds members behind the last one.
    private mutating func insert(
        _ members: [String], after last: (key: YAMLNode, value: YAMLNode), in node: YAMLNode
    ) {
        let end = document.range(of: last.value).upperBound
        if document.style(of: node) == .flow {
            return edit(end..<end, ", " + members.joined(separator: ", "))
        }
        let start = lineStart(of: document.range(of: last.key).lowerBound)
        var indent = document.range(of: last.key).lowerBound - start
        if byte(start) == 0xEF, start == 0 { indent -= 3 }
        let prefix = String(repeating: " ", count: max(indent, 0))
        let lineBreak = document.source.contains(0x0D) ? "\r\n" : "\n"
        let lines = members.map { prefix + $0 }.joined(separator: lineBreak)
        if end > 0, byte(end - 1) == 0x0A { return edit(end..<end, lines + lineBreak) }
        let place = lineEnd(of: end)
        edit(place..<place, lineBreak + lines)
    }

    private mutating func remove(_ place: Int, of pairs: [(key: YAMLNode, value: YAMLNode)], in node: YAMLNode) {
        let key = document.range(of: pairs[place].key)
        let value = document.range(of: pairs[place].value)
        if pairs.count == 1 { return replace(node, .object(JSONObject())) }
        if document.style(of: node) == .flow {
            if place + 1 < pairs.count {
                return edit(key.lowerBound..<document.range(of: pairs[place + 1].key).lowerBound, "")
            }
            return edit(document.range(of: pairs[place - 1].value).upperBound..<value.upperBound, "")
        }
        let start = lineStart(of: key.lowerBound)
        var end = value.upperBound
        if end <= key.upperBound || byte(end - 1) != 0x0A {
            end = lineEnd(of: end)
            if byte(end) == 0x0D { end += 1 }
            if byte(end) == 0x0A { end += 1 }
        }
        edit(start..<end, "")
    }

    private func lineStart(of offset: Int) -> Int {
        var start = offset
        while let byte = byte(start - 1), byte != 0x0A, byte != 0x0D { start -= 1 }
        return start
    }

    private func lineEnd(of offset: Int) -> Int {
        var end = offset
        while let byte = byte(end), byte != 0x0A, byte != 0x0D { end += 1 }
        return end
    }
}

extension JSONValue {
    /// The value with what lies at the end of a way of keys replaced.
    fileprivate func replacing(_ path: [String], _ body: (JSONValue) -> JSONValue) -> JSONValue {
        guard let key = path.first else { return body(self) }
        guard var object = objectValue, let value = object[key] else { return self }
        object[key] = value.replacing(Array(path.dropFirst()), body)
        return .object(object)
    }
}
