// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// One run with its executor and no engine around it: for simulations, which give it their own store, programs, time
/// and tasks.
package struct StandaloneRun: Sendable {
    /// What surrounds the run.
    package struct Surroundings: Sendable {
        package var plan: Plan
        package var slots: Int
        /// About how many facts go into one transaction.
        package var largestBatch = 4096
        package var inputs: JSONValue
        package var kinds: [any NodeKind]
        package var store: any RunStore
        package var artifacts: any ArtifactStore
        /// Below it lie the folders of attempts.
        package var folder: String
        package var clock: RunClock
        package var tasks: any TaskExecutor
        package var observer: any RunObserver
        package var children: any StandaloneChildren

        /// Surroundings.
        package init(
            plan: Plan, slots: Int, inputs: JSONValue, kinds: [any NodeKind], store: any RunStore,
            artifacts: any ArtifactStore, folder: String, clock: RunClock, tasks: any TaskExecutor,
            observer: any RunObserver, children: any StandaloneChildren
        ) {
            self.plan = plan
            self.slots = slots
            self.inputs = inputs
            self.kinds = kinds
            self.store = store
            self.artifacts = artifacts
            self.folder = folder
            self.clock = clock
            self.tasks = tasks
            self.observer = observer
            self.children = children
        }
    }

    /// What the executor knows at one moment.
    package struct Standing: Sendable {
        /// Whether the loop stands still and nothing waits for it.
        package var isAtRest: Bool
        package var hasFailed: Bool
        package var isStopping: Bool
    }

    private let executor: RunExecutor

    /// Makes the executor of a run where its log ends, as an engine does. Nothing happens before `start`.
    package static func open(_ run: String, in surroundings: Surroundings) async throws(EngineError) -> StandaloneRun {
        let layout = RunLayout(folder: surroundings.folder)
        let reader = RunReader(store: surroundings.store, layout: layout)
        guard let summary = try await reader.summary(of: run) else {
            throw EngineError(.noSuchRun, "there is no run \(run)")
        }
        let history = try await reader.events(of: run)
        var site = RunSite(
            run: run, plan: surroundings.plan, slots: surroundings.slots, seed: 1,
            kinds: Dictionary(surroundings.kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }),
            inputs: surroundings.inputs, options: RunOptions(), layout: layout,
            workflowDirectory: surroundings.folder, secrets: Secrets(values: [:]), store: surroundings.store,
            artifacts: surroundings.artifacts, observer: ObserverSlot(surroundings.observer),
            children: Children(port: surroundings.children), missingSecret: nil,
            references: ReferenceTable(plan: surroundings.plan), clock: surroundings.clock, tasks: surroundings.tasks)
        site.largestBatch = surroundings.largestBatch
        if RunReuse.concerns(surroundings.plan) { site.reuse = RunReuse(surroundings: WorkflowSurroundings()) }
        return StandaloneRun(executor: RunExecutor(site: site, summary: summary, history: history))
    }

    /// Takes the run up; see `RunExecutor.start`.
    package func start(engine: String) async { await executor.start(engine: engine) }

    /// Whether a person has paused the run.
    package var isPausedByPerson: Bool { get async { await executor.machine.isPausedByPerson } }

    /// A person's request; the reason why it is refused, nil when it is durable.
    package func request(_ input: RunInput) async -> EngineError? { await executor.request(input) }

    /// A person's answer; the reason why it is refused, nil when it is durable.
    package func decide(node: String, _ decision: ApprovalDecision) async -> EngineError? {
        await executor.decide(node: node, decision)
    }

    /// Says once more that a moment has come.
    package func wakeAgain(_ node: Int) async { await executor.send(.input(.woken(node))) }

    /// Ends all attempts and leaves the run to be resumed.
    package func stop() async { await executor.stop() }

    /// Makes the executor give up: its process is gone.
    package func abandon(_ error: StoreError) async { await executor.fail(error) }

    /// Waits until the run has ended or the executor has stopped.
    package func final() async -> RunOutcome { await executor.final() }

    /// Waits until the run has ended or cannot go on by itself.
    package func outcome() async -> RunOutcome { await executor.outcome() }

    /// How much waits for the loop.
    package var arrivals: Int { get async { await executor.inbox.count } }

    /// Shows what the executor knows now.
    package func inspect(_ look: @Sendable (borrowing RunMachine, Standing) -> Void) async {
        await executor.inspect(look)
    }

    /// Tells whether the executor is still in memory, without keeping it there.
    package func lifeline() -> @Sendable () -> Bool {
        { [weak executor] in executor != nil }
    }

    /// The port for sub-workflows as executors see it.
    private struct Children: ChildRuns {
        let port: any StandaloneChildren

        func standings(of run: String) async -> AsyncStream<RunStanding> {
            let isBlocked = await port.isBlocked(run)
            return AsyncStream { stream in
                stream.yield(isBlocked ? .waiting(["gate"]) : .working)
                stream.finish()
            }
        }

        func outcome(of run: String) async -> ChildOutcome {
            switch await port.end(of: run) {
            case .succeeded?:
                .ended(.succeeded, NodeRecord(outputs: JSONObject([.init(key: "done", value: true)])), reason: nil)
            case let status?: .ended(status, .empty, reason: nil)
            case nil: .stopped
            }
        }

        func cancel(_ run: String) async { await port.cancel(run) }
    }
}

/// The runs of sub-workflows around a standalone run.
package protocol StandaloneChildren: Sendable {
    /// Whether the run waits for people when it is first looked at.
    func isBlocked(_ run: String) async -> Bool
    /// Waits for a run to end; nil when its engine ends first.
    func end(of run: String) async -> RunStatus?
    /// Asks a run to end.
    func cancel(_ run: String) async
}

extension RunExecutor {
    fileprivate func inspect(_ look: @Sendable (borrowing RunMachine, StandaloneRun.Standing) -> Void) {
        let standing = StandaloneRun.Standing(
            isAtRest: !isDraining && inbox.isEmpty, hasFailed: stopReason != nil, isStopping: isStopping)
        look(machine, standing)
    }
}
