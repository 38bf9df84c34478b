// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// In what a run on a tape differs from the run of the tape, node by node.
struct TapeComparison {
    /// A node that ended otherwise.
    struct Difference {
        var node: String
        var message: String
        /// What its outputs differ in.
        var entries: [ValueChange] = []
    }

    var expected: RunSummary
    var found: RunSummary
    var compared = 0
    var tapedCalls = 0
    var differences: [Difference] = []

    var isEqual: Bool { differences.isEmpty && found.status == expected.status }

    static func make(
        expected: StoredRun, found: StoredRun, ignoring kinds: Set<String>
    ) async throws -> TapeComparison {
        var comparison = TapeComparison(expected: expected.summary, found: found.summary)
        comparison.tapedCalls = try await found.reader.calls(of: found.id).count { $0.end?.isTaped == true }
        let before = try await expected.reader.nodes(of: expected.id)
        var after: [String: NodeSummary] = [:]
        for node in try await found.reader.nodes(of: found.id) { after[node.node] = node }
        for old in before {
            guard let new = after.removeValue(forKey: old.node) else {
                comparison.add(old.node, "is not in the new run; it \(old.status.rawValue) in the old one")
                continue
            }
            guard !kinds.contains(old.kind) else { continue }
            comparison.compared += 1
            // What was taken over had succeeded.
            let status = old.status == .reused ? .succeeded : old.status
            if status != new.status {
                let reason = new.message.map { ": \($0)" } ?? ""
                comparison.add(old.node, "\(new.status.rawValue) instead of \(status.rawValue)\(reason)")
            } else if old.result != new.result {
                try await comparison.compare(old, of: expected, new, of: found)
            }
        }
        for node in after.keys.sorted() { comparison.add(node, "is not in the old run") }
        return comparison
    }

    private mutating func add(_ node: String, _ message: String) {
        differences.append(Difference(node: node, message: message))
    }

    /// Compares the outputs and files of a node. Paths below the folders of the two runs may name either.
    private mutating func compare(
        _ old: NodeSummary, of expected: StoredRun, _ new: NodeSummary, of found: StoredRun
    ) async throws {
        func record(_ node: NodeSummary, _ run: StoredRun) async throws -> JSONValue {
            guard let digest = node.result, let json = try await run.reader.json(digest) else { return .null }
            let text = json.jsonText().split(separator: run.id, omittingEmptySubsequences: false)
                .joined(separator: "RUN")
            return (try? JSONValue.parse(text)) ?? json
        }
        let diff = JSONDiff(
            try await record(old, expected), try await record(new, found), limit: 5, showsLines: true)
        guard !diff.changes.isEmpty else { return }
        differences.append(
            Difference(node: old.node, message: "puts out something else", entries: diff.changes))
    }

    // MARK: Showing

    var text: String {
        var text = ""
        for difference in differences {
            text += "\(difference.node): \(difference.message)\n"
            for entry in difference.entries {
                text += "  \(entry.path): \(Self.shortened(entry.old)) → \(Self.shortened(entry.new))\n"
            }
        }
        if found.status != expected.status {
            text += "the run \(found.status.rawValue), not \(expected.status.rawValue)"
            text += found.reason.map { ": \($0)\n" } ?? "\n"
        }
        let calls = "\(tapedCalls) \(tapedCalls == 1 ? "call" : "calls") from the tape of run \(expected.id)"
        text +=
            isEqual
            ? "same: \(compared) nodes, \(calls)\n"
            : "different: \(differences.count) of \(compared) nodes, \(calls); run \(found.id)\n"
        return text
    }

    private static func shortened(_ value: JSONValue?) -> String {
        guard let value else { return "nothing" }
        let text = value.jsonText(.compact)
        return text.count > 100 ? "\(text.prefix(100))…" : text
    }

    var json: JSONObject {
        var object = JSONObject()
        object["run"] = .string(found.id)
        object["tape"] = .string(expected.id)
        object["same"] = .bool(isEqual)
        object["status"] = .string(found.status.rawValue)
        object["compared"] = .integer(Int64(compared))
        object["tapedCalls"] = .integer(Int64(tapedCalls))
        object["differences"] = .array(
            differences.map { difference in
                [
                    "node": .string(difference.node), "message": .string(difference.message),
                    "outputs": .array(
                        difference.entries.map { entry in
                            [
                                "path": .string(entry.path), "expected": entry.old ?? .null,
                                "found": entry.new ?? .null,
                            ]
                        }),
                ]
            })
        return object
    }
}
