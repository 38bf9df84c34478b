// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import SQLite
import Synchronization
import Testing

@testable import FlowEngine

/// Random workflows that run, are changed and run again, by the engine and over a store on the disk: what runs again is what
/// an oracle says, all else is taken over to the byte, and the run that it comes from does not change.
///
/// `FLOW_RERUN_CASES` says how many; `make chaos` tries 10,000.
@Suite struct RerunRunPropertyTests {
    private static let usual = 300

    @Test("Real runs: what runs again, what is taken over, and what stays")
    func runs() async throws {
        let count = ProcessEnvironment.get("FLOW_RERUN_CASES").flatMap { Int($0) } ?? Self.usual
        let folder = try TemporaryDirectory()
        let ledger = RerunLedger()
        var configuration = EngineConfiguration(
            folder: folder.file(".flow"), slots: 8, environment: ["PATH": "/usr/bin:/bin"], name: "test")
        configuration.kinds = [RerunProbe(ledger: ledger)]
        let engine = try await Engine.open(configuration)
        let trial = RerunTrial(engine: engine, ledger: ledger)
        var counts = RerunCounts()
        // Many at once share their transactions.
        try await withThrowingTaskGroup(of: RerunCounts.self) { group in
            var next = 0
            while next < count || !group.isEmpty {
                while next < count, next - counts.cases < 24 {
                    let number = next
                    group.addTask { try await trial.run(number) }
                    next += 1
                }
                if let one = try await group.next() { counts.add(one) }
            }
        }
        await engine.close()
        #expect(counts.cases == count)
        // The cases are about something.
        #expect(counts.rerun > count && counts.reused > count && counts.unwell > 0, "\(counts)")
        print("reruns: \(counts)")
        #expect(try StoreCheck.run(folder: folder.file(".flow")).problems.prefix(3) == [])
    }
}

/// What the cases came to.
struct RerunCounts: Sendable, CustomStringConvertible {
    var cases = 0
    var rerun = 0
    var reused = 0
    var pinned = 0
    var unwell = 0

    mutating func add(_ other: RerunCounts) {
        cases += other.cases
        rerun += other.rerun
        reused += other.reused
        pinned += other.pinned
        unwell += other.unwell
    }

    var description: String {
        "\(cases) cases, \(rerun) nodes ran again, \(reused) were taken over, \(pinned) pinned, \(unwell) had not ended well"
    }
}

/// Which nodes were really run, by run.
final class RerunLedger: Sendable {
    private let entries = Mutex<[String: [String]]>([:])

    func add(_ node: String, _ run: String) { entries.withLock { $0[run, default: []].append(node) } }
    func nodes(of run: String) -> [String] { entries.withLock { $0[run] ?? [] } }
}

/// Puts out a number that depends on all that it is given.
private struct RerunProbe: NodeKind {
    let name = "probe"
    let summary = "Notes that it ran."
    let body = FieldType.map(.any)
    let ledger: RerunLedger

    func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType { .anyObject }

    func run(_ context: NodeContext) async -> NodeOutcome {
        ledger.add(context.node, context.run)
        if context.body["fails"]?.boolValue == true { return .failed(NodeFailure(.badData, "it fails")) }
        var value: UInt64 = 17
        for member in context.with {
            for byte in "\(member.key)=\(member.value.jsonText())".utf8 {
                value = value &* 1_099_511_628_211 ^ UInt64(byte)
            }
        }
        return .succeeded(NodeResult(outputs: JSONObject([.init(key: "v", value: .integer(Int64(value % 1_000_000)))])))
    }
}

/// One case in an engine that many share.
private struct RerunTrial: Sendable {
    let engine: Engine
    let ledger: RerunLedger

