// SPDX-License-Identifier: Apache-2.0

/// Writes diagnostics for people and for programs.
public struct DiagnosticPrinter: Sendable {
    /// A way of writing diagnostics.
    public enum Style: Sendable, Hashable {
        /// With the lines of the source and marks under them, in colours of a terminal or not.
        case full(colour: Bool)
        /// One line each: `file:line:column: error[F0204]: message`.
        case concise
        /// One JSON object a line.
        case json
        /// Workflow commands, which a CI service shows beside the changed lines.
        case github
    }

    /// The way of writing.
    public let style: Style

    /// A printer of a style.
    public init(_ style: Style) { self.style = style }

    /// The text of a diagnostic, with a line break at its end.
    public func text(_ diagnostic: Diagnostic, in sources: SourceMap) -> String {
        switch style {
        case .full(let colour): fullText(diagnostic, sources, palette: colour ? .colours : .plain)
        case .concise:
            "\(Self.printable(sources.place(of: diagnostic.span))): \(Self.head(diagnostic)): "
                + "\(Self.printable(diagnostic.message))\n"
        case .json: Self.json(diagnostic, sources).jsonText() + "\n"
        case .github: Self.workflowCommand(diagnostic, sources) + "\n"
        }
    }

    /// The text of diagnostics in the given order; full texts have an empty line between them. What is beyond `limit` is
    /// only counted in a last line.
    public func text(_ diagnostics: [Diagnostic], in sources: SourceMap, limit: Int = .max) -> String {
        let separator = if case .full = style { "\n" } else { "" }
        let shown = diagnostics.prefix(Swift.max(limit, 0)).map { text($0, in: sources) }.joined(separator: separator)
        let hidden = diagnostics.count - Swift.min(diagnostics.count, Swift.max(limit, 0))
        return hidden == 0
            ? shown : shown + separator + "and \(hidden) more; `flow validate --max-errors 0` shows all\n"
    }

    /// `error[F0204]`
    static func head(_ diagnostic: Diagnostic) -> String { "\(diagnostic.severity.rawValue)[\(diagnostic.code)]" }

    /// A text on one line, in which nothing acts on a terminal.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" {
                result += " "
            } else if let name = PrintedLine.escape(scalar) {
                result += name
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension DiagnosticPrinter {
    private static func json(_ diagnostic: Diagnostic, _ sources: SourceMap) -> JSONValue {
        var object = JSONObject()
        object["code"] = .string(diagnostic.code.description)
        object["severity"] = .string(diagnostic.severity.rawValue)
        object["message"] = .string(diagnostic.message)
        object["file"] = file(diagnostic.span, sources)
        object["range"] = range(diagnostic.span, sources)
        object["label"] = .string(diagnostic.label)
        object["related"] = .array(
            diagnostic.related.map {
                ["message": .string($0.text), "file": file($0.span, sources), "range": range($0.span, sources)]
            })
        object["help"] = .array(diagnostic.help.map { .string($0) })
        object["fixes"] = .array(
            diagnostic.fixes.map { fix in
                [
                    "message": .string(fix.message), "applicability": .string(fix.applicability.rawValue),
                    "edits": .array(
                        fix.edits.map {
                            [
                                "file": file($0.span, sources), "range": range($0.span, sources),
                                "replacement": .string($0.replacement),
                            ]
                        }),
                ]
            })
        return .object(object)
    }

    private static func file(_ span: SourceSpan, _ sources: SourceMap) -> JSONValue {
        sources.file(of: span).map { .string($0.name) } ?? .null
    }

    private static func range(_ span: SourceSpan, _ sources: SourceMap) -> JSONValue {
        guard let file = sources.file(of: span) else { return .null }
        func place(_ offset: UInt32) -> JSONValue {
            let position = file.position(at: Int(offset))
            return [
                "line": .integer(Int64(position.line)), "column": .integer(Int64(position.column)),
                "offset": .integer(Int64(offset)),
            ]
        }
        return ["start": place(span.start), "end": place(span.end)]
    }

    private static func workflowCommand(_ diagnostic: Diagnostic, _ sources: SourceMap) -> String {
        var properties: [String] = []
        if let file = sources.file(of: diagnostic.span) {
            let start = file.position(at: Int(diagnostic.span.start))
            let end = file.position(at: Int(diagnostic.span.end))
            properties = ["file=\(escaped(file.name, isProperty: true))", "line=\(start.line)", "col=\(start.column)"]
            properties += ["endLine=\(end.line)", "endColumn=\(end.column)"]
        }
        properties.append("title=\(escaped(head(diagnostic), isProperty: true))")
        let message = ([diagnostic.message] + diagnostic.help.map { "help: \($0)" }).joined(separator: "\n")
        return "::\(diagnostic.severity.rawValue) \(properties.joined(separator: ","))::"
            + escaped(message, isProperty: false)
    }

    private static func escaped(_ text: String, isProperty: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            case ":" where isProperty: result += "%3A"
            case "," where isProperty: result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
