// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowExchange
import Testing

/// The examples of explanations are what they say.
struct ExchangeExplanationTests {
    private func codes(_ text: String) -> [String] {
        WorkflowImporter.read(Array(text.utf8), name: "example.yaml").diagnostics.map(\.code.description)
    }

    @Test(arguments: Explanation.exchange) func theBadExampleHasTheFaultAndTheGoodOneHasNone(
        _ explanation: Explanation
    ) throws {
        #expect(codes(try #require(explanation.bad)) == [explanation.code.description])
        #expect(codes(explanation.good) == [])
    }

    @Test func everyCodeIsExplained() {
        #expect(Explanation.exchange.map(\.code) == [.unknownFormat, .badSource, .noEquivalent, .approximated])
    }
}
