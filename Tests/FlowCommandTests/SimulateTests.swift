// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// `flow sim`: its report, its traces and its exit codes.
struct SimulateTests {
    private static let workflow = """
        flow: 1
        name: x
        inputs: {word: {type: string, enum: [a, b], required: true}}
        nodes:
          one: {run: exit 9, retry: 2}
          two: {run: echo, needs: [one], when: '${{ inputs.word == "b" }}'}
        """

    @Test func report() async throws {
        let flow = try FlowProgram()
        try flow.write("x.yaml", Self.workflow)
        let done = try await flow.run("sim", "./x.yaml", "--runs", "50", "--json")
        #expect(done.code == 0)
        let report = try JSONValue.parse(done.output)
        #expect(report["sound"] == true)
        #expect(report["runs"] == 50)
        #expect(report["gaps"] == [])
        #expect(report["nodes"]?.arrayValue?.map { $0["node"]?.stringValue } == ["one", "two"])
        let text = try await flow.run("sim", "./x.yaml", "--runs", "50", "--input", "word=a")
        #expect(text.output.contains("`two` never ran"))
        // Nothing was run and nothing kept.
        #expect(flow.lines(".flow/flow.db").isEmpty)
    }

    @Test func failuresOnDemand() async throws {
        let flow = try FlowProgram()
        try flow.write("x.yaml", Self.workflow)
        let done = try await flow.run("sim", "./x.yaml", "--fail", "one:timeout:1", "--trace", "0")
        #expect(done.code == 0)
        #expect(done.output.contains("one: attempt 1 failed: timeout"))
        #expect(done.output.contains("one: succeeded"))
        let failed = try await flow.run("sim", "./x.yaml", "--fail", "one", "--runs", "3")
        #expect(failed.code == 0)
        #expect(failed.output.contains("failed 3"))
    }

    @Test(arguments: [
        (["sim", "./x.yaml", "--fail", "three"], Int32(66), "there is no node `three`"),
        (["sim", "./x.yaml", "--fail", "one:oops"], 64, "--fail takes"),
        (["sim", "./x.yaml", "--input", "word=c"], 66, "do not fit"),
        (["sim", "./x.yaml", "--input", "wort=a"], 66, "did you mean `word`?"),
        (["sim", "./x.yaml", "--runs", "0"], 64, "--runs takes"),
    ])
    func mistakes(words: [String], code: Int32, text: String) async throws {
        let flow = try FlowProgram()
        try flow.write("x.yaml", Self.workflow)
        let done = try await flow.start(words).end()
        #expect(done.code == code)
        #expect(done.errorOutput.contains(text), "\(done.errorOutput)")
    }
}
