// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow plan RUN` and `flow why`, as people see them.
@Suite struct HistoryTests {
    /// Numbers from a file, a fit by degree, a report that goes out, and a note in the end.
    static let fit = #"""
        flow: 1
        name: fit
        inputs:
          rows: {type: integer, default: 3}
          title: {type: string, default: Flow}
        nodes:
          load:
            with: {rows: "${{ inputs.rows }}"}
            run: |
              echo "rows=$FLOW_WITH_ROWS" >> "$FLOW_OUTPUT"
            outputs: {rows: integer}
          fit:
            needs: [load]
            with: {degree: 1, rows: "${{ nodes.load.outputs.rows }}"}
            run: echo "score=$((FLOW_WITH_DEGREE * FLOW_WITH_ROWS))" >> "$FLOW_OUTPUT"
            outputs: {score: integer}
          check:
            needs: [fit]
            when: nodes.fit.outputs.score > 100
            run: "true"
          gate:
            needs: [fit]
            approval: {prompt: "Send it?"}
          send:
            needs: [gate]
            effects: external
            run: "true"
          chart:
            with: {title: "${{ inputs.title }}"}
            run: "true"
        finally:
          note: {run: "true"}

        """#

    /// The text with ids, digests and times replaced, and columns told by two spaces.
    static func normal(_ text: String, _ runs: [String]) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var words: [String] = []
            for cell in line.split(separator: "  ", omittingEmptySubsequences: true) {
                let trimmed = cell.drop { $0 == " " }
                words.append(trimmed.split(separator: " ").map { word($0, runs) }.joined(separator: " "))
            }
            lines.append(words.joined(separator: "  "))
        }
        return lines.joined(separator: "\n")
    }

    private static func word(_ word: Substring, _ runs: [String]) -> String {
        let bare = word.last == ":" ? word.dropLast() : word
        if let place = runs.firstIndex(where: { $0 == bare }) { return "RUN\(place + 1)" + word.dropFirst(bare.count) }
        if word.utf8.count == 64, word.allSatisfy(\.isHexDigit) { return "DIGEST" }
        if Milliseconds(parsing: word) != nil { return "TIME" }
        return String(word)
    }

    private func finished(_ flow: FlowProgram) async throws -> String {
        try flow.write("fit.yaml", Self.fit)
        let end = try await flow.run("run", "fit.yaml", "--approval", "none")
        try #require(end.code == 0, "\(end.errorOutput)")
        return try end.run
    }

    @Test("A plan from a node says what runs and why")
    func from() async throws {
        let flow = try FlowProgram()
        let run = try await finished(flow)
        let end = try await flow.run("plan", "@latest", "--from", "fit")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(
            Self.normal(end.output, [run]) == """
                re-run of RUN1  fit, succeeded

                node  action  reason  time then  effect
                load  reuse  unchanged  TIME
                fit  run  asked for  TIME
                check  run  after fit  -
                gate  ask  after fit  TIME
                send  run  after gate  TIME  external, again
                chart  reuse  unchanged  TIME
                note  run  finally  TIME

                2 reused, 4 run, 1 ask; about TIME
                external effects that come again: send
                plan DIGEST

                """)
        let again = try await flow.run("plan", run, "--from", "fit", "--json").object
        #expect(again["counts"] == ["reuse": 2, "run": 4, "drop": 0, "ask": 1])
        #expect(end.output.contains("plan \(again["plan"]?.stringValue ?? "?")"))
        #expect(again["nodes"]?.arrayValue?[1]["reason"] == "asked")
    }

    @Test("Changed values, patches, pins and edited files each have their plan")
    func changes() async throws {
        let flow = try FlowProgram()
        let run = try await finished(flow)
        func plan(_ arguments: String...) async throws -> [String] {
            let end = try await flow.start(["plan", run, "--json"] + arguments).end()
            try #require(end.code == 0, "\(end.errorOutput)")
            return (try end.object["nodes"]?.arrayValue ?? []).compactMap { node in
                let reason = node["text"]?.stringValue ?? ""
                return reason == "unchanged" || reason == "finally"
                    ? nil : "\(node["node"]?.stringValue ?? "") \(node["action"]?.stringValue ?? ""): \(reason)"
            }
        }
        #expect(
            try await plan() == ["check reuse: was skipped, still is"])
        #expect(
            try await plan("--set", "inputs.title=Other") == [
                "check reuse: was skipped, still is", "chart run: reads inputs.title",
            ])
        // The same value is no change.
        #expect(try await plan("--set", "inputs.rows=3") == ["check reuse: was skipped, still is"])
        try flow.write("patch.yaml", "nodes:\n  send: {run: echo sent}\n  chart: {title: Words}\n")
        #expect(
            try await plan("--patch", "patch.yaml") == [
                "check reuse: was skipped, still is", "send run: changed: body",
            ])
        #expect(
            try await plan("--pin", "fit={\"score\": 7}").prefix(3) == [
                "fit reuse: pinned", "check run: after fit", "gate ask: after fit",
            ])
        let edited = Self.fit.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("chart") }
            .joined(separator: "\n").replacing(
                "    with: {title: \"${{ inputs.title }}\"}\n    run: \"true\"\n", with: "")
        try flow.write("edited.yaml", edited.replacing("nodes:", with: "# the same nodes\nnodes:"))
        #expect(
            try await plan("--workflow", "edited.yaml") == [
                "check reuse: was skipped, still is", "chart drop: not in the workflow any more",
            ])
        #expect(
            try await plan("--only", "load") == [
                "load run: asked for", "fit reuse: kept as it was; stale: after load",
                "check reuse: kept as it was; stale: after fit", "gate reuse: kept as it was; stale: after fit",
                "send reuse: kept as it was; stale: after gate",
            ])
    }

    @Test("Faults of a request are told, and the plan is another one for another state")
    func faults() async throws {
        let flow = try FlowProgram()
        let run = try await finished(flow)
        let missing = try await flow.run("plan", run, "--from", "lod")
        #expect(missing.code == 66)
        #expect(missing.errorOutput.contains("--from: there is no node `lod` in `fit`"))
        #expect(missing.errorOutput.contains("did you mean `load`?"))
        let set = try await flow.run("plan", run, "--set", "nodes.fit.wiht.degree=2")
        #expect(set.code == 65)
        #expect(
            set.errorOutput == """
                error[F0201]: unknown key `wiht` in node `fit`
                 --> --set:1:15
                  |
                1 | nodes: {fit: {wiht: {degree: 2}}}
                  |               ^^^^
                  |
                  = help: did you mean `with`?
                  = fix: write `with`

