// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

extension LanguageServer {
    /// All places of names in an open text; nil while it is no YAML.
    mutating func occurrences(_ uri: String) -> Occurrences? {
        guard let analysis = analysis(uri), analysis.file == .workflow, let document = analysis.document else {
            return nil
        }
        return Occurrences(document, shape: shape)
    }

    mutating func definition(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, text) = try target(params)
        guard let occurrences = occurrences(uri) else { return definitionByOutline(uri, offset) }
        guard let occurrence = occurrences.at(offset) else { return .null }
        func location(_ range: Range<Int>) -> JSONValue { ["uri": .string(uri), "range": text.json(range)] }
        let path = files[uri]?.path
        switch occurrence.symbol {
        case .agent(let name) where !occurrences.of(occurrence.symbol).contains(where: \.isDefinition):
            guard let agent = agents(for: path).first(where: { $0.definition.name == name }) else { return .null }
            return Self.start(of: agent.path)
        case .file(let name):
            guard let path else { return .null }
            let file = FilePath.join(FilePath.dirname(path), name)
            return surroundings.readFile(file) == nil ? .null : Self.start(of: file)
        default: break
        }
        if let place = occurrences.of(occurrence.symbol).first(where: \.isDefinition) { return location(place.range) }
        // What a kind puts out by itself is declared nowhere: the node is where it comes from.
        switch occurrence.symbol {
        case .output(let node, _), .artifact(let node, _):
            return occurrences.of(.node(node)).first(where: \.isDefinition).map { location($0.range) } ?? .null
        default: return .null
        }
    }

    private static func start(of path: String) -> JSONValue {
        let place: JSONValue = ["line": 0, "character": 0]
        return ["uri": .string(FileURI.uri(path)), "range": ["start": place, "end": place]]
    }

    /// In a text that is no YAML: by its outline.
    private mutating func definitionByOutline(_ uri: String, _ offset: Int) -> JSONValue {
        guard let cursor = cursor(uri, offset) else { return .null }
        let wanted: (sections: [String], name: String)
        if let (path, _) = namePath(cursor), path.count > 1 {
            wanted = (path[0] == "nodes" ? ["nodes", "finally"] : [path[0]], path[1])
        } else if cursor.namesNode, cursor.place.role == .value {
            wanted = (["nodes", "finally"], cursor.text.text(cursor.outline.entries[cursor.place.entry].value))
        } else {
            return .null
        }
        for section in wanted.sections {
            guard let parent = cursor.outline.child(of: -1, key: section),
                let child = cursor.outline.child(of: parent, key: wanted.name)
            else { continue }
            return ["uri": .string(uri), "range": cursor.text.json(cursor.outline.entries[child].keyRange)]
        }
        return .null
    }

    mutating func references(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, text) = try target(params)
        guard let occurrences = occurrences(uri), let occurrence = occurrences.at(offset) else { return [] }
        let withDefinition = params["context"]?["includeDeclaration"]?.boolValue ?? true
        return .array(
            occurrences.of(occurrence.symbol).filter { withDefinition || !$0.isDefinition }.map {
                ["uri": .string(uri), "range": text.json($0.range)]
            })
    }

    mutating func highlights(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, text) = try target(params)
        guard let occurrences = occurrences(uri), let occurrence = occurrences.at(offset) else { return [] }
        return .array(
            occurrences.of(occurrence.symbol).map {
                ["range": text.json($0.range), "kind": $0.isDefinition ? 3 : 2]
            })
    }

    // MARK: Rename

    /// What can be renamed at an offset.
    private mutating func renamed(_ uri: String, _ offset: Int) -> (Occurrences, Occurrence)? {
        guard let occurrences = occurrences(uri), let occurrence = occurrences.at(offset) else { return nil }
        switch occurrence.symbol {
        case .node, .input, .output, .agent, .pool: break
        default: return nil
        }
        // A name that is given nowhere is a mistake, not a name.
        guard occurrences.of(occurrence.symbol).contains(where: \.isDefinition) else { return nil }
        return (occurrences, occurrence)
    }

    mutating func prepareRename(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, text) = try target(params)
        guard let (_, occurrence) = renamed(uri, offset) else { return .null }
        return ["range": text.json(occurrence.range), "placeholder": .string(text.text(occurrence.range))]
    }

    mutating func rename(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let (uri, offset, text) = try target(params)
        guard let name = params["newName"]?.stringValue else {
            throw RPCFault(.invalidParams, "`newName` is missing")
        }
        guard Self.isName(name) else {
            throw RPCFault(
                .invalidParams, "`\(name)` is not a name: a letter a–z, then letters, digits and `_`; at most 64")
        }
        guard let analysis = analysis(uri), analysis.document != nil else {
            throw RPCFault(.requestFailed, "the text cannot be read; rename when its faults are cured")
        }
        guard let (occurrences, occurrence) = renamed(uri, offset) else {
            throw RPCFault(
                .requestFailed,
                "only names that the workflow gives to nodes, inputs, outputs, agents and pools can be renamed")
        }
        let places = occurrences.of(occurrence.symbol)
        try check(places, name, uri, text, before: analysis)
        var changes = JSONObject()
        changes[uri] = .array(places.map { ["range": text.json($0.range), "newText": .string(name)] })
        return ["changes": .object(changes)]
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    /// Refuses a name that would make a fault, such as one that is taken or reserved: the compiler says so.
    private mutating func check(
        _ places: [Occurrence], _ name: String, _ uri: String, _ text: TextDocument, before: Analysis
    ) throws(RPCFault) {
        var bytes = text.bytes
        for place in places.reversed() { bytes.replaceSubrange(place.range, with: name.utf8) }
        let path = files[uri]?.path
        let after = Analysis(
            bytes, path: path, file: .workflow, kinds: shape.kinds, agents: agents(for: path),
            readFile: surroundings.readFile)
        func errors(_ analysis: Analysis) -> [Diagnostic] { analysis.diagnostics.filter { $0.severity == .error } }
        guard errors(after).count > errors(before).count else { return }
        let known = Set(errors(before).map(\.message))
        let fault = errors(after).first { !known.contains($0.message) } ?? errors(after).first
        throw RPCFault(.requestFailed, "`\(name)` cannot be used: \(fault?.message ?? "it makes a fault")")
    }
}
