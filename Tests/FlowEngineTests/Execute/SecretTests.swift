// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct SecretTests {
    private static let value = "s3cr3t-\"quoted\"-\(UInt32.random(in: 1000 ... .max))"

    private func project() throws -> TestProject { try TestProject(environment: ["TOKEN": Self.value]) }

    /// Everything the store keeps: the value itself, and as JSON writes it.
    private func leaks(_ project: TestProject) throws -> [String] {
        let escaped = String(JSONValue.string(Self.value).jsonText(.compact).dropFirst().dropLast())
        return try project.storeHolds(Self.value) + project.storeHolds(escaped)
    }

    @Test("A program gets the secret; what it says of it is blanked in logs, outputs and failures")
    func blanked() async throws {
        let project = try project()
        let run = try await project.run(
            #"""
            secrets: {TOKEN: {from: env}}
            env: {SHARED: "${{ secrets.TOKEN }}"}
            inputs: {out: {type: string}}
            nodes:
              use:
                env: {T: "${{ secrets.TOKEN }}"}
                with: {t: "Bearer ${{ secrets.TOKEN }}", out: "${{ inputs.out }}"}
                run: |
                  printf %s "$T" > "$FLOW_WITH_OUT"
                  [ "$T" = "$SHARED" ]
                  echo "log $T end"
                  echo "error $FLOW_WITH_T" >&2
                  echo "x=<$T>" >> "$FLOW_OUTPUT"
                outputs: {x: string}
              asks:
                needs: [use]
                approval: {prompt: "With ${{ env.SHARED }}?", show: {a: "${{ env.SHARED }}"}, deadline: 1ms}
                on_failure: continue
              each:
                foreach: {items: "${{ split(env.SHARED, ',') }}", key: item}
                set: {x: "${{ item }}"}
              sets: {set: {x: "${{ env.SHARED }}"}}
              counts: {set: {x: "${{ to_number(env.SHARED) }}"}, on_failure: continue}
              renders: {env: {N: "${{ to_number(secrets.TOKEN) }}"}, run: "true", on_failure: continue}
              fails:
                env: {T: "${{ secrets.TOKEN }}"}
                on_failure: continue
                run: |
                  echo "bad $T" >&2
                  exit 3
            """#, inputs: ["out": .string(project.file("out"))])
        #expect(try await run.end() == .succeeded)
        #expect(project.lines("out") == [Self.value])
        #expect(try await run.output("use", "x") == "<***>")
        #expect(try run.log("use") == ["output log *** end", "error error Bearer ***"])
        #expect(try await run.failure(of: "fails").excerpt == "bad ***")
        #expect(try await run.output("sets", "x") == "***")
        #expect(run.recorder.lines.allSatisfy { !$0.contains(Self.value) })
        await project.close()
        #expect(try leaks(project).isEmpty)
    }

    @Test("A missing secret is refused before anything runs or is stored")
    func missing() async throws {
        let project = try TestProject()
        let error = await #expect(throws: EngineError.self) {
            try await project.run("secrets: {TOKEN: {from: env}}\nnodes: {a: {run: \"true\"}}")
        }
        #expect(error?.code == .missingSecret)
        #expect(error?.description.contains("TOKEN") == true)
        let store = try await project.engine().store
        #expect(try await store.runs(RunQuery()).isEmpty)
        await project.close()
    }

    @Test("To answer a run its secrets are not needed; to go on with it they are")
    func left() async throws {
        let project = try project()
        let run = try await project.run(
            """
            secrets: {TOKEN: {from: env}}
            outputs: {x: {value: "${{ nodes.a.outputs.x }}"}}
            nodes:
              a: {set: {x: 1}}
              gate: {approval: "Go on?"}
              use: {needs: [gate], env: {T: "${{ secrets.TOKEN }}"}, run: "true"}
            """)
        await project.close()
        let without = try TestProject(store: project.store)
        let left = TestRun(project: without, id: run.id, recorder: run.recorder)
        #expect(try await left.outputs["x"] == 1)
        try await left.send(.approve(node: "gate", comment: nil))
        let error = await #expect(throws: EngineError.self) { try await left.resume() }
        #expect(error?.code == .missingSecret)
        await without.close()
        try await run.resume()
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        await project.close()
    }

    @Test("What holds more than one secret is blanked whole, lines of a long one each by itself")
    func several() {
        let secrets = Secrets(values: ["A": "abcd", "B": "abcdefgh", "C": "first line\nsecond line", "D": "xy"])
        #expect(secrets.blanked("abcdefgh abcd xy") == "*** *** xy")
        #expect(secrets.blanked("second line") == "***")
        #expect(secrets.blanked(.object(JSONObject([.init(key: "abcd", value: ["abcd"])]))) == ["***": ["***"]])
    }
}
