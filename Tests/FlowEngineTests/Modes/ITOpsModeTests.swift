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
    private func run(
        _ tickets: String, focus: String, more: [(String, JSONValue)] = []
    ) async throws -> (outputs: JSONObject, report: String) {
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
        for (name, value) in more { given[name] = value }
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
        // The counts by event that are known of this log.
        let known: [(Substring, Int)] = [
            ("3 - Moderate", 5046), ("4 - Low", 573), ("2 - High", 235), ("1 - Critical", 144),
        ]
        for (name, count) in known { #expect(events[name] == count) }

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
        arguments: [
            (
                "predictive",
                ["Forecast of the backlog [Q16, Q4]", "Forecast of new tickets [Q15, Q4]", "Expected open"]
            ),
            ("team", ["How teams hand tickets on", "[Q17]"]),
            ("cost", ["Cost by category [Q19]", "Cost by team [Q19]"]),
        ])
    func eachFocusHasItsOwnChapter(focus: String, parts: [String]) async throws {
        let (outputs, report) = try await run(FilePath.join(Self.root, "samples/tickets.csv"), focus: focus)
        #expect(report.contains("focus \(focus)"))
        for part in parts { #expect(report.contains(part), "no \(part) in \(report)") }
        // Each claim of the words carries its query, and the file with the queries has it.
        let claims = try #require(outputs["claims"]?.arrayValue)
        let queries = try #require(outputs["queries"]?.stringValue)
        #expect(claims.count >= 5 && queries.hasSuffix("/queries.md"))
        for claim in claims {
            #expect(claim["queries"]?.arrayValue?.isEmpty == false, "\(claim["claim"]?.stringValue ?? "")")
            #expect(claim["facts"]?.arrayValue?.isEmpty == false)
        }
        #expect(outputs["summary"]?.stringValue?.contains("[Q1]") == true)
        #expect(outputs["recommendations"]?.stringValue?.contains("[Q10]") == true)
    }

    @Test(.enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func themesOfFreeText() async throws {
        let truth = try JSONValue.parse(
            File.read(FilePath.join(Self.root, "samples/tickets_text.planted.json"), limit: 1 << 20))
        let (outputs, report) = try await run(FilePath.join(Self.root, "samples/tickets_text.csv"), focus: "pattern")
        let themes = try #require(outputs["metrics"]?["themes"]?.arrayValue)
        let planted = try #require(truth["themes"]?.objectValue)
        #expect(planted.count == 7)
        for theme in planted {
            // The label is made of the words that the theme was written with, and nearly all of its tickets are there.
            let words = theme.value["words"]?.arrayValue?.compactMap(\.stringValue) ?? []
            let count = theme.value["tickets"]?.arrayValue?.count ?? 0
            let found = try #require(
                themes.first { entry in
                    let label = entry["label"]?.stringValue ?? ""
                    return words.count { label.contains($0) } >= 2
                }, "no theme for \(theme.key) among \(themes)")
            let incidents = Int(found["incidents"]?.integerValue ?? 0)
            #expect(abs(incidents - count) <= max(3, count / 10), "\(theme.key): \(incidents) instead of \(count)")
        }
        // What was planted on a theme: invoices miss their SLA, and VPN comes in the last four weeks.
        #expect(
            outputs["root_causes"]?.stringValue?.contains("| theme | invoice, erp, posting | missed their SLA |")
                == true)
        let rising = try #require(themes.first { $0["label"]?.stringValue?.contains("vpn") == true })
        #expect((rising["times_usual"]?.numberValue ?? 0) > 3)
        #expect(outputs["themes"]?.stringValue?.contains("[Q11, Q12]") == true)
        #expect(report.contains("Themes of the free text"))
    }

    @Test(.enabled(if: hasTools, "needs the tools of scripts/install-dependencies"))
    func rangeAndPriorities() async throws {
        // Counted again from the file: the last 30 days before the newest ticket, critical and high.
        let path = FilePath.join(Self.root, "samples/tickets.csv")
        let lines = try File.readText(path, limit: 1 << 20).split(separator: "\n").dropFirst()
        // No field before the dates holds a comma but the quoted description.
        let created = lines.compactMap { line -> (time: String, isUrgent: Bool)? in
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            let fields = parts[2].split(separator: ",", omittingEmptySubsequences: false)
            let isKnown = !line.hasPrefix(",") && fields.count > 4 && !fields[4].isEmpty
            return isKnown ? (String(fields[4]), fields[2].hasPrefix("1") || fields[2].hasPrefix("2")) : nil
        }
        let newest = try #require(created.map(\.time).max())
        let end = try #require(Timestamp(iso8601: newest.replacing(" ", with: "T") + ":00Z"))
        let first = end.advanced(by: Milliseconds(-30 * 86_400_000)).iso8601.prefix(16).replacing("T", with: " ")
        let wanted = created.count { $0.isUrgent && $0.time > first }
        #expect(wanted > 5)
        let (outputs, _) = try await run(
            path, focus: "sla", more: [("time_range", "30d"), ("priority_filter", "critical,high")])
        #expect(outputs["metrics"]?["incidents"] == .integer(Int64(wanted)))
        #expect(outputs["dashboard"]?.stringValue?.hasSuffix(".svg") == true)
        #expect(outputs["report_page"]?.stringValue?.hasSuffix(".html") == true)
    }

    @Test("What comes after the patterns waits for a person")
    func waitsAfterThePatterns() throws {
        let workflow = try WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))
            .load(FilePath.join(Self.root, "workflows/itops.yaml"), agentFolders: [FilePath.join(Self.root, "agents")])
        let plan = try #require(workflow.compilation.plan)
        // Whatever comes after the patterns depends on the gate.
        for name in ["recommend", "summary_draft_1", "report", "claims"] {
            var seen: Set<String> = []
            var queue = [name]
            while let next = queue.popLast(), let index = plan.index(of: next) {
                for need in plan.needs(of: index) where seen.insert(plan.nodes[Int(need.node)].id).inserted {
                    queue.append(plan.nodes[Int(need.node)].id)
                }
            }
            #expect(seen.contains("review"), "\(name)")
        }
    }
}
