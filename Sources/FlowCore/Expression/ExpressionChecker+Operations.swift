// SPDX-License-Identifier: Apache-2.0

extension ExpressionChecker {
    mutating func binary(
        _ symbol: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode, operatorRange: Range<Int>,
        orNull: Bool
    ) -> ValueType {
        switch symbol {
        case .coalesce:
            let first = type(of: left, orNull: true)
            let second = type(of: right, orNull: orNull)
            if right.isEmptyList, case .array = first.notNull { return first.notNull }
            return first == .null ? second : first.notNull.joined(with: second)
        case .and, .or:
            require(.boolean, left, "`\(symbol.rawValue)` needs true or false")
            let outer = known
            known.formUnion(left.nonNulls(when: symbol == .and))
            require(.boolean, right, "`\(symbol.rawValue)` needs true or false")
            known = outer
            return .boolean
        case .equal, .notEqual:
            let a = type(of: left, orNull: right.isNull)
            let b = type(of: right, orNull: left.isNull)
            if !a.isComparable(to: b) {
                report(
                    .expressionType, "\(a.phrase) never equals \(b.phrase)", at: operatorRange,
                    label: "\(a.description) on the left, \(b.description) on the right",
                    help: conversionHelp(left, a, right, b))
            }
            return .boolean
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let a = required(left, "`\(symbol.rawValue)`")
            let b = required(right, "`\(symbol.rawValue)`")
            let bothNumbers = a.fits(.number) && b.fits(.number)
            if !bothNumbers, !(a.fits(.string) && b.fits(.string)) {
                report(
                    .expressionType, "`\(symbol.rawValue)` compares two numbers or two strings", at: operatorRange,
                    label: "\(a.description) on the left, \(b.description) on the right",
                    help: conversionHelp(left, a, right, b))
            }
            return .boolean
        case .add, .subtract, .multiply, .divide, .remainder: return arithmetic(symbol, left, right, operatorRange)
        }
    }

    private mutating func arithmetic(
        _ symbol: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode, _ operatorRange: Range<Int>
    ) -> ValueType {
        let a = required(left, "`\(symbol.rawValue)`")
        let b = required(right, "`\(symbol.rawValue)`")
        if symbol == .add, a == .string || b == .string {
            if a.fits(.string), b.fits(.string) { return .string }
            let other = a == .string ? right : left
            let text = ExpressionPrinter.text(other)
            report(
                .expressionType, "`+` cannot join \(a.phrase) and \(b.phrase)", at: operatorRange,
                label: "\(a.description) on the left, \(b.description) on the right",
                help: ["convert it: `to_string(\(text))`"], replacement: .init(other.range, "to_string(\(text))"))
            return .string
        }
        guard a.fits(.number), b.fits(.number) else {
            let (node, type) = a.fits(.number) ? (right, b) : (left, a)
            var help: [String] = []
            if type == .string { help = ["convert it: `to_number(\(ExpressionPrinter.text(node)))`"] }
            if symbol == .add, case .array = type { help = ["join arrays by `flatten([a, b])`"] }
            report(
                .expressionType, "`\(symbol.rawValue)` needs two numbers, not \(a.phrase) and \(b.phrase)",
                at: operatorRange, label: "\(a.description) on the left, \(b.description) on the right", help: help)
            return .any
        }
        if a == .integer, b == .integer { return symbol == .divide ? .number : .integer }
        return symbol == .add && a == .any && b == .any ? .any : .number
    }

    private func conversionHelp(
        _ left: ExpressionNode, _ a: ValueType, _ right: ExpressionNode, _ b: ValueType
    ) -> [String] {
        let isNumber = { (type: ValueType) in type.notNull == .integer || type.notNull == .number }
        if a.notNull == .string, isNumber(b) { return ["convert it: `to_number(\(ExpressionPrinter.text(left)))`"] }
        if isNumber(a), b.notNull == .string { return ["convert it: `to_number(\(ExpressionPrinter.text(right)))`"] }
        return []
    }

    // MARK: Calls

    mutating func call(
        _ name: String, at nameRange: Range<Int>, _ arguments: [ExpressionNode], range: Range<Int>
    ) -> ValueType {
        guard let function = ExpressionFunction.named(name) else {
            reportUnknown(
                "function", name, at: nameRange, among: ExpressionFunction.all.map(\.name), listing: "functions are",
                code: .unknownFunction)
            for argument in arguments { _ = type(of: argument) }
            return .any
        }
        guard function.accepts(count: arguments.count) else {
            report(
                .wrongArguments, "`\(name)` takes \(function.countPhrase), not \(arguments.count)", at: range,
                help: ["`\(function.signature)`", "for example `\(function.example)`"])
            return function.result
        }
        if case .firstValue = function.body { return coalesced(arguments) }
        var types: [ValueType] = []
        for (place, argument) in arguments.enumerated() {
            guard let parameter = function.parameter(at: place) else { continue }
            let isBound = function.bindsElement && place == 1
            guard isBound else {
                types.append(type(of: argument, for: parameter, of: function))
                continue
            }
            if case .array(let element)? = types.first { elements.append(element) } else { elements.append(.any) }
            // What is known of an outer `it` is not known of this one.
            let outer = known
            known = known.filter { !$0.isPath(under: "it") }
            types.append(type(of: argument, for: parameter, of: function))
            known = outer
            elements.removeLast()
        }
        if name == "filter", case .array(let element)? = types.first {
            return .array(
                arguments[1].paths(nonNullWhen: true).reduce(element) { type, path in
                    path.first == "it" ? type.narrowed(path.dropFirst()) : type
                })
        }
        return function.refine?(types) ?? function.result
    }

    private mutating func coalesced(_ arguments: [ExpressionNode]) -> ValueType {
        var joined: ValueType = .null
        for argument in arguments {
            let type = type(of: argument, orNull: true)
            joined = joined == .null ? type : joined.notNull.joined(with: type)
        }
        return joined
    }

    private mutating func type(
        of argument: ExpressionNode, for parameter: ExpressionFunction.Parameter, of function: ExpressionFunction
    ) -> ValueType {
        let type = type(of: argument)
        if parameter.types.contains(where: { type.fits($0) }) { return type }
        // A number may well be whole; the evaluation looks.
        if type == .number, parameter.types.contains(.integer) { return .integer }
        if type.mayBeNull, parameter.types.contains(where: { type.notNull.fits($0) }) || type == .null {
            reportNull(argument, "`\(function.name)` needs \(parameter.typeText)")
            return type == .null ? .any : type.notNull
        }
        var help = ["`\(function.signature)`"]
        if case .array(let element) = type, element.mayBeNull,
            parameter.types.contains(where: { ValueType.array(element.notNull).fits($0) })
        {
            help = ["leave out what is null: `filter(\(ExpressionPrinter.text(argument)), it != null)`"]
        }
        if parameter.types.contains(.string), [.integer, .number, .boolean].contains(type) {
            help.append("convert it: `to_string(\(ExpressionPrinter.text(argument)))`")
        }
        if parameter.types == [.number] || parameter.types == [.integer], type == .string {
            help.append("convert it: `to_number(\(ExpressionPrinter.text(argument)))`")
        }
        report(
            .wrongArguments,
            "`\(function.name)` needs \(parameter.typeText) for `\(parameter.name)`, not \(type.phrase)",
            at: argument.range, label: type.description, help: help)
        return .any
    }
}
