// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine
import Testing

/// Estimates decide which chain is the longest.
@Suite struct ExpectedTimesTests {
    private func heights(_ estimate: String) throws -> [Int32] {
        let text = """
            flow: 1
            name: order
            nodes:
              long: {set: {}}
              a: {set: {}}
              b: {needs: [a], set: {}}
            \(estimate)
            """
        let source = WorkflowSource(name: "order.yaml", bytes: Array(text.utf8), directory: "/", readFile: { _ in nil })
        let compilation = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(source)
        return try #require(compilation.plan).height
    }

    @Test func withoutEstimatesNodesAreCounted() throws {
        #expect(try heights("") == [1, 2, 1])
    }

    @Test func withEstimatesTheirTimesCountAndTheRestAsASecond() throws {
        #expect(try heights("mode: {estimate: {nodes: {long: 10s, a: {time: 2s-4s}}}}") == [10_000, 4000, 1000])
    }

    @Test func aVeryLongTimeIsCut() throws {
        #expect(try heights("mode: {estimate: {nodes: {b: 20d, a: 20d}}}")[1] == .max)
    }
}
