// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

struct ExchangeTests {
    private static let actions = """
        name: greet
        on: push
        jobs:
          hello:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - run: echo hello > hello.txt
          bye:
            needs: hello
            runs-on: ubuntu-latest
            steps: [{run: echo bye}]

        """

    @Test func anImportRuns() async throws {
        let flow = try FlowProgram()
        try flow.write("ci.yml", Self.actions)
        let imported = try await flow.run("import", "ci.yml", "-o", "made/greet.yaml", "--report", "concise")
        #expect(imported.code == 0, "\(imported.errorOutput)")
        #expect(imported.errorOutput.contains("ci.yml:7:15: warning[F0603]: the action `actions/checkout@v4`"))
        #expect(imported.errorOutput.contains("imported greet: 2 nodes from GitHub Actions, 2 things left out"))
        #expect(imported.output.isEmpty)
        #expect(try await flow.run("run", "made/greet.yaml", "--quiet").code == 0)
    }

    @Test func theReportAsJSON() async throws {
        let flow = try FlowProgram()
        let imported = try await flow.run("import", "-", "--report", "json", input: Self.actions)
        let report = try JSONValue.parse(imported.output)
        #expect(report["format"] == "actions")
        #expect(report["nodes"] == 2)
        #expect(report["diagnostics"]?.arrayValue?.map { $0["code"] } == ["F0603", "F0603"])
        let broken = try await flow.run("import", "-", "--json", input: "jobs: {a: 1}")
        #expect(broken.code == 65)
        #expect(try JSONValue.parse(broken.output)["ok"] == false)
    }

    @Test func faultsOfTheSourceAndOfTheCommandLine() async throws {
        let flow = try FlowProgram()
        try flow.write("bad.yml", "jobs:\n  a: {needs: z, steps: [{run: x}]}\n")
        let bad = try await flow.run("import", "bad.yml", "--report", "none")
        #expect(bad.code == 65)
        #expect(bad.errorOutput.contains("bad.yml:2:14"))
        #expect(bad.errorOutput.contains("there is no job `z`"))
        #expect(try await flow.run("import", "none.yml").code == 66)
        #expect(try await flow.run("import", "bad.yml", "--from", "make").code == 64)
        #expect(try await flow.run("import", "bad.yml", "--commands", "--stand-in").code == 64)
    }

    @Test func thereAndBack() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "one.yaml", "flow: 1\nname: one\nnodes:\n  a: {run: echo a}\n  b: {needs: {a: succeeded}, run: echo b}\n")
        let exported = try await flow.run("export", "argo", "one.yaml", "-o", "argo.yaml", "--image", "alpine")
        #expect(exported.code == 0, "\(exported.errorOutput)")
        #expect(flow.lines("argo.yaml").contains { $0.contains("image: alpine") })
        #expect(flow.lines("argo.yaml").contains { $0.contains("depends: a.Succeeded") })
        let back = try await flow.run("import", "argo.yaml", "--report", "none")
        #expect(back.output.contains("needs: {a: succeeded}"))
    }
}