                """)
        let pin = try await flow.run("plan", run, "--pin", "fit={\"score\": \"high\"}")
        #expect(pin.code == 65)
        #expect(pin.errorOutput.contains("the output `score` of `fit` is integer, not string"))
        #expect(try await flow.run("plan", run, "--set", "degree=2").code == 64)
        #expect(try await flow.run("plan", "fit.yaml", "--from", "load").code == 64)
        #expect(try await flow.run("plan", run, "--failed", "--only", "load").code == 64)
        let plans = try await [["--from", "load"], ["--set", "inputs.rows=4"], ["--set", "inputs.rows=5"]].asyncMap {
            try await flow.start(["plan", run, "--json"] + $0).end().object["plan"]
        }
        #expect(Set(plans).count == 3)
    }

    @Test("Why says what differs, by path")
    func why() async throws {
        let flow = try FlowProgram()
        let first = try await finished(flow)
        let alone = try await flow.run("why", first, "load")
        #expect(alone.code == 66)
        try flow.write(
            "fit.yaml", Self.fit.replacing("degree: 1", with: "degree: 2").replacing("rows=$FLOW", with: "rows=1$FLOW"))
        let second = try await flow.run("run", "fit.yaml", "--approval", "none", "-i", "rows=4").run
        let end = try await flow.run("why", "@latest", "fit")
        #expect(
            Self.normal(end.output, [first, second]) == """
                fit of RUN2: succeeded
                against fit of RUN1: succeeded

                differs  where  then  now
                with.degree  1  2
                nodes.load  outputs.rows  3  14
                result  outputs.score  3  28

                fit depends on with.degree, nodes.load; its result differs

                """)
        let load = try await flow.run("why", second, "load", "--against", first)
        #expect(
            Self.normal(load.output, [first, second]) == """
                load of RUN2: succeeded
                against load of RUN1: succeeded

                differs  where  then  now
                body  line 1  "echo \\"rows=$FLOW_WITH_ROWS\\" >> \\"$FLOW_OUTPUT\\""  "echo \\"rows=1$FLOW_WITH_ROWS\\" >> \\"$FLOW_OUTPUT\\""
                inputs.rows  3  4
                result  outputs.rows  3  14

                load depends on body, inputs.rows; its result differs

                """)
        let chart = try await flow.run("why", second, "chart", "--json").object
        #expect(chart["verdict"] == "same")
        #expect(chart["differences"] == [])
        let typo = try await flow.run("why", second, "chrt")
        #expect(typo.code == 66)
        #expect(typo.errorOutput.contains("did you mean `chart`?"))
    }

    @Test("Why compares a derived run with the one it comes from, and tells chance")
    func whyOfADerivedRun() async throws {
        let flow = try FlowProgram()
        let first = try await finished(flow)
        // Another run of the workflow in between is not what the derived one comes from.
        _ = try await flow.run("run", "fit.yaml", "--approval", "none", "-i", "rows=9")
        let end = try await flow.run("replay", first, "--set", "nodes.fit.with.degree=2")
        try #require(end.code == 0, "\(end.errorOutput)")
        let second = try end.run
        let why = try await flow.run("why", second, "fit", "--json").object
        #expect(why["old"]?["run"] == .string(first))
        #expect(why["verdict"] == "explained")
        #expect(why["differences"]?.arrayValue?.map { $0["part"] } == ["with.degree"])
        #expect(try await flow.run("why", second, "load", "--json").object["verdict"] == "same")
        let pinned = try await flow.run("replay", first, "--pin", "load={\"rows\": 8}")
        try #require(pinned.code == 0, "\(pinned.errorOutput)")
        let pin = try await flow.run("why", try pinned.run, "load", "--json").object
        #expect(pin["differences"]?.arrayValue?.map { $0["part"] } == ["pinned"])

        try flow.write(
            "chance.yaml",
            "flow: 1\nname: chance\nnodes:\n  a: {run: 'echo \"x=$(od -An -N6 -tx1 /dev/urandom | tr -d \" \")\" >> \"$FLOW_OUTPUT\"', outputs: {x: string}}\n"
        )
        for _ in 0..<2 { #expect(try await flow.run("run", "chance.yaml").code == 0) }
        let chance = try await flow.run("why", "@latest", "a")
        #expect(chance.output.contains("the node does not give the same for the same"))
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
