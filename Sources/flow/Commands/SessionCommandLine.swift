// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow session …`: named groups of runs.
enum SessionCommandLine {
    static var all: [CommandSpec] { [list, new, show, archive, delete] }

    private static let list = CommandSpec(
        name: "session list", summary: "List the sessions",
        examples: [("flow session list", "with what they have used up")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let sessions = workplace.hasStore ? try await workplace.openSessions().sessions() : []
            if invocation.flag("json") {
                var object = JSONObject()
                object["sessions"] = .array(sessions.map { .object($0.json) })
                try Output.json(object)
                return .done
            }
            guard !sessions.isEmpty else {
                Talk().say("no sessions")
                return .done
            }
            var table = Table(header: ["session", "status", "runs", "calls", "tokens", "cost", "title"])
            for session in sessions {
                table.add([
                    session.name, session.status.rawValue, String(session.runs.count), String(session.used.calls),
                    String(session.used.tokens), session.used.money.description, session.title ?? "",
                ])
            }
            try Output.text(table.text)
            return .done
        })

    private static let new = CommandSpec(
        name: "session new", summary: "Make a session", arguments: "NAME",
        options: [
            .option("title", "TEXT", "What it is for."),
            .option("usd", "N", "The most US dollars that its calls may cost in total."),
            .option("tokens", "N", "The most tokens."), .option("calls", "N", "The most calls of models and tools."),
            .option("runs", "N", "The most runs that have not ended."),
            .option("disk", "SIZE", "The most that the folders of its runs may take, such as 2GiB."),
        ],
        discussion: """
            `flow run --session NAME` starts a run of it. Its runs share its budgets and quotas, also those of `flow.yaml`
            with the scope `session`. A call that does not fit in the limits of the session ends its run.
            """,
        examples: [
            ("flow session new thesis --title \"All for the thesis\" --usd 20", "with a limit"),
            ("flow run hello --session thesis", "a run of it"),
        ],
        run: { invocation in
            var limits = SessionLimits()
            if let text = invocation.value("usd") {
                guard let number = Double(text), number >= 0, number <= 1e9 else {
                    throw CommandFailure(.usage, "--usd takes an amount such as 2.50, not `\(text)`")
                }
                limits.dollars = number
            }
            limits.tokens = try invocation.integer("tokens", minimum: 0)
            limits.calls = try invocation.integer("calls", minimum: 0)
            limits.runs = try invocation.integer("runs", minimum: 0)
            if let text = invocation.value("disk") {
                guard let size = ByteCount(parsing: text) else {
                    throw CommandFailure(.usage, "--disk takes a size such as 500MiB or 2GiB, not `\(text)`")
                }
                limits.disk = size.bytes
            }
            let (name, title, all) = (invocation.argument(0), invocation.value("title"), limits)
            try await change(invocation) { engine throws(EngineError) in
                try await engine.makeSession(name, title: title, limits: all)
            }
            Talk().say("made the session \(name)")
            return .done
        })

    private static let show = CommandSpec(
        name: "session show", summary: "Show a session with its runs, files, costs and quotas", arguments: "NAME",
        examples: [("flow session show thesis", "its runs"), ("flow session show thesis --json", "as JSON")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let session = try await workplace.session(invocation.argument(0))
            let (reader, _, _) = try workplace.openStore()
            var runs: [SessionRun] = []
            for id in session.runs {
                if let summary = try await reader.summary(of: id) { runs.append(try await .read(summary, reader)) }
            }
            let use = try await reader.use(ofSession: session.name)
            let budgets = try await CostCommandLine.budgets(workplace, session: session.name)
            let quotas = Self.quotas(of: session, use, try workplace.settings().quotas)
            let text = CostText(report: CostReport(), key: .run, budgets: budgets)
            if invocation.flag("json") {
                var object = session.json
                object["disk"] = .integer(use.disk)
                object["runs"] = .array(runs.map(\.json))
                object["quotas"] = .array(quotas.map(\.json))
                object["budgets"] = text.json["budgets"]
                try Output.json(object)
                return .done
            }
            var lines = "session \(session.name)  \(session.status.rawValue)\(session.title.map { "  \($0)" } ?? "")\n"
            lines += "\(session.used.calls) calls, \(session.used.tokens) tokens, \(session.used.money); "
            lines += "\(ByteCount(use.disk).description) on the disk\n"
            if !runs.isEmpty {
                var table = Table(header: ["run", "workflow", "status", "messages", "files", "cost"])
                for run in runs {
                    table.add([
                        run.summary.id, run.summary.workflow, run.summary.status.rawValue, String(run.messages),
                        String(run.files.count), run.cost.description,
                    ])
                }
                lines += "\n" + table.text
            }
            if !quotas.isEmpty {
                var table = Table(header: ["Quota", "Used", "Limit", "Status"])
                for quota in quotas { table.add([quota.name, quota.used, quota.limit, quota.status.rawValue]) }
                lines += "\n" + table.text
            }
            if !budgets.isEmpty { lines += "\n" + text.budgetTable }
            try Output.text(lines)
            return .done
        })

