// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow agents …`
struct AgentsTests {
    private static let poet = """
        agent: 1
        name: poet
        title: Poet
        role: Writes verse
        agent_type: coder
        capabilities: [verse, rhyme]
        instructions: Answer in verse.
        handoffs: [planner]
        status: deprecated
        author: ada
        tags: [mine]

        """

    @Test("An agent of the project goes before one that comes with flow, and is found by what it says of itself")
    func list() async throws {
        let flow = try FlowProgram()
        try flow.write("agents/poet.yaml", Self.poet)
        try flow.write("agents/planner.yaml", "agent: 1\nname: planner\ninstructions: Plan.\n")
        try flow.write("home/agents/poet.yaml", Self.poet)
        try flow.write("home/agents/mine.yaml", "agent: 1\nname: mine\ninstructions: Go.\n")
        let all = try #require(try await flow.run("agents", "list", "--json").object["agents"]?.arrayValue)
        #expect(all.count == Roster.files.count + 2)
        let poet = try #require(all.first { $0["name"] == "poet" })
        #expect(poet["origin"] == "project")
        #expect(poet["hides"]?.arrayValue?.count == 1)
        #expect(all.first { $0["name"] == "mine" }?["origin"] == "user")
        #expect(all.first { $0["name"] == "planner" }?["origin"] == "project")
        #expect(all.first { $0["name"] == "engineer" }?["origin"] == "builtin")

        for words in [
            ["--tag", "mine"], ["--capability", "verse", "--capability", "rhyme"], ["--status", "deprecated"],
        ] {
            let found = try await flow.start(["agents", "list", "--json"] + words).end()
            #expect(try found.object["agents"]?.arrayValue?.map { $0["name"] } == ["poet"], "\(words)")
        }
        let text = try await flow.run("agents", "search", "VERSE writes")
        #expect(text.code == 0)
        #expect(text.output.contains("poet") && !text.output.contains("engineer"))
        let none = try await flow.run("agents", "list", "--capability", "verse", "--capability", "nothing")
        #expect(none.output == "" && none.errorOutput.contains("no agent fits"))
        #expect(try await flow.run("agents", "list", "--status", "old").code == 64)
    }

    @Test("An agent is shown with how often it was asked")
    func show() async throws {
        let flow = try FlowProgram()
        try flow.write("agents/poet.yaml", Self.poet)
        try flow.write(
            "workflows/verse.yaml",
            """
            flow: 1
            name: verse
            nodes:
              one: {agent: poet, prompt: The sea}
              each: {agent: poet, prompt: "${{ item }}", foreach: {items: [a, b]}}
            """)
        let before = try await flow.run("agents", "show", "poet", "--json").object
        #expect(before["instructions"] == "Answer in verse.")
        #expect(before["usage"] == .null)
        let endpoint = try await ScriptedEndpoint(in: flow)
        #expect(try await flow.run("run", "verse", environment: endpoint.environment).code == 0)
        let after = try await flow.run("agents", "show", "poet", "--json").object
        #expect(after["usage"]?["runs"] == 1)
        #expect(after["usage"]?["succeeded"] == 3)
        let text = try await flow.run("agents", "show", "poet")
        #expect(text.output.contains("used          3 times in 1 run, 0 failed"), "\(text.output)")
        let wrong = try await flow.run("agents", "show", "poett")
        #expect(wrong.code == 66 && wrong.errorOutput.contains("did you mean `poet`?"))
    }

    @Test("Faults of agents are told with their places; a stray handoff is a warning")
    func validate() async throws {
        let flow = try FlowProgram()
        #expect(try await flow.run("agents", "validate").code == 0)
        try flow.write("agents/poet.yaml", Self.poet.replacing("handoffs: [planner]", with: "handoffs: [planer]"))
        let warned = try await flow.run("agents", "validate")
        #expect(warned.code == 0)
        #expect(warned.output.contains("agents/poet.yaml:8:1"), "\(warned.output)")
        #expect(warned.output.contains("did you mean `planner`?"))
        #expect(try await flow.run("agents", "validate", "--strict").code == 65)

        try flow.write("agents/poet.yaml", Self.poet.replacing("status: deprecated", with: "status: old"))
        let faulty = try await flow.run("agents", "validate", "agents/poet.yaml")
        #expect(faulty.code == 65 && faulty.output.contains("F0208"), "\(faulty.output)")
        try flow.write("agents/poet.yaml", Self.poet + "output: {type: objekt}\n")
        let schema = try await flow.run("agents", "validate", "agents/poet.yaml", "--json")
        #expect(schema.code == 65)
        let diagnostics = try schema.object["files"]?.arrayValue?.first?["diagnostics"]?.arrayValue
        #expect(diagnostics?.first?["code"] == "F0404")
        try flow.write("agents/other.yaml", Self.poet)
        #expect(try await flow.run("agents", "validate", "agents/other.yaml").output.contains("F0206"))
        #expect(try await flow.run("agents", "validate", "agents/none.yaml").code == 66)
    }

    @Test("A new agent is valid, and nothing is overwritten")
    func new() async throws {
        let flow = try FlowProgram()
        #expect(try await flow.run("agents", "new", "critic", "--role", "Says: 'no'", "--type", "reviewer").code == 0)
        #expect(try await flow.run("agents", "validate", "agents/critic.yaml", "--strict").code == 0)
        let shown = try await flow.run("agents", "show", "critic", "--json").object
        #expect(shown["role"] == "Says: 'no'" && shown["type"] == "reviewer" && shown["status"] == "experimental")
        #expect(try await flow.run("agents", "new", "critic").code == 73)
        #expect(try await flow.run("agents", "new", "../critic").code == 64)
        #expect(try await flow.run("agents", "new", "strict", "--like", "plan_reviewer").code == 0)
        #expect(try await flow.run("agents", "show", "strict", "--json").object["type"] == "reviewer")
        #expect(try await flow.run("agents", "validate", "--strict").code == 0)
    }

    @Test("A run keeps the agents that it can use, as they were when it started, and no others")
    func kept() async throws {
        let flow = try FlowProgram()
        try flow.write("agents/poet.yaml", Self.poet)
        try flow.write("agents/idle.yaml", "agent: 1\nname: idle\ninstructions: Nothing.\n")
        try flow.write(
            "workflows/verse.yaml",
            """
            flow: 1
            name: verse
            nodes:
              gate: {approval: "Go on?"}
              one: {needs: [gate], agent: poet, prompt: The sea}
            """)
        let endpoint = try await ScriptedEndpoint(in: flow)
        let start = try await flow.run("run", "verse", environment: endpoint.environment)
        #expect(start.code == 3)
        try flow.write("agents/poet.yaml", Self.poet.replacing("in verse", with: "in prose"))
        let end = try await flow.run(
            "approve", try start.run, "gate", "--resume", environment: endpoint.environment)
        #expect(end.code == 0)
        let requests = try File.readText(flow.file("endpoint.requests"), limit: 1 << 20)
        #expect(requests.contains("Answer in verse.") && !requests.contains("prose"))
        let sources = FilePath.join(flow.folder, ".flow/sources")
        let kept = try File.list(sources).flatMap { folder in
            try File.list(FilePath.join(sources, "\(folder.name)/_agents")).map(\.name)
        }
        #expect(kept == ["poet.yaml"])
    }
}
