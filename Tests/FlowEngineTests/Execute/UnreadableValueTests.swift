// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine
import FlowTesting
import Synchronization
import Testing

/// A value that cannot be read while a batch is put together: who stands behind it in the batch must be answered too.
struct UnreadableValueTests {
    /// A door that is open until somebody closes it.
    private final class Door: Sendable {
        private let state = Mutex<(isClosed: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

        func close() { state.withLock { $0.isClosed = true } }

        func open() {
            let waiters = state.withLock { state in
                defer { state = (false, []) }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }

        func pass() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if state.isClosed { state.waiters.append(continuation) }
                    return !state.isClosed
                }
                if isOpen { continuation.resume() }
            }
        }

        var hasWaiters: Bool { state.withLock { !$0.waiters.isEmpty } }
    }

    /// A store whose contents cannot be read the second time, and whose writes wait at a door.
    private final class Store: RunStore {
        let inner = InMemoryRunStore()
        let door = Door()
        private let reads = Mutex(0)

        func commit(_ batch: StoreBatch) async throws(StoreError) {
            await door.pass()
            try await inner.commit(batch)
        }
        func events(of run: String, after: Int64, limit: Int) async throws(StoreError) -> [RecordedEvent] {
            try await inner.events(of: run, after: after, limit: limit)
        }
        func run(_ id: String) async throws(StoreError) -> RunSummary? { try await inner.run(id) }
        func runs(_ query: RunQuery) async throws(StoreError) -> [RunSummary] { try await inner.runs(query) }
        func branch(_ run: String) async throws(StoreError) -> BranchSummary? { try await inner.branch(run) }

        func branches(of parents: [String]?) async throws(StoreError) -> [BranchSummary] {
            try await inner.branches(of: parents)
        }

        func nodes(of run: String) async throws(StoreError) -> [NodeSummary] { try await inner.nodes(of: run) }
        func content(_ digest: Digest) async throws(StoreError) -> [UInt8]? {
            let isFirst = reads.withLock { count in
                count += 1
                return count == 1
            }
            guard isFirst else { throw StoreError(.inputOutput, "the disk cannot be read") }
            return try await inner.content(digest)
        }
    }

    /// Never satisfied, and its second attempt waits at a door.
    private struct Program: NodeKind {
        let name = "run"
        let summary = ""
        let body = FieldType.any
        let door: Door

        func run(_ context: NodeContext) async -> NodeOutcome {
            if context.attempt > 1 { await door.pass() }
            return .succeeded(NodeResult(outputs: JSONObject([.init(key: "done", value: false)])))
        }
    }

    private struct Surrounding: ArtifactStore, StandaloneChildren {
        func store(file path: String) async throws(StoreError) -> (digest: Digest, size: Int64) {
            throw StoreError(.missing, path)
        }
        func store(bytes: [UInt8]) async throws(StoreError) -> Digest { Digest(of: bytes) }
        func path(of digest: Digest) -> String? { nil }
        func isBlocked(_ run: String) async -> Bool { false }
        func end(of run: String) async -> RunStatus? { nil }
        func cancel(_ run: String) async {}
    }

    @Test(.timeLimit(.minutes(5)))
    func `a request behind an unreadable value is refused, not forgotten`() async throws {
        let folder = try TemporaryDirectory()
        let (store, end) = (Store(), Door())
        let until = try #require(Expression.parse("outputs.done").0)
        var definition = WorkflowDefinition(name: "again")
        definition.nodes = [
            NodeDefinition(
                id: "again", kind: "run",
                options: NodeOptions(
                    repetition: RepeatDefinition(until: ConditionDefinition(expression: until, text: ""), most: 5)))
        ]
        try await store.commit(
            StoreBatch(
                run: "r", events: [],
                summary: RunSummary(
                    id: "r", workflow: "again", status: .created, createdAt: Timestamp(milliseconds: 0), nodeCount: 1,
                    source: .zero, inputs: .zero)))
        end.close()
        let run = try await StandaloneRun.open(
            "r",
            in: .init(
                plan: Plan(definition: definition), slots: 1, inputs: [:], kinds: [Program(door: end)], store: store,
                artifacts: Surrounding(), folder: folder.path, clock: .system, tasks: globalConcurrentExecutor,
                observer: NoObserver(), children: Surrounding()))
        await run.start(engine: "test")
        // The second attempt has read what the first put out.
        while !end.hasWaiters { await Task.yield() }
        // A write is under way; behind it gather the end of the attempt and a request.
        store.door.close()
        let pause = Task { await run.request(.pause(by: "a")) }
        while !store.door.hasWaiters { await Task.yield() }
        end.open()
        while await run.arrivals < 1 { await Task.yield() }
        let resume = Task { await run.request(.resume(by: "b")) }
        while await run.arrivals < 2 { await Task.yield() }
        store.door.open()
        #expect(await pause.value == nil)
        #expect(await resume.value?.store?.code == .inputOutput)
    }
}