    private static let archive = CommandSpec(
        name: "session archive", summary: "Let a session take no new runs", arguments: "NAME",
        options: [.flag("undo", "Let it take runs again.")],
        discussion: "Its runs stay, and those that go on are not disturbed.",
        examples: [("flow session archive thesis", "when it is done")],
        run: { invocation in
            let (name, status) = (
                invocation.argument(0), invocation.flag("undo") ? SessionSummary.Status.active : .archived
            )
            try await change(invocation) { engine throws(EngineError) in
                try await engine.setSession(name, to: status)
            }
            Talk().say("\(name): \(status.rawValue)")
            return .done
        })

    private static let delete = CommandSpec(
        name: "session delete", summary: "Remove a session with its runs", arguments: "NAME",
        options: [.flag("force", "Remove its runs too.")],
        discussion: """
            All its runs must have ended, and no run outside of it may go on from one of them. They cannot be brought back.
            What they have cost still counts for the budgets of the project.
            """,
        examples: [("flow session delete thesis --force", "with all that its runs have left")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let session = try await workplace.session(invocation.argument(0))
            if !session.runs.isEmpty {
                guard invocation.flag("force") else {
                    let runs = session.runs.count == 1 ? "1 run" : "\(session.runs.count) runs"
                    throw CommandFailure(
                        .badInput, "the session `\(session.name)` has \(runs)",
                        help: ["`flow session delete \(session.name) --force` removes them with all their files"])
                }
                do throws(StoreError) {
                    let result = try StoreCollector.remove(runsOf: session, from: workplace.storeFolder)
                    let runs = result.runs.count == 1 ? "1 run" : "\(result.runs.count) runs"
                    Talk().say("removed \(runs), \(result.files) files")
                } catch {
                    guard error.code == .conflict else { throw EngineError(error) }
                    throw CommandFailure(.badInput, error.description)
                }
            }
            try await change(invocation) { engine throws(EngineError) in
                try await engine.removeSession(session.name)
            }
            Talk().say("removed the session \(session.name)")
            return .done
        })

    /// Opens an engine for a change; it owns the store meanwhile.
    private static func change(
        _ invocation: Invocation, _ body: (Engine) async throws(EngineError) -> Void
    ) async throws {
        let engine = try await Workplace(invocation).openEngine()
        do throws(EngineError) {
            try await body(engine)
        } catch {
            await engine.close()
            guard error.code == .refused || error.code == .invalidInput else { throw error }
            throw CommandFailure(.badInput, error.description)
        }
        await engine.close()
    }

    // MARK: Quotas

    private struct QuotaLine {
        var name: String
        var used: String
        var limit: String
        var status: QuotaStatus

        init(_ name: String, _ used: Int64, _ limit: Int64, _ text: (Int64) -> String) {
            self.name = name
            (self.used, self.limit) = (text(used), text(limit))
            let percent = limit <= 0 ? 100 : Int(min(1000, 100 * Double(used) / Double(limit)))
            status = QuotaStatus(percent: percent)
        }

        var json: JSONValue {
            [
                "quota": .string(name), "used": .string(used), "limit": .string(limit),
                "status": .string(status.rawValue),
            ]
        }
    }

    private static func quotas(
        of session: SessionSummary, _ use: (runs: Int, disk: Int64), _ settings: [RunQuota]
    ) -> [QuotaLine] {
        var lines: [QuotaLine] = []
        let own = RunQuota(
            scope: .session(session.name), runs: session.limits.runs, disk: session.limits.disk)
        for quota in [own] + settings {
            guard case .session(let name) = quota.scope, name == nil || name == session.name else { continue }
            if let limit = quota.runs { lines.append(QuotaLine("runs", Int64(use.runs), Int64(limit)) { String($0) }) }
            if let limit = quota.disk {
                lines.append(QuotaLine("disk", use.disk, limit) { ByteCount($0).description })
            }
        }
        return lines
    }
}

/// A run as its session shows it.
private struct SessionRun {
    var summary: RunSummary
    /// How often a model was asked.
    var messages = 0
    var files: [String] = []
    var cost = Money.zero

    static func read(_ summary: RunSummary, _ reader: RunReader) async throws -> SessionRun {
        var run = SessionRun(summary: summary)
        for call in try await reader.calls(of: summary.id) where call.start.kind != .part {
            if call.start.kind == .model { run.messages += 1 }
            if call.end?.isTaped != true { run.cost = run.cost + call.charge.money }
        }
        for node in reader.withFiles(try await reader.nodes(of: summary.id), of: summary.id) {
            let result = try await reader.result(of: node, run: summary.id)
            for member in result?["artifacts"]?.objectValue ?? JSONObject() {
                if let path = member.value.stringValue { run.files.append(path) }
            }
        }
        return run
    }

    var json: JSONValue {
        var object = summary.json.objectValue ?? JSONObject()
        object["messages"] = .integer(Int64(messages))
        object["files"] = .array(files.map { .string($0) })
        object["cost"] = .number(cost.dollars)
        return .object(object)
    }
}

extension SessionSummary {
    /// The session as JSON.
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["name"] = .string(name)
        object["title"] = title.map { .string($0) } ?? .null
        object["status"] = .string(status.rawValue)
        object["createdAt"] = .string(createdAt.iso8601)
        object["limits"] = limits.json
        object["runs"] = .array(runs.map { .string($0) })
        object["calls"] = .integer(Int64(used.calls))
        object["tokens"] = .integer(Int64(used.tokens))
        object["cost"] = .number(used.money.dollars)
        return object
    }
}
