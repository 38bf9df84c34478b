// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow why`: what a node's result depends on and that differs between two runs.
enum WhyCommandLine {
    /// The longest value of a cell, in characters.
    private static let longestValue = 60
    /// How many runs are looked through for the one before.
    private static let searchedRuns = 1000

    static let spec = CommandSpec(
        name: "why", summary: "Show why a node's result differs between two runs", arguments: "RUN NODE",
        options: [
            .option("against", "RUN", "The other run; by default the one RUN was derived from, or the one before it.")
        ],
        discussion: """
            A node's result depends on the parts of its definition, its agent, the files it can read, the inputs it reads
            and the results of the nodes it refers to. Those that differ are shown, from the other run to RUN. How a file
            is written, the order of keys and comments are no difference.
            """,
        examples: [
            ("flow why @latest report", "against the run before it"),
            ("flow why @latest report --against 3f", "against another run"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let run = try await workplace.openRun(invocation.argument(0))
        let other: RunSummary
        if let text = invocation.value("against") {
            other = try await run.reader.find(text)
        } else {
            other = try await before(run)
        }
        let node = invocation.argument(1)
        let new = try await fingerprint(node, run.summary, run, workplace)
        let old = try await fingerprint(node, other, run, workplace, known: new)
        let diff = FingerprintDiff(old: old, new: new)
        if invocation.flag("json") { try Output.json(json(diff)) } else { try Output.text(text(diff)) }
        return .done
    }

    /// The run that a run was derived from, else the one of the same workflow that was made last before it.
    private static func before(_ run: StoredRun) async throws -> RunSummary {
        if let parent = try await run.reader.branch(run.id)?.parent,
            let summary = try await run.reader.summary(of: parent)
        {
            return summary
        }
        let runs = try await run.reader.runs(RunQuery(workflow: run.summary.workflow, limit: searchedRuns))
        let place = runs.firstIndex { $0.id == run.id }
        guard let other = place.flatMap({ runs.indices.contains($0 + 1) ? runs[$0 + 1] : nil }) else {
            throw CommandFailure(
                .badInput, "there is no run of `\(run.summary.workflow)` before \(run.id)",
                help: ["name one: --against RUN"])
        }
        return other
    }

    private static func fingerprint(
        _ node: String, _ summary: RunSummary, _ run: StoredRun, _ workplace: Workplace,
        known: NodeFingerprint? = nil
    ) async throws -> NodeFingerprint {
        // An item of a fan-out is a part of its node.
        let name = String(node.prefix { $0 != "[" })
        if let found = try await NodeFingerprint.read(
            name, of: summary, reader: run.reader, loader: workplace.loader, known: known)
        {
            return found
        }
        let plan = try await run.reader.workflow(of: summary, loader: workplace.loader).compilation.plan
        let near = Spelling.nearest(to: name, among: plan?.nodes.map(\.id) ?? [])
        throw CommandFailure(
            .badInput, "there is no node `\(name)` in run \(summary.id)",
            help: near.map { ["did you mean `\($0)`?"] } ?? ["`flow show \(summary.id)` lists the nodes"])
    }

    // MARK: Output

    private static func text(_ diff: FingerprintDiff) -> String {
        var text = ""
        for (word, side) in [("", diff.new), ("against ", diff.old)] {
            text += "\(word)\(diff.node) of \(side.run.id): \(side.status?.rawValue ?? "not begun")"
            if let origin = side.origin { text += ", from \(origin.node) of run \(origin.run)" }
            text += "\n"
        }
        var table = Table(header: ["differs", "where", "then", "now"])
        for entry in diff.entries + diff.results {
            table.add([
                entry.part + (entry.isEssential ? "" : " (no part in the result)"), trimmed(entry.path),
                shown(entry.old), shown(entry.new),
            ])
        }
        if !table.isEmpty { text += "\n" + table.text }
        if diff.hiddenCount > 0 { text += "and \(diff.hiddenCount) more in large values\n" }
        return text + "\n\(sentence(diff))\n"
    }

    private static func trimmed(_ path: String) -> String { String(path.drop { $0 == " " }) }

    private static func sentence(_ diff: FingerprintDiff) -> String {
        let result =
            diff.old.result == nil || diff.new.result == nil
            ? "one of the runs has no result of it"
            : diff.results.isEmpty ? "its result is the same" : "its result differs"
        switch diff.verdict {
        case .explained:
            var parts: [String] = []
            for entry in diff.entries where entry.isEssential && !parts.contains(entry.part) {
                parts.append(entry.part)
            }
            return "\(diff.node) depends on \(parts.joined(separator: ", ")); \(result)"
        case .same: return "nothing that \(diff.node) depends on differs, and \(result)"
        case .noResult: return "nothing that \(diff.node) depends on differs; \(result)"
        case .nondeterministic:
            return "nothing that \(diff.node) depends on differs, but \(result): "
                + "the node does not give the same for the same"
        }
    }

    /// A value on one line, without anything that acts on a terminal.
    private static func shown(_ value: JSONValue?) -> String {
        guard let value else { return "-" }
        var text = ""
        for scalar in value.jsonText(.compact).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text.count > longestValue ? "\(text.prefix(longestValue - 1))…" : text
    }

    private static func json(_ diff: FingerprintDiff) -> JSONObject {
        func json(_ entry: FingerprintDiff.Entry) -> JSONValue {
            var object = JSONObject()
            object["part"] = .string(entry.part)
            object["path"] = .string(trimmed(entry.path))
            object["old"] = entry.old ?? .null
            object["new"] = entry.new ?? .null
            object["affectsResult"] = .bool(entry.isEssential)
            return .object(object)
        }
        func side(_ fingerprint: NodeFingerprint) -> JSONValue {
            var object = JSONObject()
            object["run"] = .string(fingerprint.run.id)
            object["status"] = fingerprint.status.map { .string($0.rawValue) } ?? .null
            object["from"] = fingerprint.origin.map { ["run": .string($0.run), "node": .string($0.node)] }
            return .object(object)
        }
        var object = JSONObject()
        object["node"] = .string(diff.node)
        object["new"] = side(diff.new)
        object["old"] = side(diff.old)
        object["verdict"] = .string(diff.verdict.rawValue)
        object["differences"] = .array(diff.entries.map(json))
        object["results"] = .array(diff.results.map(json))
        object["hiddenCount"] = .integer(Int64(diff.hiddenCount))
        return object
    }
}
