// SPDX-License-Identifier: Apache-2.0
import FlowCore
import Testing

struct ExpressionSyntaxTests {
    @Test(arguments: [
        ("a ?b: c", "a ? b : c"), ("((a))", "a"), ("(a + b) * c", "(a + b) * c"), ("a + (b * c)", "a + b * c"),
        ("a - (b - c)", "a - (b - c)"), ("(a - b) - c", "a - b - c"), ("(a == b) == c", "(a == b) == c"),
        ("(a < b) == c", "a < b == c"), ("a ?? (b || c && d)", "a ?? b || c && d"), ("(a ?? b) || c", "(a ?? b) || c"),
        ("(a ? b : c) ? d : e", "(a ? b : c) ? d : e"), ("a ? b : (c ? d : e)", "a ? b : c ? d : e"),
        ("!(a && b)", "!(a && b)"), ("!a.b[0]['k k']", "!a.b[0]['k k']"), ("-(1)", "-(1)"), ("- 1", "-1"),
        ("(-1)[0]", "(-1)[0]"), ("--1", "-(-1)"), ("\"it's\"", "'it\\'s'"),
        ("{'a': 1, \"b c\": [null]}", "{a: 1, 'b c': [null]}"),
        ("f(a,)", "f(a)"), ("1.50", "1.5"), ("a\n+ b", "a + b"),
    ])
    func `prints the normal form`(text: String, normal: String) throws {
        let expression = try #require(Expression.parse(text).0)
        #expect(expression.description == normal)
        #expect(try #require(Expression.parse(normal).0).description == normal)
    }

    @Test(
        arguments: [
            ("", "empty", 0..<0), ("  ", "empty", 0..<2), ("1 +", "expected a value, found the end", 3..<3),
            ("a == b == c", "cannot be chained", 7..<9), ("a < b < c", "cannot be chained", 6..<7),
            ("a = b", "unexpected `=`", 2..<3), ("a === b", "not an operator", 2..<5),
            ("a and b", "found `and`", 2..<5),
            ("not a", "not an operator", 0..<3), ("a & b", "unexpected `&`", 2..<3),
            ("a | upper", "unexpected `|`", 2..<3),
            ("'abc", "not closed", 0..<4), ("'a\\qb'", "escape `\\q`", 2..<4), ("'\\ud800'", "hexadecimal", 1..<7),
            ("(a", "not closed", 0..<1), ("f(a b)", "expected `,` or `)`", 4..<5),
            ("[1 2]", "expected `,` or `]`", 3..<4),
            ("a[1", "not closed", 1..<2), ("{a 1}", "expected `:`", 3..<4), ("{1: 2}", "expected a key", 1..<2),
            ("{a: 1, a: 2}", "stands twice", 7..<8), ("a ? b", "expected `:`", 5..<5), ("a.1", "name after `.`", 2..<3),
            ("a.", "name after `.`", 2..<2), ("1a", "neither a number nor a name", 0..<2),
            ("01", "begin with 0", 0..<2),
            ("1e999", "too large", 0..<5), ("a.b()", "no methods", 0..<3), ("map(x, it => it)", "`=>`", 10..<12),
            ("“a”", "unexpected `“`", 0..<3), ("$a", "unexpected `$`", 0..<1), ("a b", "found `b`", 2..<3),
            (")", "found `)`", 0..<1), ("a)", "found `)`", 1..<2), ("é", "unexpected `é`", 0..<2),
        ] as [(String, String, Range<Int>)])
    func `tells what is wrong and where`(text: String, message: String, range: Range<Int>) throws {
        let (expression, faults) = Expression.parse(text)
        #expect(expression == nil)
        let fault = try #require(faults.first)
        #expect(fault.code == .expressionSyntax)
        #expect(fault.message.contains(message), "\(fault.message)")
        #expect(fault.range == range)
    }

    @Test(arguments: [
        ("a == b == c", "a == b && b == c"), ("a = b", "a == b"), ("a & b", "a & b".replacingAmpersand),
        ("not a", "! a"), ("a and b", "a && b"), ("007", "7"), ("00", "0"), ("'a\\q'", "'a\\\\q'"),
    ])
    func `replacements cure`(text: String, cured: String) throws {
        let fault = try #require(Expression.parse(text).1.first)
        let replacement = try #require(fault.replacement)
        var bytes = Array(text.utf8)
        bytes.replaceSubrange(replacement.range, with: replacement.text.utf8)
        #expect(String(decoding: bytes, as: UTF8.self) == cured)
    }

    @Test func `limits depth, chains and length`() {
        for text in [
            String(repeating: "(", count: 5000), String(repeating: "!", count: 5000),
            String(repeating: "[", count: 5000),
            String(repeating: "a ? b : ", count: 1500) + "c", String(repeating: "f(", count: 5000),
            String(repeating: "a[", count: 5000), "1" + String(repeating: " + 1", count: 3000),
            "a" + String(repeating: ".a", count: 5000), String(repeating: "x", count: 20_000),
            "a" + String(repeating: "[0]", count: 5000), String(repeating: "- ", count: 5000) + "1",
        ] {
            #expect(Expression.parse(text).0 == nil)
        }
        #expect(Expression.parse("1" + String(repeating: " + 1", count: 75)).0 != nil)
    }

