// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// The edits that cure what the rules of references find.
extension ReferenceRules {
    /// The mapping of a node in the text.
    private func mapping(of node: Int, _ reader: DocumentReader) -> YAMLNode? {
        // Each look walks over the nodes; a file with very many faults gets its fixes bit by bit.
        guard reader.diagnostics.count < 200 else { return nil }
        let document = reader.document
        let part = node < definition.nodes.count ? "nodes" : "finally"
        guard let nodes = document.value(of: document.root, forKey: part), reader.isWritten(nodes) else { return nil }
        return document.value(of: nodes, forKey: self.nodes[node].id)
    }

    /// Adds `name` to what a node waits for.
    func needFix(_ name: String, of node: Int, _ reader: DocumentReader) -> Diagnostic.Fix? {
        guard let mapping = mapping(of: node, reader), reader.isWritten(mapping) else { return nil }
        let message = "add `\(name)` to `needs`"
        if let needs = reader.document.value(of: mapping, forKey: "needs") {
            return reader.addition(of: name, toNeeds: needs).map {
                Diagnostic.Fix(message, applicability: .machineApplicable, edits: $0)
            }
        }
        return reader.insertion(of: "needs: [\(name)]", into: mapping).map {
            Diagnostic.Fix(message, applicability: .machineApplicable, edits: [$0])
        }
    }

    /// Gives a default to a reference. Which one is meant is for a person to say.
    func defaultFix(
        _ reference: ExpressionReference, _ fallback: String, _ site: ExpressionSite, _ reader: DocumentReader
    ) -> Diagnostic.Fix? {
        let document = reader.document
        guard !reference.isDynamic, reader.isWritten(site.scalar) else { return nil }
        let quote = document.style(of: site.scalar) == .singleQuoted ? "\"\"" : "''"
        let value = fallback == "''" ? quote : fallback
        let span = reader.span(reference.range, in: site.scalar)
        // Alone, the reference needs no brackets around it and its default.
        var isAlone = false
        site.template.forEachExpression { expression, offset in
            let text = expression.text.split(whereSeparator: \.isWhitespace).joined()
            let range = offset..<offset + expression.text.utf8.count
            if range.contains(reference.range.lowerBound), text == reference.path.joined(separator: ".") {
                isAlone = true
            }
        }
        let start = SourceSpan(file: reader.file, start: Int(span.start), end: Int(span.start))
        let end = SourceSpan(file: reader.file, start: Int(span.end), end: Int(span.end))
        typealias Edit = Diagnostic.Fix.Edit
        return Diagnostic.Fix(
            "give a default: `?? \(value)`",
            edits: isAlone
                ? [Edit(end, replacement: " ?? \(value)")]
                : [Edit(start, replacement: "("), Edit(end, replacement: " ?? \(value))")])
    }

    // MARK: Shell text

    /// Names of variables that programs rely on.
    private static let takenVariables: Set<String> = [
        "PATH", "HOME", "USER", "SHELL", "PWD", "OLDPWD", "IFS", "TERM", "LANG", "TZ", "TMPDIR", "LOGNAME", "UID",
        "HOSTNAME", "RANDOM", "SECONDS", "LINENO", "PS1", "OPTARG", "OPTIND", "REPLY", "EDITOR", "DISPLAY", "CI",
    ]

    /// Names for the variable that hands a value over, the shortest first.
    private func variables(_ expression: Expression) -> [String] {
        let path = expression.references.first?.path ?? []
        let words = path.map { word in
            word.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        }
        let last = words.last ?? "VALUE"
        let long = words.isEmpty ? "THE_VALUE" : words.joined(separator: "_")
        return [last, long] + (2...9).map { "\(last)_\($0)" }
    }

    /// The variable for an expression, and whether the node has it already.
    func variable(
        for expression: Expression, _ text: String, script: String, _ node: NodeDefinition
    ) -> (name: String, isThere: Bool)? {
        let entries = definition.env + node.options.env
        for name in variables(expression) {
            guard let first = name.utf8.first, !(0x30...0x39).contains(first), !Self.takenVariables.contains(name),
                !name.hasPrefix("FLOW_")
            else { continue }
            if let entry = entries.last(where: { $0.name == name }) {
                if case .expression(let known, _) = entry.template, Self.words(of: known.text) == text {
                    return (name, true)
                }
                continue
            }
            if !Self.mentions(script, name) { return (name, false) }
        }
        return nil
    }

    static func words(of text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    /// Whether a script uses or sets a variable.
    private static func mentions(_ script: String, _ name: String) -> Bool {
        ["$\(name)", "${\(name)", "\(name)=", "read \(name)"].contains { script.contains($0) }
    }

    /// Hands a value over by `env` and uses the variable where the expression stood.
    func shellFix(
        _ expression: Expression, at offset: Int, _ site: ExpressionSite, node: Int, _ reader: DocumentReader
    ) -> Diagnostic.Fix? {
        let document = reader.document
        let definition = nodes[node]
        let style = document.style(of: site.scalar)
        guard reader.isWritten(site.scalar), style != .folded, let mapping = mapping(of: node, reader),
            reader.isWritten(mapping), case .string? = Optional(document.scalar(of: site.scalar))
        else { return nil }
        let script = document.string(of: site.scalar)
        let text = Self.words(of: expression.text)
        let bytes = Array(script.utf8)
        let whole = offset - 3..<offset + expression.text.utf8.count + 2
        guard whole.lowerBound >= 0, whole.upperBound <= bytes.count,
            bytes[whole].starts(with: "${{".utf8), bytes[whole].suffix(2).elementsEqual("}}".utf8),
            let (name, isThere) = variable(for: expression, text, script: script, definition)
        else { return nil }
        let quoting = ShellQuoting.at(whole.lowerBound, of: script)
        let next = whole.upperBound < bytes.count ? bytes[whole.upperBound] : nil
        var use = (quoting ?? .bare).use(of: name, before: next)
        switch style {
        case .doubleQuoted: use = use.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        case .singleQuoted: use = use.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        // At its beginning a quote would make it a quoted scalar.
        case .plain where whole.lowerBound == 0: return nil
        default: break
        }
        var edits = [Diagnostic.Fix.Edit(reader.span(whole, in: site.scalar), replacement: use)]
        if !isThere {
            let value =
                text.contains("\"") || text.contains("\\")
                ? "'${{ \(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")) }}'"
                : "\"${{ \(text) }}\""
            let env = document.value(of: mapping, forKey: "env")
            let edit =
                if let env, document.count(of: env) > 0 {
                    reader.insertion(of: "\(name): \(value)", into: env)
                } else if env == nil {
                    reader.insertion(of: "env: {\(name): \(value)}", into: mapping)
                } else { nil as Diagnostic.Fix.Edit? }
            guard let edit else { return nil }
            edits.insert(edit, at: 0)
        }
        return Diagnostic.Fix(
            "hand it over as `$\(name)`", applicability: quoting == nil ? .maybe : .machineApplicable, edits: edits)
    }
}
