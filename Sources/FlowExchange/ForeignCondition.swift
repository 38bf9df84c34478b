// SPDX-License-Identifier: Apache-2.0

/// Writes a foreign expression as one of flow's.
struct ForeignCondition {
    /// What a path stands for; nil when it has no equivalent.
    var name: ([String]) -> FlowText?
    /// What a call stands for; nil when it has no equivalent. The arguments are flow's.
    var call: (String, [FlowText]) -> FlowText? = { _, _ in nil }

    /// What has no equivalent.
    struct Fault: Error {
        var message: String
    }

    /// An expression that gives a boolean.
    func boolean(_ expression: ForeignExpression) throws(Fault) -> String {
        switch expression {
        case .boolean(let value): return value ? "true" : "false"
        case .not(let operand): return "!(\(try boolean(operand)))"
        case .binary(let symbol, let left, let right):
            if symbol == "&&" || symbol == "||" {
                return "\(try part(left, of: symbol)) \(symbol) \(try part(right, of: symbol))"
            }
            return try comparison(symbol, left, right)
        default:
            let value = try value(expression)
            if let single = value.single, single.kind == .boolean { return single.text }
            return "\(FlowText.grouped(value.expression)) == 'true'"
        }
    }

    private func part(_ expression: ForeignExpression, of symbol: String) throws(Fault) -> String {
        let text = try boolean(expression)
        if case .binary(let inner, _, _) = expression, ["&&", "||"].contains(inner), inner != symbol {
            return "(\(text))"
        }
        return text
    }

    private func comparison(
        _ symbol: String, _ left: ForeignExpression, _ right: ForeignExpression
    ) throws(Fault) -> String {
        switch symbol {
        case "==", "!=":
            if let direct = try numbers(left, right, always: false) { return "\(direct.0) \(symbol) \(direct.1)" }
            if case .boolean(let wanted) = right, let single = try value(left).single, single.kind == .boolean {
                return (symbol == "==") == wanted ? single.text : "!(\(single.text))"
            }
            return "\(try value(left).expression) \(symbol) \(try value(right).expression)"
        case "=~": return "matches(\(try value(left).expression), \(try value(right).expression))"
        case "!~": return "!matches(\(try value(left).expression), \(try value(right).expression))"
        default:
            guard let pair = try numbers(left, right, always: true) else { throw Fault(message: "`\(symbol)`") }
            return "\(pair.0) \(symbol) \(pair.1)"
        }
    }

    /// Both sides as numbers; unless `always`, only when one is a number that was written and the other is one too.
    private func numbers(
        _ left: ForeignExpression, _ right: ForeignExpression, always: Bool
    ) throws(Fault) -> (String, String)? {
        func number(_ expression: ForeignExpression) throws(Fault) -> String? {
            if case .number(let text) = expression { return text }
            let value = try value(expression)
            if let single = value.single, single.kind == .number { return single.text }
            return always ? "to_number(\(value.expression))" : nil
        }
        guard let first = try number(left), let second = try number(right) else { return nil }
        return (first, second)
    }

    /// A value of any type.
    func value(_ expression: ForeignExpression) throws(Fault) -> FlowText {
        switch expression {
        case .text(let text), .number(let text): return FlowText(text)
        case .boolean(let value): return FlowText(value ? "true" : "false")
        case .null: return FlowText("")
        case .value(let value): return value
        case .name(let path):
            guard let value = name(path) else { throw Fault(message: "`\(path.joined(separator: "."))`") }
            return value
        case .call(let function, let arguments):
            var values: [FlowText] = []
            for argument in arguments { values.append(try value(argument)) }
            guard let value = call(function, values) else { throw Fault(message: "`\(function)(…)`") }
            return value
        case .binary("||", .binary("&&", let condition, let yes), let no):
            let text = "\(try boolean(condition)) ? \(try value(yes).expression) : \(try value(no).expression)"
            return FlowText(expression: text)
        case .binary("||", let first, let second):
            let text = FlowText.grouped(try value(first).expression)
            return FlowText(expression: "\(text) != '' ? \(text) : \(try value(second).expression)")
        default: return FlowText(expression: try boolean(expression), .boolean)
        }
    }
}
