// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow fmt`: what it writes, what it leaves alone, and what it says.
struct FormatTests {
    private static let rough = "name: x\nflow: 1\nnodes:\n    # Says hello.\n    a:\n        run: echo\n"
    private static let smooth = "flow: 1\nname: x\nnodes:\n  # Says hello.\n  a:\n    run: echo\n"

    @Test func filesAreReplaced() async throws {
        let flow = try FlowProgram()
        let path = try flow.write("workflows/x.yaml", Self.rough)
        try flow.write("workflows/y.yaml", Self.smooth)
        try File.setPermissions(0o640, of: path)
        try flow.write("agents/a.yaml", "name: a\nagent: 1\ninstructions: Go.\n")
        let check = try await flow.run("fmt", "--check")
        #expect(check.code == 1)
        #expect(check.output == "workflows/x.yaml\nagents/a.yaml\n")
        #expect(try File.readText(path, limit: 1000) == Self.rough)
        let done = try await flow.run("fmt")
        #expect(done.code == 0)
        #expect(done.output == "workflows/x.yaml\nagents/a.yaml\n")
        #expect(try File.readText(path, limit: 1000) == Self.smooth)
        #expect(try File.status(of: path).permissions == 0o640)
        #expect(try File.readText(flow.file("agents/a.yaml"), limit: 1000) == "agent: 1\nname: a\ninstructions: Go.\n")
        let again = try await flow.run("fmt", "--check", "workflows", "agents")
        #expect(again.code == 0 && again.output.isEmpty)
    }

    @Test func aLinkStays() async throws {
        let flow = try FlowProgram()
        let path = try flow.write("real.yaml", Self.rough)
        try File.symlink("real.yaml", at: flow.file("link.yaml"))
        #expect(try await flow.run("fmt", "link.yaml").code == 0)
        #expect(try File.readText(path, limit: 1000) == Self.smooth)
        #expect(try File.readText(flow.file("link.yaml"), limit: 1000) == Self.smooth)
    }

    @Test func standardInput() async throws {
        let flow = try FlowProgram()
        let done = try await flow.run("fmt", "-", input: Self.rough)
        #expect(done.code == 0 && done.output == Self.smooth)
        let difference = try await flow.run("fmt", "--diff", "-", input: "flow: 1\nname: x\nnodes:\n  a:   \n")
        #expect(difference.code == 0)
        #expect(
            difference.output
                == "--- <stdin>\n+++ <stdin> (formatted)\n@@ -1,4 +1,4 @@\n flow: 1\n name: x\n nodes:\n-  a:   \n+  a:\n"
        )
    }

    @Test func faultsAreShownAndTheOtherFilesFormatted() async throws {
        let flow = try FlowProgram()
        let broken = try flow.write("broken.yaml", "flow: [1\n")
        let path = try flow.write("x.yaml", Self.rough)
        let done = try await flow.run("fmt", "broken.yaml", "missing.yaml", "x.yaml", "--json")
        #expect(done.code == 66)
        #expect(done.errorOutput.contains("broken.yaml:1"))
        #expect(try File.readText(broken, limit: 1000) == "flow: [1\n")
        #expect(try File.readText(path, limit: 1000) == Self.smooth)
        let files = try JSONValue.parse(done.output)["files"]?.arrayValue ?? []
        #expect(files.map { $0["changed"]?.boolValue } == [false, false, true])
        #expect(files.map { $0["ok"]?.boolValue } == [false, false, true])
    }
}