    @Test func `collects references`() throws {
        let text =
            "nodes.a.outputs['x'].y[inputs.i].z + (run.id ?? env.X) + coalesce(item.a, b) + sum(map(rows, it.n + k))"
        let references = try #require(Expression.parse(text).0).references
        #expect(
            references.map { "\($0.path.joined(separator: ".")) \($0.hasDefault) \($0.isDynamic)" } == [
                "nodes.a.outputs.x.y false true", "inputs.i false false", "run.id true false", "env.X false false",
                "item.a true false", "b true false", "rows false false", "k false false",
            ])
        let bytes = Array(text.utf8)
        let written = { (range: Range<Int>) in String(decoding: bytes[range], as: UTF8.self) }
        #expect(written(references[0].range) == "nodes.a.outputs['x'].y")
        #expect(references[0].segments.map { written($0.range) } == ["nodes", "a", "outputs", "'x'", "y"])
        let nested = try #require(Expression.parse("(a.b ?? c) ?? d ? e ?? 1 : nodes[f].g").0).references
        #expect(nested.map(\.hasDefault) == [true, true, false, true, false, false])
        #expect(nested.map(\.root) == ["a", "c", "d", "e", "nodes", "f"])
        #expect(try #require(Expression.parse("1 + length('a')").0).isConstant)
    }

    @Test func `random trees survive printing`() throws {
        var random = SplitMixGenerator(seed: 21)
        for _ in 0..<3000 {
            let text = random.expression(depth: 5)
            let (expression, faults) = Expression.parse(text)
            let first = try #require(expression, "\(text): \(faults)")
            let second = try #require(Expression.parse(first.description).0, "\(first.description)")
            #expect(first.root.shape == second.root.shape)
            #expect(second.description == first.description)
        }
    }

    @Test func `mutated expressions neither trap nor run away`() {
        var random = SplitMixGenerator(seed: 22)
        let scraps = [
            "(", ")", "[", "]", "{", "}", "'", "\"", "??", "?", ":", ".", ",", "it", "-", "9223372036854775807", "0",
            "map(", "null", "\\u", "é", "1e308", " ", "!", "range(9999)", "*", "inputs", "replace(", "''", "/", "%",
            "{1,9}",
        ]
        let limits = ExpressionLimits(steps: 2000, size: 1 << 14)
        let types = FieldScope(["inputs": .object(["n": .integer, "name": .string], open: true), "rows": .array(.any)])
        var evaluated = 0
        for round in 0..<20_000 {
            let function = ExpressionFunction.all[round % ExpressionFunction.all.count]
            var bytes = Array((Bool.random(using: &random) ? function.example : random.expression(depth: 3)).utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                if Bool.random(using: &random), place < bytes.count {
                    bytes.remove(at: place)
                } else {
                    bytes.insert(contentsOf: (scraps.randomElement(using: &random) ?? "").utf8, at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let (expression, faults) = Expression.parse(text)
            for fault in faults { #expect(fault.range.upperBound <= text.utf8.count) }
            guard let expression else {
                #expect(!faults.isEmpty)
                continue
            }
            _ = expression.check(in: types)
            do throws(ExpressionError) {
                let value = try expression.evaluate(in: ExpressionTests.scope, limits: limits)
                #expect(value.jsonBytes().count < 1 << 17)
                evaluated += 1
            } catch {
                #expect(error.range.upperBound <= text.utf8.count)
            }
        }
        #expect(evaluated > 3000)
    }
}

extension String {
    fileprivate var replacingAmpersand: String { map { $0 == "&" ? "&&" : String($0) }.joined() }
}

extension ExpressionNode {
    /// The tree without its ranges.
    var shape: String {
        switch kind {
        case .literal(let value): "\(value.typeName):\(value.jsonText())"
        case .list(let elements): "[\(elements.map(\.shape).joined(separator: ","))]"
        case .object(let entries): "{\(entries.map { $0.key + "=" + $0.value.shape }.joined(separator: ","))}"
        case .name(let name): name
        case .member(let base, let name, _): "(. \(base.shape) \(name))"
        case .index(let base, let index): "(at \(base.shape) \(index.shape))"
        case .unary(let symbol, let operand): "(\(symbol.rawValue) \(operand.shape))"
        case .binary(let symbol, let left, let right, _): "(\(symbol.rawValue) \(left.shape) \(right.shape))"
        case .conditional(let a, let b, let c): "(? \(a.shape) \(b.shape) \(c.shape))"
        case .call(let name, _, let arguments): "(\(name) \(arguments.map(\.shape).joined(separator: " ")))"
        }
    }
}

extension SplitMixGenerator {
    /// The text of a random expression, with brackets around every operation.
    mutating func expression(depth: Int) -> String {
        let kind = Int.random(in: 0..<(depth > 0 ? 14 : 5), using: &self)
        func sub() -> String { expression(depth: depth - 1) }
        switch kind {
        case 0: return "\(Int.random(in: 0...99, using: &self))"
        case 1:
            return ["null", "true", "false", "1.5", "2e300", "9223372036854775807"].randomElement(using: &self) ?? ""
        case 2: return ["'a'", "'é\\n\\''", "\"\"", "'}}'"].randomElement(using: &self) ?? ""
        case 3, 4: return ["inputs", "rows", "inputs.n", "inputs.name", "x"].randomElement(using: &self) ?? ""
        case 5: return "[\(sub()), \(sub())]"
        case 6: return "{a: \(sub()), 'b c': \(sub())}"
        case 7: return "(\(sub())).\(Bool.random(using: &self) ? "n" : "a")"
        case 8: return "(\(sub()))[\(sub())]"
        case 9: return "\(Bool.random(using: &self) ? "!" : "-")(x\(Bool.random(using: &self) ? " ?? \(sub())" : ""))"
        case 10: return "(\(sub())) ? (\(sub())) : (\(sub()))"
        case 11: return "\(["length", "map", "min", "to_json"].randomElement(using: &self) ?? "")(\(sub()), \(sub()))"
        default:
            let symbol = BinaryOperator.allCases.randomElement(using: &self)?.rawValue ?? "+"
            return "(\(sub())) \(symbol) (\(sub()))"
        }
    }
}
