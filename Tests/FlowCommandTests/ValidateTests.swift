// SPDX-License-Identifier: Apache-2.0

import FileSystem
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

@Suite struct ValidateReportTests {
    @Test("SARIF and JUnit are one document each, whatever was found")
    func documents() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        try flow.write("faulty.yaml", Workflows.faulty)
        let sarif = try await flow.run("validate", "chain.yaml", "faulty.yaml", "none.yaml", "--format", "sarif")
        #expect(sarif.code == 66)
        let log = try JSONValue.parse(Array(sarif.output.utf8))
        #expect(log["runs"]?.arrayValue?.first?["results"]?.arrayValue?.count == 2)
        let junit = try await flow.run("validate", "chain.yaml", "faulty.yaml", "--format", "junit")
        #expect(junit.code == 65)
        #expect(junit.output.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "))
        #expect(junit.output.contains("tests=\"3\" failures=\"2\" errors=\"0\""))
    }

    @Test("No more errors are shown than were asked for")
    func mostErrors() async throws {
        let flow = try FlowProgram()
        let lines = (0..<60).map { "  n\($0): {runn: echo}\n" }.joined()
        let text = "flow: 1\nname: many\nnodes:\n" + lines
        let all = try await flow.run("validate", "-", "--format", "concise", input: text)
        #expect(all.output.split(separator: "\n").count == 50)
        #expect(all.errorOutput.contains("10 more errors are not shown"))
        let few = try await flow.run("validate", "-", "--format", "concise", "--max-errors", "3", input: text)
        #expect(few.output.split(separator: "\n").count == 3)
        let none = try await flow.run("validate", "-", "--format", "json", input: text)
        #expect(none.output.split(separator: "\n").count == 60)
    }

    @Test("With --strict a warning is refused")
    func strict() async throws {
        let text = "flow: 1\nname: a\ninputs: {x: {default: y}}\nnodes: {a: {run: echo}}\n"
        let flow = try FlowProgram()
        #expect(try await flow.run("validate", "-", input: text).code == 0)
        #expect(try await flow.run("validate", "-", "--strict", input: text).code == 65)
    }

    @Test("--fix corrects the file and keeps the rest; --diff only shows it")
    func fix() async throws {
        let flow = try FlowProgram()
        let text = "flow: 1 # first\nname: a\nnodes:\n  a:\n    runn: echo hi # say it\n    timout: 5m\n"
        let path = try flow.write("a.yaml", text)
        let shown = try await flow.run("validate", "a.yaml", "--diff")
        #expect(shown.code == 0)
        #expect(shown.output.contains("-    runn: echo hi # say it\n"))
        #expect(shown.output.contains("+    run: echo hi # say it\n"))
        #expect(try File.readText(path, limit: 1 << 20) == text)
        let fixed = try await flow.run("validate", "a.yaml", "--fix")
        #expect(fixed.code == 0)
        #expect(fixed.output.isEmpty)
        #expect(fixed.errorOutput.contains("fixed: a.yaml:5:5: "))
        let wanted = "flow: 1 # first\nname: a\nnodes:\n  a:\n    run: echo hi # say it\n    timeout: 5m\n"
        #expect(try File.readText(path, limit: 1 << 20) == wanted)
        #expect(try await flow.run("validate", "-", "--fix", input: text).code == 64)
    }

    @Test("A code is explained; a misspelt one is answered with the nearest")
    func explain() async throws {
        let flow = try FlowProgram()
        let end = try await flow.run("explain", "F0303")
        #expect(end.code == 0)
        #expect(end.output.hasPrefix("F0303: "))
        #expect(end.output.contains("\n    flow: 1\n"))
        #expect(try await flow.run("explain", "error[f0201]").output.hasPrefix("F0201: "))
        #expect(try await flow.run("explain").output.split(separator: "\n").count >= 40)
        let wrong = try await flow.run("explain", "F303")
        #expect(wrong.code == 64)
        #expect(wrong.errorOutput.contains("did you mean `flow explain F0303`?"))
    }
}
