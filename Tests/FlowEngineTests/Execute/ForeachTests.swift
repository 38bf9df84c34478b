// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct ForeachTests {
    @Test("Items run on their own, no more at once than allowed; outputs come in the order of the items")
    func order() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {words: {value: "${{ nodes.each.outputs.word }}"}}
            nodes:
              list: {set: {items: [{id: c, t: "0.15"}, {id: a, t: "0"}, {id: b, t: "0.05"}]}}
              each:
                needs: [list]
                foreach: {items: "${{ nodes.list.outputs.items }}", as: thing, key: thing.id, max_parallel: 2}
                with: {id: "${{ thing.id }}", at: "${{ item_index }}"}
                env: {T: "${{ thing.t }}"}
                run: |
                  sleep "$T"
                  echo "word=$FLOW_WITH_ID$FLOW_WITH_AT" >> "$FLOW_OUTPUT"
                outputs: {word: string}
            """#)
        #expect(try await run.outputs["words"] == ["c0", "a1", "b2"])
        #expect(try await run.statuses().keys.sorted() == ["each", "each[a]", "each[b]", "each[c]", "list"])
        var running = 0
        var most = 0
        for recorded in try await run.events {
            switch recorded.event {
            case .nodeStarted(let node, _) where node.hasPrefix("each["): running += 1
            case .nodeSucceeded(let node, _, _) where node.hasPrefix("each["): running -= 1
            default: break
            }
            most = max(most, running)
        }
        #expect(most == 2)
        await project.close()
    }

    @Test(
        "Keys that are alike, and keys that are no names, are refused before any item runs",
        arguments: [
            ("item % 2", "more than one"), ("item > 1", "no text"), ("''", "no text"),
        ])
    func keys(_ key: String, _ words: String) async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {each: {foreach: {items: [1, 2, 3], key: \"\(key)\"}, run: \"true\"}}")
        let failure = try await run.failure(of: "each")
        #expect(failure.reason == .expression && failure.message.contains(words), "\(failure)")
        #expect(try await run.statuses() == ["each": .failed])
        await project.close()
    }

    @Test("No items are a success with empty outputs, which what follows can read in the same breath")
    func none() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              each: {foreach: {items: []}, run: "true", outputs: {x: string}}
              bare: {foreach: {items: []}, run: "true"}
              after:
                needs: [each, bare]
                set: {count: "${{ length(nodes.each.outputs.x) }}", how: "${{ nodes.bare.status }}"}
            """)
        #expect(try await run.output("after", "count") == 0)
        #expect(try await run.output("after", "how") == "succeeded")
        await project.close()
    }

    @Test("200 items end in order")
    func many() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              list: {set: {items: "${{ range(200) }}"}}
              each:
                needs: [list]
                foreach: {items: "${{ nodes.list.outputs.items }}"}
                set: {square: "${{ item * item }}"}
              sum: {needs: [each], set: {total: "${{ sum(nodes.each.outputs.square) }}"}}
            """)
        #expect(try await run.output("sum", "total") == 2_646_700)
        #expect(try await run.output("each", "square").arrayValue?.last == 39_601)
        await project.close()
    }

    private func failing(_ mode: String) -> String {
        #"""
        nodes:
          each:
            foreach: {items: [0, 1, 2, 3], max_parallel: 1, on_failure: \#(mode)}
            with: {i: "${{ item }}"}
            run: |
              [ "$FLOW_WITH_I" != 1 ]
              echo "i=$FLOW_WITH_I" >> "$FLOW_OUTPUT"
            outputs: {i: integer}
          after: {needs: {each: any}, set: {done: yes}}
        """#
    }

    @Test("A failed item ends the others, or leaves a hole, or fails the whole at the end")
    func failureModes() async throws {
        let project = try TestProject()
        let fast = try await project.run(failing("fail_fast"))
        #expect(
            try await fast.statuses() == [
                "each": .failed, "each[0]": .succeeded, "each[1]": .failed, "each[2]": .cancelled,
                "each[3]": .cancelled, "after": .succeeded,
            ])
        #expect(try await fast.status == .failed)
        let on = try await project.run(failing("continue"))
        #expect(try await on.output("each", "i") == [0, nil, 2, 3])
        #expect(try await on.status == .succeeded)
        let all = try await project.run(failing("all_or_nothing"))
        #expect(
            try await all.statuses() == [
                "each": .failed, "each[0]": .succeeded, "each[1]": .failed, "each[2]": .succeeded,
                "each[3]": .succeeded, "after": .succeeded,
            ])
        await project.close()
    }

    @Test("fail_fast ends items that run")
    func endsRunning() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              each:
                foreach: {items: [wait, fail]}
                with: {what: "${{ item }}"}
                run: |
                  if [ "$FLOW_WITH_WHAT" = fail ]; then exit 1; fi
                  sleep 60
            """#)
        #expect(
            try await run.statuses() == ["each": .failed, "each[0]": .cancelled, "each[1]": .failed])
        await project.close()
    }

    @Test("A condition on the item skips that item, another condition the whole node")
    func conditions() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              each: {foreach: {items: [1, 2, 3]}, when: item != 2, set: {i: "${{ item }}"}}
              whole: {foreach: {items: [1, 2]}, when: 1 > 2, set: {i: "${{ item }}"}}
            """)
        #expect(try await run.output("each", "i") == [1, nil, 3])
        #expect(try await run.status(of: "each[1]") == .skipped)
        #expect(try await run.status(of: "whole") == .skipped)
        #expect(try await run.statuses().count == 5)
        await project.close()
    }

    @Test("Each item is tried again on its own")
    func retries() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              each:
                foreach: {items: [1, 2]}
                retry: {max_attempts: 2, delay: 0s}
                with: {i: "${{ item }}", n: "${{ attempt }}"}
                run: |
                  [ "$FLOW_WITH_I" = 1 ] || [ "$FLOW_WITH_N" = 2 ]
            """#)
        #expect(try await run.status == .succeeded)
        #expect(try await run.failures(of: "each[0]").isEmpty)
        #expect(try await run.failures(of: "each[1]").count == 1)
        await project.close()
    }
}
