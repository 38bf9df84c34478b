// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Reads values of a document by their schemas and collects what is wrong with them.
struct DocumentReader {
    let document: YAMLDocument
    let file: Int
    var diagnostics: [Diagnostic] = []
    /// The templates with expressions that were read, each with the scalar it stands in.
    private(set) var templates: [(node: YAMLNode, template: Template)] = []

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

    // MARK: Mappings

    /// The values of a mapping by key, with unknown, missing and misshapen ones reported. Nil if it is no mapping.
    mutating func fields(
        _ node: YAMLNode, _ schema: [FieldSchema], of what: String, more: [String: FieldSchema] = [:]
    ) -> [String: YAMLNode]? {
        guard document.kind(of: node) == .mapping else {
            if !document.isFaulty(node) { wrongType(node, "\(what) is a mapping of keys to values") }
            return nil
        }
        var found: [String: YAMLNode] = [:]
        for (key, value) in document.pairs(of: node) {
            guard document.kind(of: key) == .scalar else { continue }
            let name = document.string(of: key)
            guard let field = more[name] ?? schema.first(where: { $0.name == name }) else {
                unknown(key, name, schema.map(\.name) + more.keys.sorted(), of: what)
                continue
            }
            if found[name] != nil { continue }
            if check(value, field.type, key: name) { found[name] = value }
        }
        for field in schema where field.required && found[field.name] == nil {
            if document.value(of: node, forKey: field.name) == nil {
                report(
                    Diagnostic(
                        .missingKey, "\(what) needs the key `\(field.name)`", at: head(node), label: field.summary))
            }
        }
        return found
    }

    /// The first line of a mapping: enough to show where a key is missing.
    private func head(_ node: YAMLNode) -> SourceSpan {
        for (key, _) in document.pairs(of: node) { return span(key) }
        return span(node)
    }

    private mutating func unknown(_ key: YAMLNode, _ name: String, _ known: [String], of what: String) {
        if WorkflowSchema.unsupported.contains(name) {
            report(Diagnostic(.unknownKey, "`\(name)` is not supported yet", at: span(key)))
            return
        }
        var diagnostic = Diagnostic(.unknownKey, "unknown key `\(name)` in \(what)", at: span(key))
        if let near = Spelling.nearest(to: name, among: known) {
            diagnostic.help = ["did you mean `\(near)`?"]
            diagnostic.fixes = [
                Diagnostic.Fix(
                    "write `\(near)`", applicability: .machineApplicable,
                    edits: [Diagnostic.Fix.Edit(span(key), replacement: near)])
            ]
        } else {
            diagnostic.help = ["the keys are \(known.prefix(30).map { "`\($0)`" }.joined(separator: ", "))"]
        }
        report(diagnostic)
    }

