// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A proposal of what to write.
private struct Proposal {
    /// The numbers of the protocol.
    enum Kind: Int64 {
        case function = 3, field = 5, variable = 6, kind = 7, agent = 9, key = 10, value = 12, node = 18
    }

    var label: String
    var kind: Kind
    var detail = ""
    var documentation = ""
    /// What is written; the label if it is empty.
    var text = ""
}

extension LanguageServer {
    mutating func completion(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, _) = try target(params)
        guard let cursor = cursor(uri, offset) else { return .null }
        var proposals: [Proposal]
        var token = cursor.place.token
        if let expression = cursor.expression {
            guard let partial = PartialPath(expression) else { return .null }
            proposals = names(at: cursor, uri, partial)
            token = offset - partial.word.utf8.count..<offset
        } else if cursor.place.role == .key {
            proposals = keys(at: cursor, uri)
            // Below a key, a list or a plain value may also begin.
            if token.isEmpty, cursor.shape?.field != nil { proposals += values(at: cursor, uri) }
        } else {
            proposals = values(at: cursor, uri)
            token = Self.word(of: token, cursor.text)
        }
        return [
            "isIncomplete": false,
            "items": .array(
                proposals.enumerated().map { Self.json($0.element, order: $0.offset, token, cursor.text) }),
        ]
    }

    mutating func cursor(_ uri: String, _ offset: Int) -> Cursor? {
        guard let text = files[uri]?.text, let outline = files[uri]?.outlined(), let kind = files[uri]?.fileKind()
        else { return nil }
        return Cursor(offset, text, outline, kind, shape)
    }

    /// The part of a value that is replaced: without its opening quote.
    private static func word(of token: Range<Int>, _ text: TextDocument) -> Range<Int> {
        guard let first = token.first, text.bytes[first] == UInt8(ascii: "\"") || text.bytes[first] == UInt8(ascii: "'")
        else { return token }
        return token.dropFirst().startIndex..<token.upperBound
    }

    private static func json(_ proposal: Proposal, order: Int, _ token: Range<Int>, _ text: TextDocument) -> JSONValue {
        var item = JSONObject()
        item["label"] = .string(proposal.label)
        item["kind"] = .integer(proposal.kind.rawValue)
        if !proposal.detail.isEmpty { item["detail"] = .string(proposal.detail) }
        if !proposal.documentation.isEmpty {
            item["documentation"] = ["kind": "markdown", "value": .string(proposal.documentation)]
        }
        let digits = String(order)
        item["sortText"] = .string(String(repeating: "0", count: max(0, 5 - digits.count)) + digits)
        item["filterText"] = .string(proposal.label)
        item["textEdit"] = [
            "range": text.json(token), "newText": .string(proposal.text.isEmpty ? proposal.label : proposal.text),
        ]
        return .object(item)
    }

    // MARK: Keys

    private mutating func keys(at cursor: Cursor, _ uri: String) -> [Proposal] {
        guard let place = cursor.shape else { return [] }
        if cursor.nodeKey == "needs" { return nodes(at: cursor, uri, suffix: ": ") }
        var present = Set(cursor.outline.keys(in: cursor.place.entry))
        let token = cursor.place.token
        // The key that is being typed is not one that is there already.
        let end = cursor.text.range(ofLine: cursor.text.line(at: cursor.offset)).upperBound
        let rest = cursor.text.text(cursor.offset..<end)
        let own = outlineKey(at: token.lowerBound, cursor)
        if let own { present.remove(own) }
        let hasColon = own != nil && rest.drop { $0.isLetter || $0.isNumber || $0 == "_" }.hasPrefix(":")
        return shape.fields(at: place).filter { !present.contains($0.name) }.map { field in
            var isKind = false
            if case .node = place.shape { isKind = shape.kind(field.name) != nil }
            return Proposal(
                label: field.name, kind: isKind ? .kind : .key,
                detail: field.required ? "\(field.type.phrase) (required)" : field.type.phrase,
                documentation: FieldText.markdown(field), text: hasColon ? field.name : "\(field.name): ")
        }
    }

    private func outlineKey(at offset: Int, _ cursor: Cursor) -> String? {
        let last = cursor.outline.last(before: offset)
        guard last >= 0, cursor.outline.entries[last].keyRange.lowerBound == offset else { return nil }
        return cursor.outline.entries[last].key
    }

    // MARK: Values

    private mutating func values(at cursor: Cursor, _ uri: String) -> [Proposal] {
        guard let place = cursor.shape else { return [] }
        if cursor.namesNode { return nodes(at: cursor, uri, suffix: "") }
        var proposals: [Proposal] = []
        for type in place.types {
            switch type {
            case .boolean: proposals += ["true", "false"].map { Proposal(label: $0, kind: .value) }
            case .choice(let words):
                proposals += words.map {
                    Proposal(label: $0, kind: .value, detail: $0 == place.field?.fallback ? "default" : "")
                }
            case .object(let fields) where cursor.place.role == .value:
                proposals += fields.map {
                    Proposal(
                        label: $0.name, kind: .key, detail: $0.type.phrase, documentation: FieldText.markdown($0),
                        text: "\($0.name): ")
                }
            case .file:
                guard let path = files[uri]?.path else { continue }
                let folder = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex)
                proposals += surroundings.listFiles(String(folder)).prefix(200).map {
                    Proposal(label: $0, kind: .value)
                }
            default: break
            }
        }
        if cursor.nodeKey == "pool", place.types.contains(.string) {
            proposals += section("pools", cursor).map { Proposal(label: $0, kind: .value) }
        }
        if cursor.nodeKey == "agent", place.field?.name == "agent" {
            proposals += section("agents", cursor).map { Proposal(label: $0, kind: .agent) }
            proposals += agents(for: files[uri]?.path).map(\.definition).map {
                Proposal(
                    label: $0.name, kind: .agent, detail: $0.role ?? $0.title ?? "",
                    documentation: $0.description ?? "")
            }
        }
        return proposals
    }

    private mutating func nodes(at cursor: Cursor, _ uri: String, suffix: String) -> [Proposal] {
        let names = names(uri, node: nil)
        // From the text as it is, so that a node that was just written is there.
        let chain = cursor.outline.chain(to: cursor.place.entry)
        guard let first = chain.first, let name = cursor.outline.entries[first].key else { return [] }
        let taken = cursor.place.entry >= 0 ? neighbours(cursor) : []
        return section(name, cursor).filter { $0 != cursor.node && !taken.contains($0) }.map {
            Proposal(
                label: $0, kind: .node, documentation: names.nodeText($0) ?? "", text: suffix.isEmpty ? "" : $0 + suffix
            )
        }
    }

    /// The names under a key of the top level.
    private func section(_ name: String, _ cursor: Cursor) -> [String] {
        cursor.outline.child(of: -1, key: name).map { cursor.outline.keys(in: $0) } ?? []
    }

    /// The nodes that stand in the same `needs`.
    private func neighbours(_ cursor: Cursor) -> Set<String> {
        let chain = cursor.outline.chain(to: cursor.place.entry)
        guard chain.count > 2 else { return [] }
        var found: Set<String> = []
        for child in cursor.outline.children(of: chain[2]) {
            let entry = cursor.outline.entries[child]
            let place = entry.key == nil ? entry.value : entry.keyRange
            if !(place.lowerBound...place.upperBound).contains(cursor.offset) { found.insert(cursor.text.text(place)) }
        }
        return found
    }

    // MARK: Names in expressions

    private mutating func names(at cursor: Cursor, _ uri: String, _ partial: PartialPath) -> [Proposal] {
        let names = names(uri, node: cursor.node, inKey: cursor.nodeKey, at: cursor.offset)
        var proposals: [Proposal] = []
        for (name, type) in names.members(of: partial.path) where partial.path != ["nodes"] || name != cursor.node {
            let kind: Proposal.Kind =
                partial.path.isEmpty ? .variable : partial.path == ["nodes"] ? .node : .field
            proposals.append(
                Proposal(
                    label: name, kind: kind, detail: partial.path == ["nodes"] ? "" : NameTypes.text(type),
                    documentation: names.documentation(of: partial.path + [name]) ?? ""))
        }
        guard partial.path.isEmpty else { return proposals }
        for function in ExpressionFunction.all {
            proposals.append(
                Proposal(
                    label: function.name, kind: .function, detail: function.signature,
                    documentation: Self.text(function), text: "\(function.name)("))
        }
        return proposals
    }

    /// A function in a few words, as Markdown.
    static func text(_ function: ExpressionFunction) -> String {
        "`\(function.signature)`\n\n\(function.summary)\n\n"
            + "`\(function.example)` is `\(function.exampleResult.jsonText())`"
    }
}
