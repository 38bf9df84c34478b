// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// What people do to a node with a `cache` is its own: no other run gets it.
@Suite struct ReuseWithPeopleTests {
    private let project: TestProject

    init() throws { project = try TestProject() }

    private var text: String {
        #"""
        nodes:
          fit:
            cache: {mode: global}
            with: {n: 1}
            run: 'echo "$FLOW_WITH_N" >> LEDGER; echo "n=$FLOW_WITH_N" >> "$FLOW_OUTPUT"'
            outputs: {n: integer}
          gate: {needs: [fit], approval: "Good?"}
        """#
        .replacing("LEDGER", with: project.file("ledger"))
    }

    private func ran() -> [String] { project.lines("ledger") }

    private func checkStore() async throws {
        await project.close()
        let report = try StoreCheck.run(folder: project.store)
        #expect(report.problems == [], "\(report.problems)")
    }

    @Test("What was sent back runs again, and its result is that of its run alone")
    func sentBack() async throws {
        let first = try await project.run(text)
        #expect(try await first.outcome() == .waiting(nodes: ["gate"]))
        try await first.send(
            .answer(node: "gate", ApprovalAnswer(.sendBack, comment: "look again", target: "fit")), by: "ann")
        #expect(try await first.outcome() == .waiting(nodes: ["gate"]))
        #expect(ran() == ["1", "1"])
        #expect(try await first.reader.store.fingerprints(of: first.id) == [])
        let second = try await project.run(text)
        #expect(try await second.outcome() == .waiting(nodes: ["gate"]))
        #expect(ran() == ["1", "1", "1"], "nothing was taken from the first")
        let third = try await project.run(text)
        #expect(try await third.outcome() == .waiting(nodes: ["gate"]))
        #expect(ran() == ["1", "1", "1"], "the second stands for the third")
        let failure = await #expect(throws: EngineError.self) {
            try await third.send(.answer(node: "gate", ApprovalAnswer(.sendBack, comment: "no", target: "fit")))
        }
        #expect(failure?.description.contains("taken over from another run") == true)
        try await checkStore()
    }

    @Test("A changed node gives nothing to other runs; one that was only allowed does")
    func changed() async throws {
        let asking = "approvals: {mode: before_each_step}\n" + text
        let first = try await project.run(asking)
        #expect(try await first.outcome() == .waiting(nodes: ["fit"]))
        let change = JSONObject([JSONObject.Member(key: "with", value: ["n": 9])])
        try await first.send(.answer(node: "fit", ApprovalAnswer(.modified, values: change)), by: "ann")
        #expect(try await first.outcome() == .waiting(nodes: ["gate"]))
        #expect(ran() == ["9"])
        let second = try await project.run(asking)
        #expect(try await second.outcome() == .waiting(nodes: ["fit"]))
        try await second.send(.approve(node: "fit", comment: nil), by: "ann")
        #expect(try await second.outcome() == .waiting(nodes: ["gate"]))
        #expect(ran() == ["9", "1"])
        let third = try await project.run(text)
        #expect(try await third.outcome() == .waiting(nodes: ["gate"]))
        #expect(ran() == ["9", "1"], "what was allowed is what would have been")
        try await checkStore()
    }
}
