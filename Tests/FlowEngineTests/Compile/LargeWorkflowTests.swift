// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// Sizes at which recursion, or a walk for each node, would show.
struct LargeWorkflowTests {
    private static func chain(_ count: Int, first: String, _ body: String) -> String {
        var text = "flow: 1\nname: chain\nnodes:\n  n0: {\(first)}\n"
        for index in 1..<count { text += "  n\(index): {\(body), needs: [n\(index - 1)]}\n" }
        return text
    }

    @Test func aChainMayBeLong() {
        let last = "  last: {set: {x: \"${{ nodes.n0.outputs.x }}\"}, needs: [n4998]}\n"
        let compilation = Fixtures.compile(Self.chain(4999, first: "set: {x: 1}", "run: \"true\"") + last)
        #expect(compilation.diagnostics.isEmpty)
        #expect(compilation.plan?.nodes.count == 5000)
    }

    @Test func manyNodesMayReferToTheFirst() {
        let body = "set: {x: \"${{ nodes.n0.outputs.x }}\"}"
        let compilation = Fixtures.compile(Self.chain(500, first: "set: {x: 1}", body))
        #expect(compilation.diagnostics.isEmpty)
    }

    @Test func aLongCycleIsToldShortly() {
        let report = Fixtures.report(Self.chain(2000, first: "run: \"true\", needs: [n1999]", "run: \"true\""))
        #expect(report.utf8.count < 4000)
        #expect(report.hasPrefix("error[F0205]: the nodes wait for each other in a cycle: n0 → n1999 → n1998"))
        #expect(report.firstRange(of: "… 1989 more …") != nil)
    }

    @Test func tooManyNestedListsAreRefused() {
        for depth in [100, 1000, 100_000] {
            let brackets = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let compilation = Fixtures.compile("flow: 1\nname: deep\nmode: \(brackets)\nnodes: {a: {run: \"true\"}}\n")
            #expect(compilation.diagnostics.map(\.code) == [.tooDeep])
        }
    }
}
