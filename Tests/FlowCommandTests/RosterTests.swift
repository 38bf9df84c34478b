// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// The agents that come with flow.
enum Roster {
    static let folder = FilePath.join(ScriptedEndpoint.root, "agents")
    static let files = ((try? File.list(folder)) ?? []).filter { $0.name.hasSuffix(".yaml") }.map(\.name).sorted()
    static let registry = AgentRegistry(folders: [AgentRegistry.Folder(folder, .builtin)])

    /// The agents of the systems that flow's modes come from, by system.
    static let table: [String: String] = [
        "cmbagent": """
        task_improver task_recorder plan_setter planner planner_response_formatter plan_recorder plan_reviewer
        reviewer_response_formatter review_recorder control control_starter engineer engineer_nest
        engineer_response_formatter executor executor_bash researcher_executor executor_response_formatter installer
        researcher researcher_response_formatter idea_maker idea_maker_nest idea_maker_response_formatter idea_saver
        idea_hater idea_hater_response_formatter plot_judge plot_debugger camb_context camb_response_formatter
        classy_context classy_response_formatter perplexity aas_keyword_finder list_keywords_finder
        aaai_keywords_finder summarizer summarizer_response_formatter terminator admin cobaya_response_formatter
        classy_sz_response_formatter session_summarizer rag_software_formatter act_agent camb_agent camels_agent
        classy_agent classy_sz_agent cobaya_agent cosmocnc_agent getdist_agent memory_agent planck_agent
        """,
        "denario": """
        maker hater methods novelty literature_summary referee paper_keywords paper_abstract paper_introduction
        paper_methods paper_results paper_conclusions paper_plots paper_refine paper_citations
        """,
        "tomas": "document_parser data_analyst",
        "wrenchai": """
        super_agent inspector_agent journey_agent github_journey_agent ux_designer_agent codifier_agent uat_agent
        code_generator_agent test_engineer_agent dba_agent devops_agent data_scientist_agent web_researcher_agent
        infosec_agent paralegal_agent comptroller_agent gcp_architect_agent zero_k_proof_agent
        """,
    ]

    static func names(_ system: String) -> [String] {
        (table[system] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }
}

/// Each agent of the systems is there, is valid, and is used by a shipped workflow or marked as in the roster only.
struct RosterTests {
    /// The agents that the nodes of all shipped workflows, of their parts and of their plans name.
    private static let used: Set<String> = {
        var used: Set<String> = []
        for path in workflows {
            guard let text = try? File.readText(FilePath.join(ScriptedEndpoint.root, path), limit: 1 << 20) else {
                continue
            }
            let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" || $0 == "-") }.map(
                String.init)
            for (place, word) in words.enumerated() {
                if word == "agent:", place + 1 < words.count { used.insert(words[place + 1]) }
                // A list of `allow: agents:`.
                if word == "agents:" {
                    for name in words[(place + 1)...].prefix(while: { !$0.hasSuffix(":") }) where name != "-" {
                        used.insert(name)
                    }
                }
            }
        }
        return used
    }()

    /// All workflow files that come with flow, also the parts of others.
    static let workflows: [String] = {
        var found: [String] = []
        for folder in [
            "workflows", "workflows/parts", "workflows/research", "workflows/examples", "workflows/examples/ag2",
            "workflows/examples/ag2/parts",
        ] {
            let files = (try? File.list(FilePath.join(ScriptedEndpoint.root, folder))) ?? []
            found += files.filter { $0.name.hasSuffix(".yaml") }.map { "\(folder)/\($0.name)" }
        }
        return found.sorted()
    }()

