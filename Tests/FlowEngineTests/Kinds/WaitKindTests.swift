// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct WaitKindTests {
    @Test("A wait takes its time and holds no slot")
    func duration() async throws {
        let project = try TestProject(slots: 1)
        let run = try await project.run(
            """
            nodes:
              pause: {wait: 150ms}
              long: {wait: {for: 150ms}}
              beside: {run: "true"}
              after: {needs: [pause], set: {x: 1}}
            """)
        #expect(try await run.status == .succeeded)
        let took = try await run.succeeded("pause").since(run.started("pause")).count
        #expect(took >= 150 && took < 15_000, "\(took) ms")
        #expect(try await run.started("beside") < run.succeeded("pause"))
        await project.close()
    }

    @Test("A wait until a moment ends then; one in the past at once")
    func until() async throws {
        let project = try TestProject()
        let moment = WallClock.now.advanced(by: Milliseconds(200))
        let run = try await project.run(
            """
            inputs: {at: {type: string}}
            nodes:
              past: {wait: {until: "2020-01-01T00:00:00Z"}}
              soon: {wait: {until: "${{ inputs.at }}"}}
              bad: {wait: {until: "x${{ inputs.at }}"}, on_failure: continue}
            """, inputs: ["at": .string(moment.iso8601)])
        #expect(try await run.status == .succeeded)
        #expect(try await run.succeeded("past").since(run.started("past")).count < 10_000)
        #expect(try await run.succeeded("soon") >= moment)
        #expect(try await run.failure(of: "bad").reason == .badData)
        await project.close()
    }
}
