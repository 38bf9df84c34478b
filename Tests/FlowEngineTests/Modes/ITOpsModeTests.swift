// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Testing

/// The IT-ops mode gives the right numbers: counted here a second time, by other means.
struct ITOpsModeTests {
    static let root = FilePath.normalise(FilePath.join(#filePath, "../../../.."))
    static let eventLog = FilePath.join(root, "../shared/data/tickets/incident_event_log.csv")

    static var hasTools: Bool {
        let home = ProcessEnvironment.get("FLOW_HOME") ?? "\(File.homeDirectory() ?? "")/.local/share/flow"
        return File.exists("\(home)/tools/bin/python")
    }

    /// Runs the mode without a model and gives its outputs and the text of its report.
    private func run(_ tickets: String, focus: String) async throws -> (outputs: JSONObject, report: String) {
        let folder = try File.makeTemporaryDirectory(prefix: "flow-itops-")
        defer { try? File.removeTree(folder) }
        let environment = ProcessEnvironment.all()
        let workflow = try WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: environment))
            .load(FilePath.join(Self.root, "workflows/itops.yaml"), agentFolders: [FilePath.join(Self.root, "agents")])
        let definition = try #require(workflow.compilation.definition)
        var given = JSONObject()
        given["tickets_file"] = .string(tickets)
        given["focus_area"] = .string(focus)
        given["narrative"] = "template"
        let inputs = try #require(InputBinder(inputs: definition.inputs).bind(given).values)
        let engine = try await Engine.open(
            EngineConfiguration(folder: FilePath.join(folder, ".flow"), slots: 2, environment: environment))
        let run = try await engine.start(workflow, inputs: inputs, options: RunOptions(approval: .none))
        let outcome = try await engine.outcome(of: run)
        #expect(outcome == .ended(.succeeded, reason: nil))
        let outputs = try await engine.outputs(of: run)
        let pdf = try #require(outputs["report"]?.stringValue)
        let text = try await ChildProcesses().run(
            ChildCommand(
                executable: "pdftotext", arguments: ["-layout", pdf, "-"], environment: environment,
                output: .collect(1 << 20)))
        await engine.close()
        return (outputs, String(decoding: text.output.collected, as: UTF8.self))
    }

    @Test(.enabled(if: hasTools && File.exists(eventLog), "needs the tools and the real event log"))
    func countsOfTheRealEventLog() async throws {
        // The log has no quoted fields, so that a plain split is enough for an independent count.
        let lines = try File.readText(Self.eventLog, limit: 1 << 24).split(whereSeparator: \.isNewline)
        let header = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func column(_ name: String) throws -> Int { try #require(header.firstIndex(of: name)) }
        let (number, priority, sla) = try (column("number"), column("priority"), column("made_sla"))
        var events: [Substring: Int] = [:]
        var missedEvents = 0
        var last: [Substring: (priority: Substring, missed: Bool)] = [:]
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            events[fields[priority], default: 0] += 1
            if fields[sla] == "FALSE" { missedEvents += 1 }
            last[fields[number]] = (fields[priority], fields[sla] == "FALSE")
        }
        #expect(last.count == 890)
        #expect(missedEvents == 399)

        let (outputs, report) = try await run(Self.eventLog, focus: "sla")
        let metrics = try #require(outputs["metrics"])
        #expect(metrics["incidents"] == 890)
        #expect(metrics["events"] == .integer(Int64(lines.count - 1)))
        let names = ["1 - Critical": "critical", "2 - High": "high", "3 - Moderate": "moderate", "4 - Low": "low"]
        for (text, name) in names {
            let row = try #require(metrics["by_priority"]?[name])
            let incidents = last.values.count { $0.priority == text }
            #expect(row["events"] == .integer(Int64(events[Substring(text)] ?? 0)))
            #expect(row["incidents"] == .integer(Int64(incidents)))
            #expect(row["sla_missed"] == .integer(Int64(last.values.count { $0.priority == text && $0.missed })))
            let rows = report.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
            let line = try #require(rows.first { $0.first == name })
            #expect(line.dropFirst().first == String(incidents))
        }
        #expect(metrics["sla_missed"] == .integer(Int64(last.values.count { $0.missed })))
        #expect(report.contains("890"))
    }

    @Test(.enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func findsThePlantedCauses() async throws {
        let planted = try JSONValue.parse(
            File.read(FilePath.join(Self.root, "samples/tickets.planted.json"), limit: 1 << 20))
        let causes = try #require(planted["planted"]?.arrayValue)
        let (outputs, _) = try await run(FilePath.join(Self.root, "samples/tickets.csv"), focus: "root_cause")
        let table = try #require(outputs["root_causes"]?.stringValue)
        let firstThree = table.split(separator: "\n").filter {
            $0.hasPrefix("| 1 ") || $0.hasPrefix("| 2 ") || $0.hasPrefix("| 3 ")
        }
        #expect(causes.count == 3)
        for cause in causes {
            let value = try #require(cause["value"]?.stringValue)
            #expect(firstThree.contains { $0.contains(value) }, "\(value) is not among \(firstThree)")
        }
    }

    @Test(
        .enabled(if: hasTools, "needs the tools of scripts/install-dependencies"),
        arguments: ["pattern", "predictive", "team", "cost"])
    func eachFocusHasItsOwnChapter(focus: String) async throws {
        let (_, report) = try await run(FilePath.join(Self.root, "samples/tickets.csv"), focus: focus)
        #expect(report.contains("focus \(focus)"))
    }
}
