// SPDX-License-Identifier: Apache-2.0

import FileSystem
package import FlowCore
import FlowEngine
import SQLite
import Synchronization

/// What an undisturbed run leaves.
package struct RunResults: Sendable, Hashable {
    /// The digests of what the nodes put out.
    package var digests: [String: Digest] = [:]
    package var outputs = ""
}

extension FaultSite {
    /// Takes the run up without faults. Gives what is not as it must be: the database whole, the chain of events valid,
    /// all that was told there, nothing that had succeeded run again, and the results those of the undisturbed run.
    package func problems(after reported: [RecordedEvent], reference: RunResults) async -> [String] {
        let problems = Mutex<[String]>([])
        @Sendable func complain(_ text: String) { problems.withLock { $0.append(text) } }
        let ledger = ProbeLedger()
        let outcome = await withEngine(slots: 4, ledger: ledger) { engine in
            for problem in damage() { complain("before the run goes on: \(problem)") }
            let stored = try await history()
            let places = Dictionary(stored.map { ($0.sequence, $0) }, uniquingKeysWith: { first, _ in first })
            let lost = reported.filter { places[$0.sequence] != $0 }
            if !lost.isEmpty {
                complain(
                    "\(lost.count) of \(reported.count) events that were reported are lost, \(stored.count) are stored; "
                        + "completions lost: \(lost.compactMap(\.success).joined(separator: ", "))")
            }
            if stored.isEmpty {
                _ = try await engine.start(workflow, inputs: inputs, id: Self.run)
            } else {
                try await engine.resume(Self.run)
            }
            let outcome = try await engine.outcome(of: Self.run)
            let done = Set(stored.compactMap(\.success))
            let again = ledger.nodes.filter(done.contains)
            if !again.isEmpty { complain("ran again though it had succeeded: \(again.joined(separator: ", "))") }
            let results = try await results(of: engine)
            if results != reference { complain("other results: \(Self.difference(results, reference))") }
            return Outcome(outcome)
        }
        switch outcome {
        case .ended(.succeeded, _): break
        case .ended(let status, let reason): complain("the run \(status.rawValue): \(reason ?? "")")
        case .stopped(let text), .astray(let text): complain("it does not go on: \(text)")
        }
        for problem in damage() { complain("after the run: \(problem)") }
        return problems.withLock { $0 }
    }

    /// The results of a run that nothing disturbs.
    package func reference() async throws -> RunResults {
        let found = Mutex(RunResults())
        let outcome = await withEngine(slots: 4, ledger: ProbeLedger()) { engine in
            let run = try await engine.start(workflow, inputs: inputs, id: Self.run)
            let outcome = try await engine.outcome(of: run)
            let results = try await results(of: engine)
            found.withLock { $0 = results }
            return Outcome(outcome)
        }
        guard case .ended(.succeeded, _) = outcome else {
            throw EngineError(.refused, "the undisturbed run does not succeed: \(outcome)")
        }
        return found.withLock { $0 }
    }

    private func results(of engine: Engine) async throws -> RunResults {
        var results = RunResults()
        let store = try SQLiteRunStore(folder: store, mode: .reader)
        for node in try await store.nodes(of: Self.run) { results.digests[node.node] = node.result }
        await store.close()
        results.outputs = JSONValue.object(try await engine.outputs(of: Self.run)).jsonText(.compact)
        return results
    }

    /// The events of the run as they are stored, with their chain checked; none when there is no run.
    private func history() async throws -> [RecordedEvent] {
        let store = try SQLiteRunStore(folder: store, mode: .reader)
        var events: [RecordedEvent] = []
        if try await store.run(Self.run) != nil {
            let chain = try await store.verify(run: Self.run)
            if let broken = chain.firstBroken {
                throw EngineError(.refused, "the chain is broken at event \(broken) of \(chain.count)")
            }
            events = try await store.events(of: Self.run, after: 0, limit: 100_000)
        }
        await store.close()
        return events
    }

    /// What SQLite finds wrong with the database.
    private func damage() -> [String] {
        do {
            let connection = try SQLiteConnection(FilePath.join(store, "flow.db"), mode: .readWrite)
            var found: [String] = []
            try connection.prepare("PRAGMA integrity_check").forEachRow { row in
                if row.text(0) != "ok" { found.append("integrity_check: \(row.text(0))") }
            }
            try connection.prepare("PRAGMA foreign_key_check").forEachRow { row in
                found.append("foreign_key_check: \(row.text(0))")
            }
            return found
        } catch {
            return ["\(error)"]
        }
    }

    private static func difference(_ found: RunResults, _ expected: RunResults) -> String {
        var nodes: [String] = []
        for (node, digest) in expected.digests where found.digests[node] != digest { nodes.append(node) }
        for node in found.digests.keys where expected.digests[node] == nil { nodes.append("+\(node)") }
        return "\(nodes.sorted().joined(separator: ", ")) \(found.outputs == expected.outputs ? "" : found.outputs)"
    }
}

extension RecordedEvent {
    /// The node whose success it is.
    var success: String? {
        if case .nodeSucceeded(let node, _, _) = event { node } else { nil }
    }
}