    @Test("All agents of the four systems are there", arguments: ["cmbagent", "denario", "tomas", "wrenchai"])
    func complete(system: String) throws {
        let counts = ["cmbagent": 55, "denario": 15, "tomas": 2, "wrenchai": 18]
        #expect(Roster.names(system).count == counts[system])
        for name in Roster.names(system) {
            let entry = try #require(Roster.registry[name], "there is no agent \(name)")
            #expect(entry.agent.card.engine == system, "\(name)")
        }
        // And no other claims to come from there.
        #expect(
            Set(Roster.registry.entries.filter { $0.agent.card.engine == system }.map(\.agent.name))
                == Set(Roster.names(system)))
    }

    @Test("Each agent is valid, is written for models and people, and is told by the first line of its instructions")
    func valid() throws {
        #expect(Roster.registry.unreadable.isEmpty)
        #expect(Roster.registry.entries.count == Roster.files.count)
        for entry in Roster.registry.entries {
            let agent = entry.agent
            #expect(entry.faults.isEmpty, "\(agent.name)")
            #expect(Roster.registry.strayHandoffs(of: entry).isEmpty, "\(agent.name)")
            #expect(agent.title != nil && agent.role != nil && agent.description != nil && agent.version != nil)
            #expect(!agent.capabilities.isEmpty, "\(agent.name)")
            if ["data_analyst", "summariser"].contains(agent.name) { continue }
            let first = agent.instructions.split(separator: "\n").first ?? ""
            #expect(first.hasPrefix("You are the \(agent.name.replacing("_", with: " ")):"), "\(agent.name): \(first)")
            // A short context has to hold them.
            #expect(agent.instructions.utf8.count < 2400, "\(agent.name)")
            if let schema = agent.output { #expect(schema["title"]?.stringValue != nil, "\(agent.name)") }
        }
        for name in Roster.names("cmbagent") where name.hasSuffix("_response_formatter") || name.hasSuffix("_recorder")
        {
            #expect(Roster.registry[name]?.agent.output != nil, "\(name) has no schema")
        }
    }

    @Test("Each agent is used by a shipped workflow, or marked as in the roster only")
    func usedOrMarked() {
        for entry in Roster.registry.entries {
            let isMarked = entry.agent.tags.contains("roster_only")
            #expect(Self.used.contains(entry.agent.name) != isMarked, "\(entry.agent.name)")
        }
    }

    /// The lines of the table in docs/roster.md.
    private static func row(_ entry: AgentRegistry.Entry) -> String {
        let agent = entry.agent
        let schema = agent.output?["title"]?.stringValue.map { "`\($0)`" } ?? (agent.output == nil ? "text" : "JSON")
        var remarks = agent.tags.contains("roster_only") ? ["roster only"] : []
        if agent.card.status != .active { remarks.append(agent.card.status.rawValue) }
        let cells = [
            "`\(agent.name)`", agent.role ?? "", agent.card.type.rawValue, agent.card.engine ?? "flow", schema,
            agent.card.handoffs.joined(separator: ", "), remarks.joined(separator: ", "),
        ]
        return "| " + cells.joined(separator: " | ") + " |\n"
    }

    @Test("The page on the roster has a line for each agent; FLOW_UPDATE_SNAPSHOTS=1 writes them anew")
    func page() throws {
        let path = FilePath.join(ScriptedEndpoint.root, "docs/roster.md")
        let page = try File.readText(path, limit: 1 << 20)
        let head = page.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.hasPrefix("| `") }.joined(separator: "\n")
        let wanted = head + (head.hasSuffix("\n") ? "" : "\n") + Roster.registry.entries.map(Self.row).joined()
        if ProcessEnvironment.get("FLOW_UPDATE_SNAPSHOTS") == "1" { try File.write(wanted, to: path) }
        #expect(try File.readText(path, limit: 1 << 20) == wanted)
    }

    @Test("Parts and patterns compile without a word, with all their agents", arguments: workflows)
    func compiles(path: String) throws {
        let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))
        let workflow = try loader.load(
            FilePath.join(ScriptedEndpoint.root, path), name: path, agentFolders: [Roster.folder])
        let text = DiagnosticPrinter(.full(colour: false))
            .text(workflow.compilation.diagnostics, in: workflow.compilation.sources)
        #expect(text == "")
        #expect(workflow.agentProblems.isEmpty)
        let agents = try #require(workflow.compilation.agents, "it may use any agent")
        let kept = workflow.bundle.files.keys.filter { $0.hasPrefix(SourceBundle.agentFolder) }
        #expect(kept.count == agents.count, "\(agents) but \(kept)")
    }
}