    func run(_ number: Int) async throws -> RerunCounts {
        let one = RerunRunCase(number: number)
        let reader = RunReader(store: engine.store, layout: engine.layout)
        let old = load(one.old)
        let parent = try await engine.start(
            old, inputs: JSONObject([.init(key: "a", value: 1), .init(key: "b", value: 1)]))
        _ = try await engine.outcome(of: parent)
        let summary = try #require(try await reader.summary(of: parent))
        try #require(summary.status.isTerminal, "case \(number): \(summary.status)")
        let before = try await state(of: parent)
        let rows = try await reader.nodes(of: parent)
        let well: Set<NodeStatus> = [.succeeded, .skipped, .omitted]
        let unwell = Set(rows.filter { !well.contains($0.status) }.map(\.node))

        var patch = WorkflowPatch()
        if !one.patch.isEmpty { patch.add(Array(one.patch.utf8), name: "patch") }
        let planned: PlannedRerun
        do throws(RerunFailure) {
            planned = try await RerunPlanner(reader: reader, loader: engine.loader).plan(
                of: summary, request: RerunRequest(from: one.from), patch: patch, newWorkflow: one.edited.map(load))
        } catch {
            Issue.record("case \(number): \(error)\n\(one.old)\n\(one.patch)")
            return RerunCounts(cases: 1)
        }
        let expected = one.expected(unwell: unwell)
        if Set(planned.plan.rerun) != expected {
            Issue.record("case \(number): the plan has \(planned.plan.rerun.sorted()), not \(expected.sorted())")
        }
        let child = try await engine.derive(
            DerivedRun(
                parent: parent, kind: .branch, rerun: Set(planned.plan.rerun).union(planned.diff.removed),
                pins: planned.pins),
            workflow: planned.workflow, inputs: planned.inputs)
        _ = try await engine.outcome(of: child)
        try await check(number, one, expected, rows, child, reader)
        if try await state(of: parent) != before { Issue.record("case \(number): the parent has changed") }
        return RerunCounts(
            cases: 1, rerun: expected.count, reused: one.names.count - expected.count - one.pins.count,
            pinned: one.pins.count, unwell: unwell.count)
    }

    private func check(
        _ number: Int, _ one: RerunRunCase, _ expected: Set<String>, _ rows: [NodeSummary], _ child: String,
        _ reader: RunReader
    ) async throws {
        let ran = ledger.nodes(of: child)
        let after = Dictionary(try await reader.nodes(of: child).map { ($0.node, $0) }, uniquingKeysWith: { a, _ in a })
        for name in one.names {
            let (row, parent) = (after[name], rows.first { $0.node == name })
            if expected.contains(name) {
                // What runs again runs once, unless what it needs has failed.
                let times = ran.count { $0 == name }
                if times != (row?.status == .omitted ? 0 : 1) {
                    Issue.record("case \(number): \(name) ran \(times) times")
                }
            } else if ran.contains(name) {
                Issue.record("case \(number): \(name) ran again")
            } else if one.pins.contains(name) {
                let bytes = try await row?.result.asyncFlatMap { try await engine.store.content($0) }
                if row?.status != .reused || bytes != Array(#"{"outputs":{"v":77},"artifacts":{}}"#.utf8) {
                    Issue.record("case \(number): \(name) is not what was pinned")
                }
            } else if parent?.status == .succeeded {
                let (was, now) = (parent?.result, row?.result)
                let bytes = try await now.asyncFlatMap { try await engine.store.content($0) }
                if row?.status != .reused || was != now || bytes.map({ Digest(of: $0) }) != was {
                    Issue.record("case \(number): \(name) was not taken over to the byte")
                }
            }
        }
        for name in one.dropped where after[name] != nil { Issue.record("case \(number): \(name) is still there") }
    }

    private func load(_ text: String) -> LoadedWorkflow {
        engine.loader.load(
            WorkflowSource(
                name: "generated.yaml", bytes: Array(text.utf8), directory: "/nowhere", readFile: { _ in nil }),
            entry: "generated.yaml", agentFolders: [])
    }

    /// All rows of a run as they lie in the database.
    private func state(of run: String) async throws -> [[SQLiteValue]] {
        try await engine.store.perform { writer throws(StoreError) in
            do {
                var rows: [[SQLiteValue]] = []
                for query in [
                    "SELECT * FROM run WHERE id = ?",
                    "SELECT event.* FROM event JOIN run ON run.key = event.run WHERE id = ? ORDER BY sequence",
                    "SELECT node.* FROM node JOIN run ON run.key = node.run WHERE id = ? ORDER BY position",
                    "SELECT branch.* FROM branch JOIN run ON run.key = branch.run WHERE id = ?",
                ] {
                    let statement = try writer.connection.prepare(query)
                    try statement.bind(1, run)
                    try statement.forEachRow { rows.append($0.values) }
                }
                return rows
            } catch {
                throw StoreError(.inputOutput, "\(error)")
            }
        }
    }
}

extension Optional where Wrapped: Sendable {
    fileprivate func asyncFlatMap<Value>(_ body: (Wrapped) async throws -> Value?) async rethrows -> Value? {
        if let self { try await body(self) } else { nil }
    }
}
