// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Glibc
import Synchronization
import Testing

@testable import FlowEngine

/// A project folder with a store, and an engine that can be closed and opened again.
final class TestProject: Sendable {
    private let temporary: TemporaryDirectory
    private let current = Mutex<Engine?>(nil)
    /// The folder of the workflows, and of whatever a test writes.
    let folder: String
    /// The store's folder.
    let store: String
    let environment: [String: String]
    let slots: Int
    /// Kinds beside those that flow brings along.
    let kinds: [any NodeKind]
    /// Answers in the place of configured models.
    let models: (any ModelProvider)?

    init(
        environment: [String: String] = [:], slots: Int = 8, store: String? = nil, kinds: [any NodeKind] = [],
        models: (any ModelProvider)? = nil
    ) throws {
        self.kinds = kinds
        self.models = models
        temporary = try TemporaryDirectory()
        folder = temporary.path
        self.store = store ?? temporary.file(".flow")
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": temporary.path]
        variables.merge(environment) { _, new in new }
        self.environment = variables
        self.slots = slots
    }

    func file(_ name: String) -> String { FilePath.join(folder, name) }

    /// The open engine; opens one if there is none.
    func engine() async throws -> Engine {
        if let engine = current.withLock({ $0 }) { return engine }
        var configuration = EngineConfiguration(folder: store, slots: slots, environment: environment, name: "test")
        // A test that waits for room on its disk says so.
        configuration.diskPatience = .zero
        configuration.kinds = kinds
        if let models { configuration.models = models }
        let engine = try await Engine.open(configuration)
        current.withLock { $0 = engine }
        return engine
    }

    func close() async {
        let engine = current.withLock { engine in
            defer { engine = nil }
            return engine
        }
        await engine?.close()
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try File.createDirectory(FilePath.dirname(file(name)))
        try File.write(text, to: file(name))
        return file(name)
    }

