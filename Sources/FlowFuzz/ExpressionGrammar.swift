// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowTesting

/// Makes expressions that follow the grammar, with names, functions and types that are often right.
struct ExpressionGrammar {
    private static let names = [
        "inputs.n", "inputs.x", "inputs.s", "inputs.b", "inputs.none", "inputs.code", "inputs.nn", "inputs",
        "nodes.a.outputs.rows", "nodes.a.outputs.names", "nodes.a.outputs.first", "nodes.a.outputs.text",
        "nodes.a.status",
        "nodes.b.outputs.x", "item", "item.key", "item.values", "item_index", "attempt", "env.HOME",
        "nodes['a'].outputs",
    ]
    private static let elementNames = ["it", "it.id", "it.p", "it_index", "it.t", "it[0]"]
    private static let literals = [
        "null", "true", "false", "0", "1", "2", "-1", "3.5", "1e308", "9223372036854775807", "'a'", "'high'", "''",
        "\"\\u00e9\"", "'it\\'s'", "'%Y-%m-%d'", "'2026-03-01T23:30:00Z'", "'[a-z]+'", "'(a|b)*c'", "'{\"k\": [1]}'",
    ]
    private static let operators = ["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??"]

    var random: SeededGenerator
    /// How many functions around bind `it`.
    private var bindings = 0

    init(random: SeededGenerator) { self.random = random }

    /// A value with expressions in it.
    mutating func template() -> String {
        switch random.below(4) {
        case 0:
            "\(random.pick(["", "text ", "é "]))${{ \(expression(random.below(5) + 1)) }}\(random.pick(["", " more", "\n"]))"
        case 1: "${{ \(expression(3)) }}, ${{ \(expression(2)) }}"
        default: "${{ \(expression(random.below(7) + 1)) }}"
        }
    }

    /// A workflow with expressions at each place that takes one.
    mutating func workflow() -> String {
        func quoted(_ text: String) -> String {
            var out = "\""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"", "\\": out += "\\\(scalar)"
                case "\n": out += "\\n"
                default: out.unicodeScalars.append(scalar)
                }
            }
            return out + "\""
        }
        let items = quoted("${{ \(expression(3)) }}")
        let block = random.pick(["|", ">", "|-", ">+", "|2"])
        return """
            flow: 1
            name: made
            inputs:
              n: {type: integer, default: 3}
              x: {type: number, default: 1.5}
              s: {type: string}
              b: {type: boolean, default: true}
              none: {type: object, schema: {type: object, properties: {k: {type: string}}}}
              code: {type: array, default: [1, 2]}
            nodes:
              a:
                when: \(quoted(expression(2)))
                set: {rows: \(quoted(template())), names: [a, b], first: \(quoted(template())), text: t}
              each:
                needs: [a]
                foreach: {items: \(items), key: \(quoted(expression(2)))}
                set: {out: \(quoted(template()))}
              last:
                needs: {a: any, each: \(random.pick(["succeeded", "done", "failed", "met"]))}
                with:
                  deep: {er: [\(quoted(template())), 1]}
                  block: \(block)
                    \(template().split(separator: "\n").joined(separator: "\n      "))
                run: "true"
            outputs:
              o: \(quoted(template()))

            """
    }

    /// An expression, at most so deep.
    mutating func expression(_ depth: Int) -> String {
        guard depth > 0 else { return leaf() }
        switch random.below(12) {
        case 0, 1: return leaf()
        case 2, 3:
            let op = random.pick(Self.operators)
            let text = "\(expression(depth - 1)) \(op) \(expression(depth - 1))"
            return random.chance(50) ? "(\(text))" : text
        case 4: return "\(random.pick(["!", "-"]))\(expression(depth - 1))"
        case 5: return "(\(expression(depth - 1)) ? \(expression(depth - 1)) : \(expression(depth - 1)))"
        case 6:
            let count = random.below(4)
            return "[\((0..<count).map { _ in expression(depth - 1) }.joined(separator: ", "))]"
        case 7: return "{a: \(expression(depth - 1)), 'b c': \(expression(depth - 1))}"
        case 8: return "\(expression(depth - 1))[\(expression(depth - 1))]"
        case 9: return "\(leaf()).\(random.pick(["id", "p", "k", "outputs", "values"]))"
        default: return call(depth)
        }
    }

    private mutating func leaf() -> String {
        switch random.below(bindings > 0 ? 3 : 2) {
        case 0: random.pick(Self.literals)
        case 1: random.pick(Self.names)
        default: random.pick(Self.elementNames)
        }
    }

    private mutating func call(_ depth: Int) -> String {
        let function = random.pick(ExpressionFunction.all)
        var arguments: [String] = []
        for (place, parameter) in function.parameters.enumerated() {
            if parameter.presence == .optional, random.chance(50) { break }
            let isBound = function.bindsElement && place == 1
            if isBound { bindings += 1 }
            arguments.append(
                random.chance(60) ? fitting(random.pick(parameter.types), depth - 1) : expression(depth - 1))
            if isBound { bindings -= 1 }
            if parameter.presence == .repeated, random.chance(50) { arguments.append(expression(depth - 1)) }
        }
        if random.chance(3) { arguments.append(leaf()) }
        return "\(function.name)(\(arguments.joined(separator: ", ")))"
    }

    /// An expression that may well have the type.
    private mutating func fitting(_ type: ValueType, _ depth: Int) -> String {
        switch type {
        case .string:
            random.pick(["'a,b'", "inputs.s", "nodes.a.outputs.text", "to_string(\(expression(depth)))", "'x'"])
        case .integer: random.pick(["0", "1", "-1", "1000000", "inputs.n", "length('ab')", "99999999999"])
        case .number: random.pick(["0", "1.5", "-2", "inputs.x", "1e300"])
        case .boolean: random.pick(["true", "inputs.b", "it != null", "1 < 2", "it == it"])
        case .array:
            random.pick([
                "[]", "[1, 2]", "nodes.a.outputs.rows", "nodes.a.outputs.names", "range(1000)", "item.values",
                "[\(expression(depth))]", "split('a,b', ',')",
            ])
        case .object, .map: random.pick(["{}", "nodes.a.outputs.first", "{a: 1}", "group_by([1, 2], it)", "inputs"])
        default: expression(depth)
        }
    }
}