    mutating func wrongType(_ node: YAMLNode, _ message: String, code: DiagnosticCode = .wrongType) {
        report(Diagnostic(code, message, at: span(node), label: "this is \(phrase(of: node))"))
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

    /// Whether a value has the shape of its type; reports if not.
    mutating func check(_ node: YAMLNode, _ type: FieldType, key: String) -> Bool {
        if document.isFaulty(node) { return false }
        let kind = document.kind(of: node)
        switch type {
        case .any, .verbatim: return checkNumbers(node)
        case .oneOf(let types):
            let fitting = types.first { shapeFits(kind, $0) }
            guard let fitting else {
                wrongType(node, "`\(key)` takes \(type.phrase)")
                return false
            }
            return check(node, fitting, key: key)
        case .oneOrMany(let element):
            return check(node, kind == .sequence ? .list(element) : element, key: key)
        case .list(let element):
            guard kind == .sequence else {
                wrongType(node, "`\(key)` takes a list")
                return false
            }
            var isGood = true
            for item in document.elements(of: node) where !check(item, element, key: key) { isGood = false }
            return isGood
        case .map(let element):
            guard kind == .mapping else {
                wrongType(node, "`\(key)` takes a mapping")
                return false
            }
            var isGood = true
            for (name, value) in document.pairs(of: node)
            where !check(value, element, key: document.string(of: name)) { isGood = false }
            return isGood
        case .object(let schema): return fields(node, schema, of: "`\(key)`") != nil
        default:
            guard kind == .scalar else {
                wrongType(node, "`\(key)` takes \(type.phrase)")
                return false
            }
            return checkScalar(node, type, key: key)
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

    private mutating func checkNumbers(_ node: YAMLNode) -> Bool {
        guard document.kind(of: node) == .scalar else { return true }
        switch document.scalar(of: node) {
        case .outOfRange:
            report(
                Diagnostic(
                    .outOfRange, "the number is out of range", at: span(node), help: ["quote it to keep its text"]))
            return false
        case .notFinite:
            report(Diagnostic(.outOfRange, "the number is not finite", at: span(node)))
            return false
        default: return true
        }
    }

    private mutating func checkScalar(_ node: YAMLNode, _ type: FieldType, key: String) -> Bool {
        let text = document.string(of: node)
        let hasExpression = text.contains("${{")
        switch type {
        case .string, .file, .condition:
            if isNull(node) {
                wrongType(node, "`\(key)` takes \(type.phrase)")
                return false
            }
            return true
        case .identifier:
            guard Self.isIdentifier(text) else {
                report(
                    Diagnostic(
                        .badIdentifier, "`\(text)` is not a name", at: span(node),
                        help: ["a name is a letter a–z, then letters, digits and `_`; at most 64"]))
                return false
            }
            return true
        case .boolean:
            if case .bool = document.scalar(of: node) { return true }
            if hasExpression { return true }
            wrongType(node, "`\(key)` takes true or false")
            return false
        case .integer(let range):
            if hasExpression { return true }
            guard case .integer(let value) = document.scalar(of: node) else {
                wrongType(node, "`\(key)` takes a whole number")
                return false
            }
            if range.contains(value) { return true }
            report(
                Diagnostic(
                    .outOfRange, "`\(key)` is from \(range.lowerBound) to \(range.upperBound)", at: span(node)))
            return false
        case .number(let range):
            if hasExpression { return true }
            let value: Double
            switch document.scalar(of: node) {
            case .integer(let whole): value = Double(whole)
            case .number(let number): value = number
            default:
                wrongType(node, "`\(key)` takes a number")
                return false
            }
            if range.contains(value) { return true }
            report(
                Diagnostic(
                    .outOfRange, "`\(key)` is from \(range.lowerBound) to \(range.upperBound)", at: span(node)))
            return false
        case .duration(let allowsZero):
            if hasExpression { return true }
            guard let duration = Milliseconds(parsing: text) else {
                report(
                    Diagnostic(
                        .badDuration, "`\(text)` is not a duration", at: span(node),
                        help: ["write a number with its unit: `500ms`, `10s`, `5m`, `2h`, `1d`"]))
                return false
            }
            if duration > .zero || allowsZero { return true }
            report(Diagnostic(.badDuration, "`\(key)` must be longer than nothing", at: span(node)))
            return false
        case .size:
            if hasExpression || ByteCount(parsing: text) != nil { return true }
            report(
                Diagnostic(
                    .badSize, "`\(text)` is not a size", at: span(node), help: ["write `64KiB`, `10MiB` or `2GiB`"]))
            return false
        case .choice(let words):
            if words.contains(text) { return true }
            var diagnostic = Diagnostic(
                .badChoice, "`\(key)` is one of \(words.map { "`\($0)`" }.joined(separator: ", "))", at: span(node))
            if let near = Spelling.nearest(to: text, among: words) {
                diagnostic.help = ["did you mean `\(near)`?"]
                diagnostic.fixes = [
                    Diagnostic.Fix(
                        "write `\(near)`", applicability: .machineApplicable,
                        edits: [Diagnostic.Fix.Edit(span(node), replacement: near)])
                ]
            }
            report(diagnostic)
            return false
        default: return true
        }
    }

    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    // MARK: Values

    /// The value as plain JSON; `${{` has no meaning in it.
    func json(_ node: YAMLNode) -> JSONValue {
        switch document.kind(of: node) {
        case .sequence: return .array(document.elements(of: node).map { json($0) })
        case .mapping:
            return .object(
                JSONObject(
                    document.pairs(of: node).map {
                        JSONObject.Member(key: document.string(of: $0.key), value: json($0.value))
                    }))
        case .scalar:
            switch document.scalar(of: node) {
            case .null: return .null
            case .bool(let value): return .bool(value)
            case .integer(let value): return .integer(value)
            case .number(let value): return .number(value)
            case .string, .outOfRange, .notFinite: return .string(document.string(of: node))
            }
        }
    }

    /// The value with its expressions compiled. In a place for text, numbers and booleans keep their spelling.
    mutating func template(_ node: YAMLNode, _ type: FieldType = .any) -> Template {
        switch (document.kind(of: node), type) {
        case (_, .verbatim): return .literal(json(node))
        case (.sequence, _):
            let element: FieldType =
                switch type {
                case .list(let element), .oneOrMany(let element): element
                case .oneOf(let types):
                    types.lazy.compactMap { if case .list(let element) = $0 { element } else { nil } }.first ?? .any
                default: .any
                }
            var items: [Template] = []
            for item in document.elements(of: node) { items.append(template(item, element)) }
            return Self.folded(items)
        case (.mapping, _):
            var members: [TemplateMember] = []
            for (key, value) in document.pairs(of: node) {
                let name = document.string(of: key)
                members.append(TemplateMember(key: name, value: template(value, Self.type(of: name, in: type))))
            }
            return Self.folded(members)
        case (.scalar, .oneOrMany(let element)): return .array([template(node, element)])
        case (.scalar, _): return scalarTemplate(node, type)
        }
    }

    private static func type(of key: String, in type: FieldType) -> FieldType {
        switch type {
        case .map(let element): element
        case .object(let schema): schema.first { $0.name == key }?.type ?? .any
        case .oneOf(let types):
            types.lazy.compactMap { candidate -> FieldType? in
                switch candidate {
                case .map, .object: Self.type(of: key, in: candidate)
                default: nil
                }
            }.first ?? .any
        default: .any
        }
    }

    private static func folded(_ items: [Template]) -> Template {
        var values: [JSONValue] = []
        for item in items {
            guard case .literal(let value) = item else { return .array(items) }
            values.append(value)
        }
        return .literal(.array(values))
    }

    private static func folded(_ members: [TemplateMember]) -> Template {
        var object = JSONObject()
        for member in members {
            guard case .literal(let value) = member.value else { return .object(members) }
            object[member.key] = value
        }
        return .literal(.object(object))
    }

    private mutating func scalarTemplate(_ node: YAMLNode, _ type: FieldType) -> Template {
        let scalar = document.scalar(of: node)
        guard case .string = scalar else {
            switch type {
            case .string, .file, .choice, .duration, .size, .identifier:
                return .literal(.string(document.string(of: node)))
            default: return .literal(json(node))
            }
        }
        let text = document.string(of: node)
        guard text.contains("${{") else { return .literal(.string(text)) }
        let (template, faults) = Template.parse(text)
        for fault in faults { report(fault, in: node) }
        if faults.isEmpty, !template.isConstant { templates.append((node, template)) }
        return template
    }

    /// An expression with or without `${{ }}` around it.
    mutating func condition(_ node: YAMLNode) -> (expression: Expression, offset: Int)? {
        let text = document.string(of: node)
        if text.contains("${{") {
            let (template, faults) = Template.parse(text)
            for fault in faults { report(fault, in: node) }
            if case .expression(let expression, let offset) = template { return (expression, offset) }
            if faults.isEmpty {
                report(
                    Diagnostic(
                        .expressionSyntax, "a condition is one expression, not text with expressions in it",
                        at: span(node), help: ["write it without `${{ }}`"]))
            }
            return nil
        }
        let (expression, faults) = Expression.parse(text)
        for fault in faults { report(fault, in: node) }
        guard faults.isEmpty, let expression else { return nil }
        return (expression, 0)
    }

    /// Reports a fault of an expression at its place in the file.
    mutating func report(_ fault: ExpressionFault, in node: YAMLNode, code: DiagnosticCode? = nil) {
        var diagnostic = Diagnostic(
            code ?? fault.code, fault.message, at: span(fault.range, in: node), label: fault.label, help: fault.help)
        if let replacement = fault.replacement {
            diagnostic.fixes = [
                Diagnostic.Fix(
                    "write `\(replacement.text)`",
                    edits: [Diagnostic.Fix.Edit(span(replacement.range, in: node), replacement: replacement.text)])
            ]
        }
        report(diagnostic)
    }
}