    /// The lines of a file; none if it is not there.
    func lines(_ name: String) -> [String] {
        ((try? File.readText(file(name), limit: 1 << 24)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Compiles a workflow text; the faults of one that does not compile are in the error.
    func load(_ text: String) async throws -> LoadedWorkflow {
        let source = "flow: 1\nname: test\n" + text
        let folder = folder
        let workflow = try await engine().loader.load(
            WorkflowSource(
                name: "test.yaml", bytes: Array(source.utf8), directory: folder,
                readFile: { try? File.read($0, limit: 1 << 24) }),
            entry: "test.yaml", agentFolders: [])
        let faults = workflow.compilation.diagnostics.filter { $0.severity == .error }
            .map { "\(workflow.compilation.sources.place(of: $0.span)): \($0.message)" }
        try #require(faults.isEmpty, "\(faults.joined(separator: "\n"))")
        return workflow
    }

    /// Starts a run and does not wait for it.
    func start(
        _ text: String, inputs: JSONValue = .object(JSONObject()), options: RunOptions = RunOptions()
    ) async throws -> TestRun {
        let workflow = try await load(text)
        let definition = try #require(workflow.compilation.definition)
        let binding = InputBinder(inputs: definition.inputs).bind(inputs.objectValue ?? JSONObject())
        let values = try #require(binding.values, "\(binding.problems)")
        let observer = RunRecorder()
        let id = try await engine().start(workflow, inputs: values, options: options, observer: observer)
        return TestRun(project: self, id: id, recorder: observer)
    }

    /// Starts a run and waits until it has ended or cannot go on by itself.
    func run(
        _ text: String, inputs: JSONValue = .object(JSONObject()), options: RunOptions = RunOptions()
    ) async throws -> TestRun {
        let run = try await start(text, inputs: inputs, options: options)
        _ = try await run.outcome()
        return run
    }

    /// Whether any file below the store holds a text.
    func storeHolds(_ text: String) throws -> [String] {
        let needle = Array(text.utf8)
        return try files(below: store).filter { path in
            let bytes = (try? File.read(path, limit: 1 << 28)) ?? []
            return bytes.firstRange(of: needle) != nil
        }
    }

    /// All files below a folder.
    func files(below folder: String) throws -> [String] {
        var found: [String] = []
        for entry in try File.list(folder) {
            let path = FilePath.join(folder, entry.name)
            if entry.kind == .directory { found += try files(below: path) } else { found.append(path) }
        }
        return found
    }
}

/// One run of a test project.
struct TestRun: Sendable {
    let project: TestProject
    let id: String
    let recorder: RunRecorder

    func outcome() async throws -> RunOutcome {
        try await within(60, "the outcome of the run") { try await project.engine().outcome(of: id) }
    }

    /// Waits until the run has ended, also while nobody answers.
    func end() async throws -> RunStatus {
        try await within(60, "the end of the run") { try await project.engine().end(of: id).status }
    }

    func resume() async throws { try await project.engine().resume(id, observer: recorder) }

    func send(_ request: RunCommand.Request, by: String = "tester") async throws {
        try await project.engine().send(RunCommand(run: id, by: by, request: request))
    }

    var reader: RunReader {
        get async throws {
            RunReader(store: try await project.engine().store, layout: RunLayout(folder: project.store))
        }
    }

    var status: RunStatus? { get async throws { try await reader.summary(of: id)?.status } }
    var events: [RecordedEvent] { get async throws { try await reader.events(of: id) } }
    var outputs: JSONObject { get async throws { try await project.engine().outputs(of: id) } }

    /// What the nodes put out, by node: an object with `outputs`, `artifacts` and `status`.
    func result(of node: String) async throws -> JSONValue {
        let rows = try await reader.nodes(of: id)
        let row = try #require(rows.first { $0.node == node }, "nothing is known of `\(node)`")
        return try await reader.result(of: row, run: id) ?? .null
    }

    func output(_ node: String, _ name: String) async throws -> JSONValue {
        try await result(of: node)["outputs"]?[name] ?? .null
    }

    func statuses() async throws -> [String: NodeStatus] {
        Dictionary(try await reader.nodes(of: id).map { ($0.node, $0.status) }, uniquingKeysWith: { $1 })
    }

    func status(of node: String) async throws -> NodeStatus? { try await statuses()[node] }

    /// The failures of a node, in order.
    func failures(of name: String) async throws -> [(failure: NodeFailure, at: Timestamp, retryAt: Timestamp?)] {
        try await events.compactMap { recorded in
            guard case .nodeFailed(name, _, let failure, let retryAt) = recorded.event else { return nil }
            return (failure, recorded.at, retryAt)
        }
    }

    /// Asserts that a node failed for good for a reason, and gives the message.
    func failure(of node: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> NodeFailure {
        let statuses = try await statuses()
        return try #require(
            try await failures(of: node).last?.failure, "`\(node)` has not failed: \(statuses)",
            sourceLocation: sourceLocation)
    }

    /// The milliseconds between two moments of the run.
    func started(_ node: String) async throws -> Timestamp {
        try #require(
            try await events.first {
                if case .nodeStarted(node, _) = $0.event { true } else { false }
            }?.at)
    }

    func succeeded(_ node: String) async throws -> Timestamp {
        try #require(
            try await events.first {
                if case .nodeSucceeded(node, _, _) = $0.event { true } else { false }
            }?.at)
    }

    func log(_ node: String, attempt: Int = 1) throws -> [String] {
        let path = RunLayout(folder: project.store).log(node, attempt: attempt, of: id)
        return try File.readText(path, limit: 1 << 26).split(separator: "\n").map(String.init)
    }

    /// Waits until an event has been recorded.
    func awaitEvent(
        _ what: String, _ matches: @escaping @Sendable (RunEvent) -> Bool
    ) async throws {
        try await within(60, what) { await recorder.waitForEvent(matches) }
    }

    /// Waits until a node has written a line.
    func awaitLine(_ text: String) async throws {
        try await within(60, "the line `\(text)`") { await recorder.waitForLine(text) }
    }
}

/// Keeps what a run tells, and lets tests wait for it.
final class RunRecorder: RunObserver {
    private struct State {
        var events: [RecordedEvent] = []
        var lines: [String] = []
        var waiters: [(check: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var events: [RecordedEvent] { state.withLock { $0.events } }
    var lines: [String] { state.withLock { $0.lines } }

    func observe(_ events: [RecordedEvent], of run: String) { change { $0.events += events } }

    func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {
        change { $0.lines.append(line.text) }
    }

    private func change(_ body: (inout State) -> Void) {
        let ready = state.withLock { state in
            body(&state)
            let ready = state.waiters.filter { $0.check(state) }
            if !ready.isEmpty {
                let now = state
                state.waiters.removeAll { $0.check(now) }
            }
            return ready.map(\.continuation)
        }
        for continuation in ready { continuation.resume() }
    }

    private func wait(_ check: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if check(state) { return true }
                state.waiters.append((check, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func waitForEvent(_ matches: @escaping @Sendable (RunEvent) -> Bool) async {
        await wait { $0.events.contains { matches($0.event) } }
    }

    func waitForLine(_ text: String) async { await wait { $0.lines.contains(text) } }
}

struct TookTooLong: Error, CustomStringConvertible {
    var description: String
}

/// Fails when something does not come in time: a test must end even when the engine hangs.
func within<Value: Sendable>(
    _ seconds: Int, _ what: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let box = RaceBox<Value>()
    return try await withCheckedThrowingContinuation { continuation in
        box.set(continuation)
        // Not awaited on purpose: what hangs cannot be awaited.
        let work = Task.detached {
            do { box.finish(.success(try await body())) } catch { box.finish(.failure(error)) }
        }
        Task.detached {
            try? await Task.sleep(for: .seconds(seconds))
            box.finish(.failure(TookTooLong(description: "\(what) did not come within \(seconds) s")))
            work.cancel()
        }
    }
}

private final class RaceBox<Value: Sendable>: Sendable {
    private let continuation = Mutex<CheckedContinuation<Value, any Error>?>(nil)

    func set(_ continuation: CheckedContinuation<Value, any Error>) {
        self.continuation.withLock { $0 = continuation }
    }

    func finish(_ result: Result<Value, any Error>) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(with: result)
    }
}

/// Waits until something outside the engine is so; false when it is not within two minutes.
func eventually(_ holds: () throws -> Bool) async throws -> Bool {
    for _ in 0..<24_000 {
        if try holds() { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
