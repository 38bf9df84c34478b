// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The `depends` of an Argo task: an expression over the results of others.
struct ArgoDepends {
    private enum Outcome: String {
        case succeeded, failed, skipped, omitted
    }

    /// The tasks that are named, in their order.
    private(set) var names: [String] = []
    /// The needs that say the same; nil when it is no conjunction of conditions on one task each.
    private(set) var needs: [ImportedNode.Need]?
    /// The same as an expression in which `{name}` stands for the node of a task.
    private(set) var condition = ""

    init(_ text: String) throws(ForeignExpressionParser.Fault) {
        let expression = try ForeignExpressionParser.parse(text)
        for path in expression.names where !names.contains(path[0]) { names.append(path[0]) }
        condition = try Self.written(expression)
        var found: [ImportedNode.Need] = []
        for term in Self.terms(expression, "&&") {
            guard let (name, outcomes) = Self.outcomes(term), !found.contains(where: { $0.node == name }),
                let need = Self.condition(outcomes)
            else { return }
            found.append(ImportedNode.Need(node: name, condition: need))
        }
        needs = found
    }

    private static func terms(_ expression: ForeignExpression, _ symbol: String) -> [ForeignExpression] {
        if case .binary(symbol, let left, let right) = expression { return terms(left, symbol) + terms(right, symbol) }
        return [expression]
    }

    /// The one task that a term is about, and the results that it takes.
    private static func outcomes(_ term: ForeignExpression) -> (String, Set<Outcome>)? {
        var name: String?
        var all: Set<Outcome> = []
        for part in terms(term, "||") {
            guard case .name(let path) = part, name == nil || name == path[0], let more = outcomes(path) else {
                return nil
            }
            name = path[0]
            all.formUnion(more)
        }
        return name.map { ($0, all) }
    }

    private static func outcomes(_ path: [String]) -> Set<Outcome>? {
        guard path.count < 3 else { return nil }
        switch path.count == 2 ? path[1] : "" {
        case "": return [.succeeded, .skipped]
        case "Succeeded", "Daemoned": return [.succeeded]
        case "Failed", "Errored": return [.failed]
        case "Skipped": return [.skipped]
        case "Omitted": return [.omitted]
        case "AllFailed": return [.failed]
        default: return nil
        }
    }

    private static func condition(_ outcomes: Set<Outcome>) -> NeedCondition? {
        switch outcomes {
        case [.succeeded, .skipped]: .met
        case [.succeeded]: .succeeded
        case [.failed]: .failed
        case [.skipped], [.omitted], [.skipped, .omitted]: .skipped
        case [.succeeded, .failed]: .done
        case [.succeeded, .failed, .skipped], [.succeeded, .failed, .skipped, .omitted]: .any
        default: nil
        }
    }

    private static func written(_ expression: ForeignExpression) throws(ForeignExpressionParser.Fault) -> String {
        switch expression {
        case .name(let path):
            guard let outcomes = outcomes(path) else {
                throw ForeignExpressionParser.Fault(message: "`\(path.joined(separator: "."))` has no equivalent")
            }
            let tests = outcomes.sorted { $0.rawValue < $1.rawValue }.reversed().map {
                "nodes.{\(path[0])}.status == '\($0.rawValue)'"
            }
            return tests.count > 1 ? "(\(tests.joined(separator: " || ")))" : tests[0]
        case .not(let operand): return "!(\(FlowText.unwrapped(try written(operand))))"
        case .binary(let symbol, _, _) where symbol == "&&" || symbol == "||":
            let operands = terms(expression, symbol)
            var parts: [String] = []
            for operand in operands {
                let part = try written(operand)
                parts.append(symbol == "||" && !part.contains("&&") ? FlowText.unwrapped(part) : part)
            }
            return "(\(parts.joined(separator: " \(symbol) ")))"
        default: throw ForeignExpressionParser.Fault(message: "only tasks, `&&`, `||` and `!` may stand in it")
        }
    }
}
