// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct RepetitionTests {
    @Test("A node repeats with its last outputs at hand until the condition holds")
    func untilItHolds() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {n: {value: "${{ nodes.count.outputs.n }}"}}
            nodes:
              count:
                repeat: {until: outputs.n >= 3, max: 10}
                env: {BEFORE: "${{ previous.n ?? 0 }}", I: "${{ iteration }}"}
                run: |
                  test "$I" -eq $((BEFORE + 1))
                  echo "n=$((BEFORE + 1))" >> "$FLOW_OUTPUT"
                outputs: {n: integer}
            """#)
        #expect(try await run.outputs["n"] == 3)
        let events = try await run.events.map(\.event.typeName)
        #expect(events.count(where: { $0 == "node_repeated" }) == 2)
        await project.close()
    }

    @Test("A condition that never holds fails the node, or leaves it with what it has")
    func exhausted() async throws {
        let project = try TestProject()
        let strict = try await project.run(
            "nodes: {a: {repeat: {until: iteration > 5, max: 2}, run: 'true'}}")
        #expect(try await strict.failure(of: "a").reason == .notConverged)
        let lenient = try await project.run(
            "nodes: {a: {repeat: {until: iteration > 5, max: 2, on_exhausted: continue}, run: 'true'}}")
        #expect(try await lenient.statuses() == ["a": .succeeded])
        await project.close()
    }

    @Test("A failed attempt of an iteration is tried again without losing the iterations before")
    func retriesInside() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {n: {value: "${{ nodes.count.outputs.n }}"}}
            nodes:
              count:
                repeat: {until: outputs.n == 2, max: 3}
                retry: {max_attempts: 2, delay: 0s}
                env: {BEFORE: "${{ previous.n ?? 0 }}", A: "${{ attempt }}"}
                run: |
                  if [ $((A % 2)) -eq 1 ]; then exit 1; fi
                  echo "n=$((BEFORE + 1))" >> "$FLOW_OUTPUT"
                outputs: {n: integer}
            """#)
        #expect(try await run.outputs["n"] == 2)
        await project.close()
    }

    @Test("A matrix is each combination once, named by its values, less what is excluded and with what is included")
    func matrix() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {all: {value: "${{ nodes.m.outputs.v }}"}}
            nodes:
              m:
                matrix: {os: [a, b], n: "${{ [1, 2] }}", exclude: [{os: b, n: 1}], include: [{os: c, n: 9}]}
                env: {OS: "${{ matrix.os }}", N: "${{ matrix.n }}"}
                run: echo "v=$OS$N" >> "$FLOW_OUTPUT"
                outputs: {v: string}
            """#)
        #expect(try await run.outputs["all"] == ["a1", "a2", "b2", "c9"])
        #expect(try await run.statuses().keys.sorted() == ["m", "m[a,1]", "m[a,2]", "m[b,2]", "m[c,9]"])
        await project.close()
    }

    @Test("Samples run k times; the most frequent outputs win, with the agreement beside them")
    func samples() async throws {
        let project = try TestProject()
        let text = #"""
            outputs: {v: {value: "${{ nodes.s.outputs.v }}"}, a: {value: "${{ nodes.s.outputs.agreement }}"}}
            nodes:
              s:
                samples: {count: 4, min_agreement: LEAST}
                env: {N: "${{ sample }}"}
                run: |
                  test "$N" -ne 4
                  echo "v=$((N / 2))" >> "$FLOW_OUTPUT"
                outputs: {v: integer}
            """#
        let run = try await project.run(text.replacing("LEAST", with: "0.5"))
        #expect(try await run.outputs["v"] == 1)
        #expect(try await run.outputs["a"] == 0.5)
        let strict = try await project.run(text.replacing("LEAST", with: "0.6"))
        #expect(try await strict.failure(of: "s").reason == .disagreement)
        await project.close()
    }

    @Test("Samples vote among themselves when other nodes stand before them")
    func samplesAfterOthers() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {v: {value: "${{ nodes.s.outputs.v }}"}}
            nodes:
              a: {run: "true"}
              b: {foreach: {items: [1, 2]}, run: "true"}
              s:
                samples: 3
                env: {N: "${{ sample }}"}
                run: echo "v=$((N / 2))" >> "$FLOW_OUTPUT"
                outputs: {v: integer}
            """#)
        #expect(try await run.outputs["v"] == 1)
        await project.close()
    }

    @Test("Nodes of one mutex never run together; a pool lets as many run as it has units")
    func pools() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            concurrency: {max_parallel: 8}
            pools: {p: 2}
            nodes:
              a: {mutex: m, run: sleep 0.05}
              b: {mutex: m, run: sleep 0.05}
              c: {foreach: {items: [1, 2, 3, 4]}, pool: p, run: sleep 0.05}
              d: {pool: {name: p, units: 2}, run: sleep 0.05}
              e: {resources: {cpus: 1000, memory: 1TiB}, run: "true"}
            """#)
        var running: [String: Int] = ["m": 0, "p": 0]
        for recorded in try await run.events {
            let change: (String, Int)?
            switch recorded.event {
            case .nodeStarted(let node, _): change = (node, 1)
            case .nodeSucceeded(let node, _, _): change = (node, -1)
            default: change = nil
            }
            guard let (node, step) = change else { continue }
            if ["a", "b"].contains(node) { running["m", default: 0] += step }
            if node.hasPrefix("c[") { running["p", default: 0] += step }
            if node == "d" { running["p", default: 0] += 2 * step }
            #expect(running["m", default: 0] <= 1 && running["p", default: 0] <= 2)
        }
        #expect(try await run.statuses().values.allSatisfy { $0 == .succeeded })
        await project.close()
    }
}
