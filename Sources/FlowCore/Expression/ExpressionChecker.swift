// SPDX-License-Identifier: Apache-2.0

extension Expression {
    /// Infers the type, and finds unknown names, unknown functions, wrong arguments and operands that do not fit.
    /// Ranges in faults are byte offsets in `text`. After a fault the type of that part is `any`, so that one mistake
    /// is told once.
    public func check(in scope: some TypeScope) -> (ValueType, [ExpressionFault]) {
        var checker = ExpressionChecker(scope: scope)
        let type = checker.type(of: root)
        return (type, checker.faults)
    }
}

/// Walks a tree from the leaves up and infers types.
struct ExpressionChecker {
    let scope: any TypeScope
    private(set) var faults: [ExpressionFault] = []
    /// The types of `it`, the innermost last.
    var elements: [ValueType] = []
    /// The paths, in normal form, that are not null here because a condition around them says so.
    var known: Set<String> = []

    init(scope: some TypeScope) { self.scope = scope }

    /// The type of a node. With `orNull`, a member of something that may be null is null then, not a fault.
    mutating func type(of node: ExpressionNode, orNull: Bool = false) -> ValueType {
        let type = plainType(of: node, orNull: orNull)
        guard !known.isEmpty, type.mayBeNull, type != .null, node.path != nil else { return type }
        return known.contains(ExpressionPrinter.text(node)) ? type.notNull : type
    }

    private mutating func plainType(of node: ExpressionNode, orNull: Bool) -> ValueType {
        switch node.kind {
        case .literal(let value): return ValueType(of: value)
        case .list(let elements):
            var joined: ValueType?
            for element in elements {
                let next = type(of: element)
                joined = joined?.joined(with: next) ?? next
            }
            return .array(joined ?? .any)
        case .object(let entries):
            var fields: [String: ValueType] = [:]
            for entry in entries { fields[entry.key] = type(of: entry.value) }
            return .object(fields, open: false)
        case .name(let name): return type(ofName: name, at: node.range)
        case .member(let base, let name, let range):
            let base = self.base(base, orNull: orNull, at: range, "the member `\(name)`")
            return base.isOptional
                ? member(name, of: base.type, at: range, written: name).orNull
                : member(name, of: base.type, at: range, written: name)
        case .index(let base, let index):
            let base = self.base(base, orNull: orNull, at: index.range, "an element")
            let element = element(index, of: base.type)
            return base.isOptional ? element.orNull : element
        case .unary(.not, let operand):
            require(.boolean, operand, "`!` needs true or false")
            return .boolean
        case .unary(.negate, let operand):
            let type = required(operand, "`-`")
            if type == .any || type == .integer || type == .number { return type }
            report(
                .expressionType, "`-` needs a number, not \(type.phrase)", at: operand.range, label: type.description)
            return .any
        case .binary(let symbol, let left, let right, let range):
            return binary(symbol, left, right, operatorRange: range, orNull: orNull)
        case .conditional(let condition, let yes, let no):
            require(.boolean, condition, "a condition must be true or false")
            let first = type(of: yes, orNull: orNull, knowing: condition.nonNulls(when: true))
            let second = type(of: no, orNull: orNull, knowing: condition.nonNulls(when: false))
            if no.isEmptyList, case .array = first { return first }
            if yes.isEmptyList, case .array = second { return second }
            return first.joined(with: second)
        case .call(let name, let nameRange, let arguments):
            return call(name, at: nameRange, arguments, range: node.range)
        }
    }

    // MARK: Names, members, elements

    private mutating func type(ofName name: String, at range: Range<Int>) -> ValueType {
        if let element = elements.last {
            if name == "it" { return element }
            if name == "it_index" { return .integer }
        }
        if let type = scope.type(ofRoot: name) { return type }
        let names = scope.rootNames + (elements.isEmpty ? [] : ["it", "it_index"])
        if name == "it" || name == "it_index" {
            report(
                .unknownName, "`\(name)` is known only in `map`, `filter`, `sort_by` and `group_by`", at: range,
                label: "no element here")
        } else if ExpressionFunction.named(name) != nil {
            report(
                .unknownName, "`\(name)` is a function", at: range, label: "not called",
                help: ["call it: `\(name)(…)`"])
        } else {
            reportUnknown("name", name, at: range, among: names, listing: "names are")
        }
        return .any
    }

    private mutating func base(
        _ node: ExpressionNode, orNull: Bool, at range: Range<Int>, _ wanted: String
    ) -> (type: ValueType, isOptional: Bool) {
        let type = type(of: node, orNull: orNull)
        guard type.mayBeNull else { return (type, false) }
        if !orNull { reportNull(node, "\(wanted) is taken from it") }
        return (type == .null ? .any : type.notNull, true)
    }

