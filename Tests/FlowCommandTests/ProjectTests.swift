// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

@Suite struct ProjectTests {
    @Test("The first project can be made, checked and run; it is never overwritten")
    func initialise() async throws {
        let flow = try FlowProgram()
        #expect(try await flow.run("init").code == 0)
        #expect(flow.lines(".gitignore") == [".flow/"])
        let check = try await flow.run("validate", "hello")
        #expect(check.code == 0, "\(check.output)\(check.errorOutput)")
        let run = try await flow.run("run", "hello", "-i", "name=you")
        #expect(run.code == 0, "\(run.errorOutput)")
        #expect(run.output.contains("greeting: Hello you, from Linux with "))
        try flow.write("workflows/hello.yaml", "mine\n")
        #expect(try await flow.run("init").code == 73)
        #expect(flow.lines("workflows/hello.yaml") == ["mine"])
    }

    @Test("A project cannot be made below a file")
    func initialiseBelowFile() async throws {
        let flow = try FlowProgram()
        try flow.write("file", "")
        let end = try await flow.run("init", "file/sub")
        #expect(end.code == 73)
    }

    @Test("The line for git is added once, behind a last line without its end")
    func ignore() async throws {
        let flow = try FlowProgram()
        try flow.write(".gitignore", "build")
        #expect(try await flow.run("init").code == 0)
        #expect(flow.lines(".gitignore") == ["build", ".flow/"])
        try File.removeTree(flow.file("workflows"))
        try File.removeTree(flow.file("agents"))
        #expect(try await flow.run("init").code == 0)
        #expect(flow.lines(".gitignore") == ["build", ".flow/"])
    }

    @Test("Modes are listed with their titles, also as JSON")
    func modes() async throws {
        let flow = try FlowProgram()
        try flow.write("workflows/chain.yaml", Workflows.chain)
        try flow.write("workflows/faulty.yaml", Workflows.faulty)
        let text = try await flow.run("modes")
        #expect(text.code == 0)
        #expect(text.output.contains("chain"))
        #expect(text.output.contains("A chain"))
        let modes = try #require(try await flow.run("modes", "--json").object["modes"]?.arrayValue)
        let chain = try #require(modes.first { $0["name"] == "chain" })
        #expect(chain["ok"] == true)
        #expect(chain["inputs"]?.arrayValue?.count == 3)
        #expect(modes.first { $0["name"] == "faulty" }?["ok"] == false)
    }

    @Test("The doctor names what is missing and its cure")
    func doctor() async throws {
        let flow = try FlowProgram()
        let end = try await flow.run("doctor", "--json")
        // The tools and the model are looked for in an empty FLOW_HOME.
        #expect(end.code == 78)
        let checks = try #require(try end.object["checks"]?.arrayValue)
        #expect(checks.first { $0["name"] == "sqlite" }?["ok"] == true)
        #expect(checks.first { $0["name"] == "store folder" }?["ok"] == true)
        #expect(checks.first { $0["name"] == "python tools" }?["cure"] == "scripts/install-dependencies")
        #expect(checks.first { $0["name"] == "model" }?["cure"] == "flow model install")
        let poor = try await flow.run("doctor", environment: ["PATH": "/nowhere"])
        #expect(poor.code == 78)
        #expect(poor.output.contains("apt-get install jq"))
        #expect(poor.output.contains("apt-get install graphviz"))
    }

    @Test("The doctor names a store folder that cannot be written")
    func doctorStore() async throws {
        let checks = try #require(
            try await FlowProgram().run("doctor", "--json", "--store", "/proc/flow").object["checks"]?.arrayValue)
        #expect(checks.first { $0["name"] == "store folder" }?["ok"] == false)
    }

    @Test("The models are listed without any being installed")
    func models() async throws {
        let flow = try FlowProgram()
        let models = try #require(try await flow.run("model", "list", "--json").object["models"]?.arrayValue)
        #expect(models.contains { $0["default"] == true })
        #expect(models.allSatisfy { $0["installed"] == false })
        let status = try await flow.run("model", "status", "--json").object
        #expect(status["runtime"] == false)
        #expect(try await flow.run("model", "start").code == 69)
        #expect(try await flow.run("model", "stop").code == 0)
        #expect(try await flow.run("model", "install", "qwen").code == 69)
    }
}
