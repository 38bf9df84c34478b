// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct ConditionTests {
    @Test("A false condition skips; what follows runs, with the default for what is missing")
    func skipped() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            inputs: {on: {type: boolean, default: false}}
            nodes:
              maybe: {when: inputs.on, set: {x: 1}}
              after: {needs: [maybe], set: {x: "${{ nodes.maybe.outputs.x ?? 7 }}"}}
              strict: {needs: {maybe: succeeded}, set: {x: 1}}
              behind: {needs: [strict], set: {x: 1}}
            """)
        #expect(try await run.status == .succeeded)
        #expect(
            try await run.statuses() == [
                "maybe": .skipped, "after": .succeeded, "strict": .omitted, "behind": .omitted,
            ])
        #expect(try await run.output("after", "x") == 7)
        let reasons = try await run.events.compactMap { recorded -> String? in
            if case .nodeSkipped(_, let reason) = recorded.event { reason } else { nil }
        }
        #expect(reasons == ["`inputs.on` is false"])
        await project.close()
    }

    @Test("Needs by outcome choose the path")
    func needs() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              bad: {run: exit 1, on_failure: continue}
              good: {run: "true"}
              on_fail: {needs: {bad: failed}, set: {x: 1}}
              not_on_fail: {needs: {good: failed}, set: {x: 1}}
              on_done: {needs: {bad: done, good: done}, set: {x: 1}}
              on_any: {needs: {not_on_fail: any}, set: {x: 1}}
              on_skip: {needs: {not_on_fail: skipped}, set: {x: 1}}
              on_met: {needs: [bad], set: {x: 1}}
            """)
        #expect(try await run.status == .succeeded)
        #expect(
            try await run.statuses() == [
                "bad": .failed, "good": .succeeded, "on_fail": .succeeded, "not_on_fail": .omitted,
                "on_done": .succeeded, "on_any": .succeeded, "on_skip": .succeeded, "on_met": .succeeded,
            ])
        await project.close()
    }

    @Test("A failure ends the run, is passed over, or leaves out what follows")
    func onFailure() async throws {
        let project = try TestProject()
        func run(_ policy: String) async throws -> TestRun {
            try await project.run(
                """
                nodes:
                  bad: {run: exit 1, on_failure: \(policy)}
                  next: {needs: [bad], set: {x: 1}}
                  beside: {run: "true"}
                """)
        }
        let fail = try await run("fail")
        #expect(try await fail.outcome() == .ended(.failed, reason: "node `bad` failed"))
        #expect(try await fail.statuses() == ["bad": .failed, "next": .omitted, "beside": .succeeded])
        #expect(try await fail.reader.summary(of: fail.id)?.failedNode == "bad")
        let on = try await run("continue")
        #expect(try await on.status == .succeeded)
        #expect(try await on.status(of: "next") == .succeeded)
        let skip = try await run("skip_downstream")
        #expect(try await skip.status == .succeeded)
        #expect(try await skip.status(of: "next") == .omitted)
        await project.close()
    }

    @Test("`finally` runs after a failure, and its own failure counts")
    func afterFailure() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            outputs: {x: {value: "${{ nodes.bad.outputs.x ?? 'none' }}"}}
            nodes:
              bad: {run: exit 1, outputs: {x: string}}
              next: {needs: [bad], run: "true"}
            finally:
              clean: {run: "true"}
              tell: {needs: [clean], run: exit 4}
            """)
        #expect(
            try await run.statuses() == [
                "bad": .failed, "next": .omitted, "clean": .succeeded, "tell": .failed,
            ])
        #expect(try await run.outcome() == .ended(.failed, reason: "node `bad` failed"))
        let ok = try await project.run("nodes: {a: {set: {x: 1}}}\nfinally: {tell: {run: exit 4}}")
        #expect(try await ok.outcome() == .ended(.failed, reason: "node `tell` failed"))
        await project.close()
    }

    @Test("`finally` runs after a cancellation")
    func afterCancel() async throws {
        let project = try TestProject()
        let run = try await project.start(
            """
            nodes:
              slow: {run: echo there; sleep 60}
              next: {needs: [slow], run: "true"}
            finally:
              clean: {run: "true"}
            """)
        try await run.awaitLine("there")
        try await run.send(.cancel(reason: "enough"))
        #expect(try await run.outcome() == .ended(.cancelled, reason: "enough"))
        #expect(try await run.statuses() == ["slow": .cancelled, "next": .cancelled, "clean": .succeeded])
        await project.close()
    }

    @Test("A condition or value that cannot be evaluated fails its node, not the engine")
    func faults() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            inputs: {x: {type: string, default: abc}}
            nodes:
              value: {set: {n: "${{ to_number(inputs.x) }}"}}
              asks: {when: to_number(inputs.x) > 1, set: {n: 1}}
              items: {foreach: {items: "${{ from_json(inputs.x) }}"}, set: {n: 1}}
              program: {run: "true", with: {n: "${{ to_number(inputs.x) }}"}}
            """)
        for node in ["value", "asks", "items", "program"] {
            #expect(try await run.failure(of: node).reason == .expression)
        }
        #expect(try await run.status == .failed)
        await project.close()
    }
}