    private mutating func member(
        _ name: String, of base: ValueType, at range: Range<Int>, written: String
    ) -> ValueType {
        switch base {
        case .any: return .any
        case .map(let type): return type.orNull
        case .object(let fields, let isOpen):
            if let type = fields[name] { return type }
            if isOpen { return .any }
            let names = fields.keys.sorted()
            reportUnknown("member", name, at: range, among: names, listing: "members are", isQuoted: written != name)
        default:
            report(
                .expressionType, "\(base.phrase) has no members", at: range, label: "a member of \(base.phrase)",
                help: methodHelp(name))
        }
        return .any
    }

    /// `x.length` is what other languages write.
    private func methodHelp(_ name: String) -> [String] {
        ExpressionFunction.named(name) != nil ? ["`\(name)` is a function: `\(name)(…)`"] : []
    }

    private mutating func element(_ index: ExpressionNode, of base: ValueType) -> ValueType {
        if case .literal(.string(let name)) = index.kind {
            switch base {
            case .object, .map: return member(name, of: base, at: index.range, written: "'\(name)'")
            default: break
            }
        }
        let type = required(index, "an index")
        switch base {
        case .any:
            if ![.any, .integer, .number, .string].contains(type) {
                report(.expressionType, "an index is an integer or a string, not \(type.phrase)", at: index.range)
            }
            return .any
        case .array(let element):
            if ![.any, .integer, .number].contains(type) {
                report(
                    .expressionType, "an array is indexed by an integer, not \(type.phrase)", at: index.range,
                    label: type.description)
            } else if case .literal(let value) = index.kind, let place = value.integerValue, place < 0 {
                report(
                    .expressionType, "an array has no element \(place)", at: index.range,
                    help: ["the last element is `last(…)`"])
            }
            return element
        case .object, .map:
            if ![.any, .string].contains(type) {
                report(
                    .expressionType, "an object is indexed by a string, not \(type.phrase)", at: index.range,
                    label: type.description)
            }
            if case .map(let value) = base { return value.orNull }
            return .any
        default:
            let help = base == .string ? ["a part of a string is `slice(text, start, end)`"] : []
            report(.expressionType, "\(base.phrase) cannot be indexed", at: index.range, help: help)
            return .any
        }
    }

    // MARK: Reports

    mutating func report(
        _ code: DiagnosticCode, _ message: String, at range: Range<Int>, label: String = "", help: [String] = [],
        replacement: ExpressionFault.Replacement? = nil
    ) {
        faults.append(
            ExpressionFault(code, message, at: range, label: label, help: help, replacement: replacement))
    }

    mutating func reportUnknown(
        _ what: String, _ name: String, at range: Range<Int>, among names: [String], listing: String,
        isQuoted: Bool = false, code: DiagnosticCode = .unknownName
    ) {
        let nearest = Spelling.nearest(to: name, among: names)
        var help: [String] = []
        if let nearest {
            help = ["did you mean `\(nearest)`?"]
        } else if !names.isEmpty {
            let shown = names.prefix(12).map { "`\($0)`" }.joined(separator: ", ")
            help = ["\(listing) \(shown)\(names.count > 12 ? " and \(names.count - 12) more" : "")"]
        }
        report(
            code, "unknown \(what) `\(name)`", at: range,
            label: what == "name" ? "nothing has this name" : "no \(what) of this name", help: help,
            replacement: nearest.map {
                .init(
                    range, isQuoted ? ExpressionPrinter.text(ExpressionNode(.literal(.string($0)), range: range)) : $0,
                    isSure: !isQuoted && Spelling.isSure($0, for: name, among: names))
            })
    }

    /// A value that may be null stands where one is needed.
    mutating func reportNull(_ node: ExpressionNode, _ reason: String) {
        let text = ExpressionPrinter.text(node, parent: BinaryOperator.coalesce.precedence)
        report(
            .expressionType, "this may be null, and \(reason)", at: node.range, label: "may be null",
            help: ["give a default: `(\(text) ?? …)`"])
    }

    /// The type of an operand that must not be null.
    mutating func required(_ node: ExpressionNode, _ user: String) -> ValueType {
        let type = type(of: node)
        guard type.mayBeNull else { return type }
        reportNull(node, "\(user) needs a value")
        return type == .null ? .any : type.notNull
    }

    /// Reports an operand of another type.
    mutating func require(_ wanted: ValueType, _ node: ExpressionNode, _ message: String) {
        let type = type(of: node)
        if type.mayBeNull, type != .null {
            reportNull(node, message)
        } else if !type.fits(wanted) {
            let help: [String] =
                switch type {
                case .string: ["compare it: `… != ''`"]
                case .integer, .number: ["compare it: `… != 0`"]
                case .array, .object, .map: ["ask for its length: `length(…) > 0`"]
                default: []
                }
            report(
                .expressionType, "\(message), not \(type.phrase)", at: node.range, label: type.description, help: help)
        }
    }
}
