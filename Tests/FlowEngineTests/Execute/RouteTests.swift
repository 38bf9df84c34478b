// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct RouteTests {
    @Test("A switch lets the nodes of its case go on and skips the others; what needs all of them runs")
    func chooses() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              route: {switch: "${{ 1 + 1 }}", cases: {"1": one, "2": [two, both], "3": both}, default: other}
              one: {run: "true"}
              two: {run: "true"}
              both: {run: "true"}
              other: {run: "true"}
              after: {needs: [one, two, both, other], run: "true"}
            """#)
        let statuses = try await run.statuses()
        #expect(
            statuses == [
                "route": .succeeded, "one": .skipped, "two": .succeeded, "both": .succeeded, "other": .skipped,
                "after": .succeeded,
            ])
        await project.close()
    }

    @Test("A value that no case fits takes the default, or fails the switch")
    func fitsNothing() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              route: {switch: "${{ 'x' }}", cases: {a: one}, default: other}
              one: {run: "true"}
              other: {run: "true"}
            """#)
        #expect(try await run.statuses() == ["route": .succeeded, "one": .skipped, "other": .succeeded])
        let strict = try await project.run("nodes: {route: {switch: x, cases: {a: one}}, one: {run: 'true'}}")
        #expect(try await strict.failure(of: "route").reason == .badData)
        #expect(try await strict.statuses()["one"] == .omitted)
        await project.close()
    }

    @Test("A fallback runs only after a failure; its outputs stand for those of the failed node")
    func fallback() async throws {
        let project = try TestProject()
        for (code, expected) in [("1", "spare"), ("0", "first")] {
            let run = try await project.run(
                #"""
                outputs: {v: {value: "${{ nodes.a.outputs.v }}"}, s: {value: "${{ nodes.a.status }}"}}
                nodes:
                  a: {run: "echo v=first >> $FLOW_OUTPUT; exit CODE", outputs: {v: string}, fallback: b}
                  b: {run: "echo v=spare >> $FLOW_OUTPUT", outputs: {v: string}}
                  c: {needs: [a], run: "test \"$V\" = EXPECTED", env: {V: "${{ nodes.a.outputs.v }}"}}
                """#.replacing("CODE", with: code).replacing("EXPECTED", with: expected))
            #expect(try await run.outputs["v"] == .string(expected))
            #expect(try await run.statuses()["b"] == (code == "1" ? .succeeded : .omitted))
            #expect(try await run.statuses()["c"] == .succeeded)
        }
        await project.close()
    }

    @Test("A node that needs no slot gets the outputs of a fallback that has only just ended")
    func fallbackOfTheSameMoment() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {v: {value: "${{ nodes.c.outputs.v }}"}}
            nodes:
              a: {run: exit 1, outputs: {v: integer}, fallback: b}
              b: {run: "echo v=4 >> $FLOW_OUTPUT", outputs: {v: integer}}
              c: {needs: [a], set: {v: "${{ nodes.a.outputs.v + 1 }}"}}
            """#)
        #expect(try await run.outputs["v"] == 5)
        await project.close()
    }

    @Test("When the fallback fails too, the first failure counts")
    func bothFail() async throws {
        let project = try TestProject()
        let run = try await project.run(
            "nodes: {a: {run: exit 1, fallback: b}, b: {run: exit 2}, c: {needs: [a], run: 'true'}}")
        #expect(try await run.statuses() == ["a": .failed, "b": .failed, "c": .omitted])
        await project.close()
    }

    @Test("The handler of the outcome runs, the others are skipped", arguments: ["success", "failure"])
    func handlers(_ outcome: String) async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes: {work: {run: "exit CODE"}}
            handlers:
              success: {run: "test \"$S\" = succeeded", env: {S: "${{ run.status }}"}}
              failure: {run: "test \"$N\" = work", env: {N: "${{ run.failed_node }}"}}
              cancelled: {run: "true"}
            """#.replacing("CODE", with: outcome == "success" ? "0" : "1"))
        let statuses = try await run.statuses()
        #expect(statuses["on_\(outcome)"] == .succeeded)
        #expect(statuses["on_cancelled"] == .skipped)
        #expect(statuses.values.count(where: { $0 == .skipped }) == 2)
        await project.close()
    }
}

@Suite struct RouteFaultTests {
    @Test(
        "Ways that lead nowhere, in circles, or to the wrong type are faults",
        arguments: [
            ("r: {switch: x, cases: {a: two}}\n  tow: {run: 'true'}", "unknown node `two`"),
            ("r: {switch: x, cases: {a: r}}", "unknown node `r`"),
            ("r: {switch: x, cases: {}}\n  a: {run: 'true'}", "no cases"),
            ("r: {switch: x, cases: {a: c}}\n  s: {switch: x, cases: {a: c}}\n  c: {run: 'true'}", "two switches"),
            ("a: {run: 'true', fallback: a}", "as the fallback"),
            ("a: {run: 'true', fallback: c}\n  b: {run: 'true', fallback: c}\n  c: {run: 'true'}", "two nodes"),
            (
                "a: {run: 'true', fallback: c}\n  b: {run: 'true', needs: [a]}\n  c: {run: 'true', needs: [b]}",
                "waits for"
            ),
            ("a: {run: 'true', fallback: b}\n  b: {run: 'true', needs: [a]}", "when the node has failed"),
            ("a: {run: 'true', foreach: {items: [1]}, samples: 2}", "one of"),
            ("a: {run: 'true', matrix: {x: 1}}", "takes a list"),
            ("a: {run: 'true', matrix: {exclude: [{a: 1}]}}", "no axis"),
            ("a: {run: 'true', repeat: {max: 3}}", "needs the key `until`"),
            ("a: {run: 'true', repeat: {until: '1', max: 3}}", "true or false"),
            ("a: {run: 'true', repeat: {until: outputs.x, max: 3}}", "x"),
            ("a: {wait: 1s, repeat: {until: iteration > 1, max: 3}}", "cannot repeat"),
            ("a: {run: 'true', pool: gpu}", "unknown pool"),
            ("a: {run: 'true', budget: {usd: 1, warn_at: 120%}}", "from 1% to 100%"),
            ("a: {run: 'true', executor: moon}", "moon"),
            (
                "a: {run: x, outputs: {v: integer}, fallback: b}\n  b: {run: x}\n  "
                    + "c: {needs: [a], set: {v: '${{ nodes.a.outputs.v + 1 }}'}}", "may be null"
            ),
        ])
    func faults(_ nodes: String, _ words: String) {
        let source = WorkflowSource(
            name: "w.yaml", bytes: Array("flow: 1\nname: w\nnodes:\n  \(nodes)\n".utf8), directory: "/")
        let found = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(source).diagnostics
            .filter { $0.severity == .error }.map { $0.message + $0.label }
        #expect(found.count == 1 && found[0].contains(words), "\(found)")
    }
}
