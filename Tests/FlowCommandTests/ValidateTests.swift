// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

@Suite struct ValidateTests {
    @Test("A workflow without faults is named on the standard error output only")
    func valid() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        let end = try await flow.run("validate", "chain.yaml")
        #expect(end.code == 0)
        #expect(end.output.isEmpty)
        #expect(end.errorOutput == "ok: chain.yaml (2 nodes)\n")
    }

    @Test("All faults are shown with their lines")
    func full() async throws {
        let flow = try FlowProgram()
        try flow.write("faulty.yaml", Workflows.faulty)
        let end = try await flow.run("validate", "faulty.yaml")
        #expect(end.code == 65)
        #expect(end.output.contains("--> faulty.yaml:7:13"))
        #expect(end.output.contains("fetsh"))
        #expect(end.output.contains("timout"))
        #expect(end.output.contains("^^^^^"))
    }

    @Test("The other formats have one line a fault")
    func formats() async throws {
        let flow = try FlowProgram()
        try flow.write("faulty.yaml", Workflows.faulty)
        let concise = try await flow.run("validate", "faulty.yaml", "--format", "concise").output.split(separator: "\n")
        #expect(concise.count == 2)
        #expect(concise.first?.hasPrefix("faulty.yaml:7:13: error[F") == true)
        let github = try await flow.run("validate", "faulty.yaml", "--format", "github").output.split(separator: "\n")
        #expect(github.count == 2)
        #expect(github.allSatisfy { $0.hasPrefix("::error file=faulty.yaml,line=") })
        let json = try await flow.run("validate", "faulty.yaml", "--format", "json").output.split(separator: "\n")
        let first = try JSONValue.parse(Array(try #require(json.first).utf8))
        #expect(first["range"]?["start"]?["line"] == 7)
    }

    @Test("Several files give one object, and a missing one does not hide the others")
    func several() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        try flow.write("faulty.yaml", Workflows.faulty)
        let end = try await flow.run("validate", "chain.yaml", "faulty.yaml", "--json")
        #expect(end.code == 65)
        let files = try #require(try end.object["files"]?.arrayValue)
        #expect(files.map { $0["ok"] } == [true, false])
        #expect(files[1]["diagnostics"]?.arrayValue?.count == 2)
        let missing = try await flow.run("validate", "none.yaml", "faulty.yaml")
        #expect(missing.code == 66)
        #expect(missing.errorOutput.contains("none.yaml"))
        #expect(missing.output.contains("fetsh"))
    }

    @Test("The faults of an agent beside the workflow count")
    func agents() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        try flow.write("agents/broken.yaml", "agent: 1\nname: broken\nrole: [\n")
        let end = try await flow.run("validate", "chain.yaml", "--format", "concise")
        #expect(end.code == 65)
        #expect(end.output.contains("agents/broken.yaml:"))
    }

    @Test("The standard input is a file too")
    func standardInput() async throws {
        let flow = try FlowProgram()
        #expect(try await flow.run("validate", "-", input: Workflows.chain).code == 0)
        let end = try await flow.run("validate", "-", "--format", "concise", input: Workflows.faulty)
        #expect(end.code == 65)
        #expect(end.output.hasPrefix("<stdin>:7:13: "))
    }

    @Test(
        "Texts that are no workflow are refused with a place",
        arguments: ["", "# only a comment\n", "[1, 2]\n", "just text\n", "a: [\n", "a: 1\na: 2\n", "\u{0}"])
    func noWorkflow(_ text: String) async throws {
        let end = try await FlowProgram().run("validate", "-", "--format", "concise", input: text)
        #expect(end.code == 65)
        #expect(end.output.hasPrefix("<stdin>:"))
    }

    @Test("A folder is no workflow")
    func folder() async throws {
        let flow = try FlowProgram()
        try flow.write("sub.yaml/x", "")
        #expect(try await flow.run("validate", "sub.yaml").code == 66)
    }
}
