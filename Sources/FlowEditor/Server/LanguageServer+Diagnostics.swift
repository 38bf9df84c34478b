// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension LanguageServer {
    /// The most diagnostics that are sent for a text.
    private static let mostDiagnostics = 1000

    /// The diagnostics of all texts that have changed since they were sent.
    mutating func diagnostics() -> [JSONValue] {
        var out: [JSONValue] = []
        for uri in files.keys.sorted() where files[uri]?.isUnpublished == true {
            files[uri]?.isUnpublished = false
            var params: JSONObject = JSONObject()
            params["uri"] = .string(uri)
            if let version = files[uri]?.version { params["version"] = .integer(version) }
            params["diagnostics"] = .array(diagnostics(of: uri))
            out.append(RPCMessage.notification("textDocument/publishDiagnostics", .object(params)))
        }
        return out
    }

    private mutating func diagnostics(of uri: String) -> [JSONValue] {
        guard let text = files[uri]?.text else { return [] }
        guard !text.isTooLarge else {
            return [
                [
                    "range": text.json(0..<0), "severity": 1, "code": .string(DiagnosticCode.tooLarge.description),
                    "source": "flow",
                    "message": .string("the text is larger than \(TextDocument.largest >> 20) MiB and is not checked"),
                ]
            ]
        }
        guard let analysis = analysis(uri) else { return [] }
        let include = files[uri]?.outlined()
        let entry = include.flatMap { $0.child(of: -1, key: "include") }
        let place = include.flatMap { outline in entry.map { outline.entries[$0].keyRange } } ?? 0..<0
        return analysis.diagnostics.prefix(Self.mostDiagnostics).map { diagnostic in
            guard diagnostic.span.isKnown, diagnostic.span.file != 0 else {
                return Self.json(diagnostic, uri: uri, text)
            }
            // The fault of an included file is shown where the file is named.
            var told = diagnostic
            told.message = "\(analysis.sources.place(of: diagnostic.span)): \(diagnostic.message)"
            told.span = SourceSpan(file: 0, start: place.lowerBound, end: place.upperBound)
            told.related = []
            told.fixes = []
            return Self.json(told, uri: uri, text)
        }
    }

    static func json(_ diagnostic: Diagnostic, uri: String, _ text: TextDocument) -> JSONValue {
        var object = JSONObject()
        object["range"] = text.json(range(diagnostic.span))
        object["severity"] = diagnostic.severity == .error ? 1 : 2
        object["code"] = .string(diagnostic.code.description)
        object["source"] = "flow"
        let words = [diagnostic.message] + (diagnostic.label.isEmpty ? [] : [diagnostic.label])
        object["message"] = .string((words + diagnostic.help.map { "help: \($0)" }).joined(separator: "\n"))
        let related = diagnostic.related.filter { $0.span.file == 0 }
        if !related.isEmpty {
            object["relatedInformation"] = .array(
                related.map {
                    [
                        "location": ["uri": .string(uri), "range": text.json(range($0.span))],
                        "message": .string($0.text),
                    ]
                })
        }
        if !diagnostic.fixes.isEmpty {
            object["data"] = [
                "fixes": .array(
                    diagnostic.fixes.map { ["title": .string($0.message), "edits": .array(edits($0, text))] })
            ]
        }
        return .object(object)
    }

    static func range(_ span: SourceSpan) -> Range<Int> {
        guard span.isKnown else { return 0..<0 }
        return Int(span.start)..<Int(max(span.start, span.end))
    }

    private static func edits(_ fix: Diagnostic.Fix, _ text: TextDocument) -> [JSONValue] {
        fix.edits.map { ["range": text.json(range($0.span)), "newText": .string($0.replacement)] }
    }

    // MARK: Quick fixes

    mutating func codeActions(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let uri = try uri(params)
        guard let text = files[uri]?.text, let start = TextDocument.position(params["range"]?["start"]),
            let end = TextDocument.position(params["range"]?["end"])
        else { throw RPCFault(.invalidParams, "`range` is missing") }
        if let only = params["context"]?["only"]?.arrayValue,
            !only.contains(where: { $0.stringValue.map { "quickfix".hasPrefix($0) } ?? false })
        {
            return []
        }
        let low = text.offset(of: start)
        let high = max(low, text.offset(of: end))
        var actions: [JSONValue] = []
        for diagnostic in analysis(uri)?.diagnostics ?? [] where diagnostic.span.file == 0 {
            let place = Self.range(diagnostic.span)
            guard place.lowerBound <= high, low <= place.upperBound else { continue }
            for fix in diagnostic.fixes where fix.edits.allSatisfy({ $0.span.file == 0 }) {
                var action = JSONObject()
                action["title"] = .string(fix.message)
                action["kind"] = "quickfix"
                action["diagnostics"] = [Self.json(diagnostic, uri: uri, text)]
                action["isPreferred"] = .bool(fix.applicability == .machineApplicable)
                var changes = JSONObject()
                changes[uri] = .array(Self.edits(fix, text))
                action["edit"] = ["changes": .object(changes)]
                actions.append(.object(action))
            }
        }
        return .array(actions)
    }
}
