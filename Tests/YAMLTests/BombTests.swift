// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct BombTests {
    /// Texts that would cost much if they were taken literally.
    private static let bombs: [(String, YAMLProblem.Code)] = [
        (laughs(keys: false), .aliasBudget),
        (laughs(keys: true), .aliasBudget),
        (String(repeating: "[", count: 1_000_000), .depth),
        (String(repeating: "{a: ", count: 200_000), .depth),
        (String(repeating: "- ", count: 500_000), .depth),
        ((0..<3000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), .depth),
        ("a: &a0 [x]\n" + (1..<70).map { "b\($0): &a\($0) [*a\($0 - 1)]\n" }.joined(), .depth),
    ]

    private static func laughs(keys: Bool) -> String {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9)
            let items =
                keys
                ? "{" + aliases.map { "? \($0)\n  : 1" }.joined(separator: ", ") + "}"
                : "\(aliases)".replacing("\"", with: "")
            text += "a\(level): &a\(level) \(items)\n"
        }
        return text
    }

    @Test(arguments: bombs.indices)
    func aBombIsRefusedAtOnce(_ index: Int) {
        let (text, code) = Self.bombs[index]
        let clock = ContinuousClock()
        let start = clock.now
        let (document, problems) = YAMLDocument.parse(Array(text.utf8))
        #expect(document == nil)
        #expect(problems.contains { $0.code == code }, "\(problems)")
        #expect(clock.now - start < .seconds(5))
    }

    @Test func theDepthLimitIsExact() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(YAMLDocument.parse(nested(64)).problems.isEmpty)
        #expect(YAMLDocument.parse(nested(65)).problems.map(\.code) == [.depth])
        #expect(YAMLDocument.parse(nested(65)).problems.map(\.range) == [64..<65])
    }

    @Test func theAliasBudgetIsExact() {
        var limits = YAMLLimits()
        limits.maxAliasExpansions = 6
        // Each alias of the list visits three nodes.
        #expect(report("- &a [x, y]\n- *a\n- *a\n", limits: limits) == "")
        #expect(
            report("- &a [x, y]\n- *a\n- *a\n- *a\n", limits: limits) == """
                aliasBudget 4:3 '*a' aliases expand to more than 6 nodes
                  note 1:6 '[x, y]' the value that is repeated
                  help use fewer aliases of large values
                """)
    }
}
