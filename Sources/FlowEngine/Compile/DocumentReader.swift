// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Reads values of a document by their schemas and collects what is wrong with them.
///
/// A fault is told once: a value that was refused is kept in mind, so that nothing that is read later has to judge it
/// again, also not through an alias.
struct DocumentReader {
    let document: YAMLDocument
    let file: Int
    var diagnostics: [Diagnostic] = []
    /// The templates with expressions that were read, each with the scalar it stands in.
    var templates: [(node: YAMLNode, template: Template)] = []
    /// The paths of files that the text names, each with the scalar it stands in.
    private(set) var paths: [(node: YAMLNode, path: String)] = []
    /// Values that were refused.
    private var refused: Set<YAMLNode> = []
    /// Keys that were reported as unknown.
    private var unknownKeys: Set<YAMLNode> = []
    /// Keys of mappings that are there, but could not be used: misspelt, or with a value that was refused.
    private var unusable: [YAMLNode: Set<String>] = [:]
    /// Mappings that were read by an alias or have been read before.
    private var readMappings = YAMLNodeSet()

    init(document: YAMLDocument, file: Int) {
        self.document = document
        self.file = file
    }

    // MARK: Places

    func span(_ node: YAMLNode) -> SourceSpan {
        let range = document.range(of: node)
        return SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)
    }

    /// The place in the file of bytes of a decoded scalar.
    func span(_ range: Range<Int>, in node: YAMLNode) -> SourceSpan {
        let start = document.sourceOffset(of: range.lowerBound, in: node)
        let end = range.isEmpty ? start + 1 : document.sourceOffset(of: range.upperBound - 1, in: node) + 1
        return SourceSpan(file: file, start: start, end: Swift.max(end, start + 1))
    }

    mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    func isNull(_ node: YAMLNode) -> Bool {
        document.kind(of: node) == .scalar && document.scalar(of: node) == .null
    }

    /// Whether the value can be used: neither the text nor the shape of this very value is at fault.
    func isSound(_ node: YAMLNode) -> Bool {
        !document.isFaulty(node) && (refused.isEmpty || !refused.contains(node))
    }

    /// Whether errors have been reported inside a value since there were `count` diagnostics.
    func hasErrors(since count: Int, inside span: SourceSpan) -> Bool {
        diagnostics[count...].contains {
            $0.severity == .error && $0.span.start >= span.start && $0.span.end <= span.end
        }
    }

    private mutating func refuse(_ node: YAMLNode) -> Bool {
        refused.insert(node)
        return false
    }

    // MARK: Mappings

    /// The values of a mapping by key, with unknown, missing and misshapen ones reported. Nil if it is no mapping.
    /// Of the values of `unread` only the outermost shape is looked at; the caller reads their items. Missing keys are
    /// shown at `name`, or else at the first key.
    mutating func fields(
        _ node: YAMLNode, _ table: KeyTable, of what: @autoclosure () -> String, unread: Set<String> = [],
        headedBy name: YAMLNode? = nil
    ) -> FieldValues? {
        guard document.kind(of: node) == .mapping else {
            if isSound(node) { wrongType(node, "\(what()) is a mapping of keys to values") }
            return nil
        }
        var found = FieldValues()
        var present: Set<String> = []
        var hasFaultyKey = false
        for (key, value) in document.pairs(of: node) {
            guard document.kind(of: key) == .scalar, !document.isFaulty(key) else {
                hasFaultyKey = true
                continue
            }
            let word = document.string(of: key)
            guard let field = table[word] else {
                // What was meant is not missing as well.
                if let meant = unknown(key, word, table.schema.map(\.name), of: what()) { present.insert(meant) }
                continue
            }
            let isLeft = !unread.isEmpty && unread.contains(word) && document.kind(of: value) == .mapping
            if isLeft || check(value, field.type, key: word) { found.add(word, value) } else { present.insert(word) }
        }
        if !present.isEmpty { unusable[document.definition(of: node), default: []].formUnion(present) }
        let isFirstVisit = readMappings.insert(document.definition(of: node))
        guard isFirstVisit, !hasFaultyKey else { return found }
        for field in table.required where found[field.name] == nil && !present.contains(field.name) {
            report(
                Diagnostic(
                    .missingKey, "\(what()) needs the key `\(field.name)`", at: name.map { span($0) } ?? head(node),
                    label: Self.label(field.summary), fixes: versionFix(field.name, node)))
        }
        return found
    }

    /// Whether a key of a mapping is there, but could not be used, so that nothing can be said about what it holds.
    func isUnusable(_ key: String, of node: YAMLNode) -> Bool {
        !unusable.isEmpty && unusable[document.definition(of: node)]?.contains(key) == true
    }

    /// There is one version of the formats, so what is missing is known.
    private func versionFix(_ key: String, _ node: YAMLNode) -> [Diagnostic.Fix] {
        guard node == document.root, key == "flow" || key == "agent", let edit = insertion(of: "\(key): 1", into: node)
        else { return [] }
        return [Diagnostic.Fix("write `\(key): 1`", applicability: .machineApplicable, edits: [edit])]
    }

    /// A sentence of the reference as the words beside a mark.
    static func label(_ sentence: String) -> String {
        var label = sentence
        if label.hasSuffix(".") { label.removeLast() }
        let second = label.dropFirst().first
        guard let first = label.first, second.map({ $0.isLowercase || $0 == " " }) ?? true else { return label }
        return first.lowercased() + label.dropFirst()
    }

    /// The first line of a mapping: enough to show where a key is missing.
    private func head(_ node: YAMLNode) -> SourceSpan {
        for (key, _) in document.pairs(of: node) { return span(key) }
        return span(node)
    }

    /// Reports a key, and returns the one that was likely meant.
    mutating func unknown(_ key: YAMLNode, _ name: String, _ known: [String], of what: String) -> String? {
        let near = Spelling.nearest(to: name, among: known) ?? KeySynonyms.key(for: name, among: known)
        guard unknownKeys.insert(key).inserted else { return near }
        if WorkflowSchema.unsupported.contains(name) {
            report(Diagnostic(.unknownKey, "`\(name)` is not supported yet", at: span(key)))
            return nil
        }
        var diagnostic = Diagnostic(.unknownKey, "unknown key `\(name)` in \(what)", at: span(key))
        if let near {
            suggest(near, for: key, among: known, in: &diagnostic)
        } else {
            diagnostic.help = [
                known.isEmpty ? "no keys are taken here" : "the keys are \(Self.list(known.prefix(30)))"
            ]
        }
        report(diagnostic)
        return near
    }

    /// Proposes `word` in the place of a misspelt scalar.
    func suggest(
        _ word: String, for node: YAMLNode, among known: some Sequence<String>, in diagnostic: inout Diagnostic
    ) {
        diagnostic.help.append("did you mean `\(word)`?")
        diagnostic.fixes.append(
            .spelling(word, for: document.string(of: node), among: known, at: span(node)))
    }

    static func list(_ words: some Sequence<String>) -> String {
        words.map { "`\($0)`" }.joined(separator: ", ")
    }

    mutating func wrongType(_ node: YAMLNode, _ message: String, help: [String] = [], fix: Diagnostic.Fix? = nil) {
        report(
            Diagnostic(
                .wrongType, message, at: span(node), label: "this is \(phrase(of: node))", help: help,
                fixes: fix.map { [$0] } ?? []))
    }

    private func phrase(of node: YAMLNode) -> String {
        switch document.kind(of: node) {
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .scalar:
            switch document.scalar(of: node) {
            case .null: "empty"
            case .bool: "a boolean"
            case .integer, .outOfRange: "an integer"
            case .number, .notFinite: "a number"
            case .string: "a string"
            }
        }
    }

    // MARK: Shapes

    /// Whether a value has the shape of its type; reports if not. The items of a collection are judged one by one and
    /// do not make the collection useless.
    mutating func check(_ node: YAMLNode, _ type: FieldType, key: String) -> Bool {
        if document.isFaulty(node) { return false }
        if !refused.isEmpty, refused.contains(document.definition(of: node)) { return refuse(node) }
        let kind = document.kind(of: node)
        switch type {
        case .any, .verbatim: return checkNumbers(node)
        case .oneOf(let types):
            guard let fitting = types.first(where: { shapeFits(kind, $0) }), !isNull(node) || takesNull(fitting) else {
                wrongType(node, "`\(key)` takes \(type.phrase)")
                return refuse(node)
            }
            return check(node, fitting, key: key)
        case .oneOrMany(let element):
            return check(node, kind == .sequence ? .list(element) : element, key: key)
        case .list(let element):
            guard kind == .sequence else {
                wrongType(
                    node, "`\(key)` takes a list", help: kind == .scalar ? ["put it into brackets: `[…]`"] : [],
                    fix: bracketed(node))
                return refuse(node)
            }
            for item in document.elements(of: node) { _ = check(item, element, key: key) }
            return true
        case .map(let element):
            guard kind == .mapping else {
                let isList = kind == .sequence
                wrongType(node, "`\(key)` takes a mapping", help: isList ? ["write `name: value`, without `- `"] : [])
                return refuse(node)
            }
            for (name, value) in document.pairs(of: node) {
                _ = check(value, element, key: document.string(of: name))
            }
            return true
        case .object(let schema):
            guard kind == .mapping else {
                let keys = Self.list(schema.map(\.name).prefix(30))
                wrongType(node, "`\(key)` takes a mapping", help: schema.isEmpty ? [] : ["its keys are \(keys)"])
                return refuse(node)
            }
            return fields(node, KeyTable(once: schema), of: "`\(key)`") != nil
        default:
            guard kind == .scalar, !isNull(node) || type == .boolean else {
                wrongType(node, "`\(key)` takes \(type.phrase)")
                return refuse(node)
            }
            return checkScalar(node, type, key: key) || refuse(node)
        }
    }

    private func takesNull(_ type: FieldType) -> Bool {
        switch type {
        case .any, .verbatim: true
        default: false
        }
    }

    private func shapeFits(_ kind: YAMLDocument.Kind, _ type: FieldType) -> Bool {
        switch type {
        case .any, .verbatim: true
        case .list: kind == .sequence
        case .map, .object: kind == .mapping
        case .oneOrMany(let element): kind == .sequence || shapeFits(kind, element)
        case .oneOf(let types): types.contains { shapeFits(kind, $0) }
        default: kind == .scalar
        }
    }

    /// Looks for numbers that have no value, at any depth.
    private mutating func checkNumbers(_ node: YAMLNode) -> Bool {
        switch document.kind(of: node) {
        case .sequence: for item in document.elements(of: node) { _ = check(item, .any, key: "") }
        case .mapping: for (_, value) in document.pairs(of: node) { _ = check(value, .any, key: "") }
        case .scalar:
            guard document.style(of: node) == .plain else { return true }
            switch document.scalar(of: node) {
            case .outOfRange:
                report(
                    Diagnostic(
                        .outOfRange, "the number does not fit into 64 bits", at: span(node),
                        help: ["quote it to keep its text"]))
                return refuse(node)
            case .notFinite:
                report(Diagnostic(.outOfRange, "the number is not finite", at: span(node)))
                return refuse(node)
            default: break
            }
        }
        return true
    }

    private mutating func checkScalar(_ node: YAMLNode, _ type: FieldType, key: String) -> Bool {
        let text = document.string(of: node)
        let hasExpression = text.hasExpression
        switch type {
        case .string, .condition: return true
        case .file:
            if !hasExpression { paths.append((node, text)) }
            return true
        case .identifier:
            if Self.isIdentifier(text) { return true }
            report(badName(node))
        case .boolean:
            if case .bool = document.scalar(of: node) { return true }
            if hasExpression { return true }
            wrongType(node, "`\(key)` takes true or false", fix: converted(node, to: type))
        case .integer(let range):
            if hasExpression { return true }
            switch document.scalar(of: node) {
            case .integer(let value):
                if range.contains(value) { return true }
                outOfRange(node, key, "\(range.lowerBound)", "\(range.upperBound)")
            case .outOfRange: outOfRange(node, key, "\(range.lowerBound)", "\(range.upperBound)")
            default: wrongType(node, "`\(key)` takes a whole number", fix: converted(node, to: type))
            }
        case .number(let range):
            if hasExpression { return true }
            switch document.scalar(of: node) {
            case .integer(let whole) where range.contains(Double(whole)): return true
            case .number(let number) where range.contains(number): return true
            case .string, .null, .bool:
                wrongType(node, "`\(key)` takes a number", fix: converted(node, to: type))
            default: outOfRange(node, key, Self.text(range.lowerBound), Self.text(range.upperBound))
            }
        case .duration(let allowsZero):
            if hasExpression { return true }
            guard let duration = Milliseconds(parsing: text) else {
                report(
                    Diagnostic(
                        .badDuration, "`\(text)` is not a duration", at: span(node),
                        help: ["write a number with its unit, at most ten years: `500ms`, `10s`, `5m`, `2h`, `1d`"],
                        fixes: converted(node, to: type).map { [$0] } ?? []))
                return false
            }
            if duration > .zero || allowsZero { return true }
            report(Diagnostic(.badDuration, "`\(key)` must be longer than nothing", at: span(node)))
        case .size:
            if hasExpression || ByteCount(parsing: text) != nil { return true }
            report(
                Diagnostic(
                    .badSize, "`\(text)` is not a size", at: span(node),
                    help: ["write a number with its unit: `64KiB`, `10MiB`, `2GiB`"],
                    fixes: converted(node, to: type).map { [$0] } ?? []))
        case .choice(let words):
            if words.contains(text) { return true }
            var diagnostic = Diagnostic(.badChoice, "`\(key)` cannot be `\(text)`", at: span(node))
            if let near = Spelling.nearest(to: text, among: words) {
                suggest(near, for: node, among: words, in: &diagnostic)
            } else if let meant = KeySynonyms.type(for: text, among: words),
                let fix = spelling(meant, for: node, isSure: true)
            {
                diagnostic.help.append("did you mean `\(meant)`?")
                diagnostic.fixes = [fix]
            }
            diagnostic.help.append("it is one of \(Self.list(words))")
            report(diagnostic)
        default: return true
        }
        return false
    }

    private mutating func outOfRange(_ node: YAMLNode, _ key: String, _ low: String, _ high: String) {
        report(
            Diagnostic(
                .outOfRange, "`\(key)` cannot be \(document.string(of: node))", at: span(node),
                help: ["it is from \(low) to \(high)"]))
    }

    /// A number without a useless fraction.
    static func text(_ number: Double) -> String { Int64(exactly: number).map { "\($0)" } ?? "\(number)" }

    /// Whether a path leads out of the folder that it starts from.
    static func leavesFolder(_ path: String) -> Bool {
        path.hasPrefix("/") || path.split(separator: "/").contains("..")
    }

    static func outside(_ path: String, at span: SourceSpan) -> Diagnostic {
        Diagnostic(
            .missingFile, "`\(path)` does not lie beside the workflow", at: span,
            help: ["put the file into the workflow's folder or below"])
    }

    func badName(_ node: YAMLNode) -> Diagnostic {
        Diagnostic(
            .badIdentifier, "`\(document.string(of: node))` is not a name", at: span(node),
            help: ["a name is a letter a–z, then letters, digits and `_`; at most 64"])
    }

    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}
