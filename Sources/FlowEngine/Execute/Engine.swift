// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
public import FlowCore
import Synchronization

/// Runs workflows over one store, which it owns while it lives.
///
/// `open` takes the ownership, ends what a dead engine left behind, and marks its attempts as interrupted, before
/// anything else is accepted.
public final class Engine: Sendable {
    private struct State {
        var executors: [String: RunExecutor] = [:]
        var isClosed = false
        /// When there are so many executors, those of ended runs are forgotten.
        var sweepAt = Self.keptExecutors

        static let keptExecutors = 64
    }

    let configuration: EngineConfiguration
    let layout: RunLayout
    let store: SQLiteRunStore
    let kinds: [String: any NodeKind]
    let loader: WorkflowLoader
    let toolbox: EngineToolbox
    let groups = GroupLines()
    private let names = DurableNames()
    let shared: SharedBudgets
    let disk: DiskWatch
    private let proofs = ArtifactProofs()
    /// Runs that stand still because the disk is full; each task ends when they go on.
    let standstills = Mutex<[String: Task<Bool, Never>]>([:])
    private let owner: StoreOwner
    private let state = Mutex(State())
    private let inbox = Mutex<CommandInbox?>(nil)

    private init(
        configuration: EngineConfiguration, store: SQLiteRunStore, owner: StoreOwner, toolbox: EngineToolbox,
        kinds: [any NodeKind]
    ) {
        self.configuration = configuration
        self.store = store
        self.owner = owner
        self.toolbox = toolbox
        disk = store.disk ?? DiskWatch(folder: configuration.folder)
        layout = RunLayout(folder: configuration.folder)
        shared = SharedBudgets(store: store) { [configuration] in
            SettingsFiles.load(from: configuration.settingsPlace, environment: configuration.environment)
        }
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        loader = WorkflowLoader(kinds: kinds)
    }

    /// Opens the store for running: takes the ownership and recovers from an unclean stop.
    public static func open(_ configuration: EngineConfiguration) async throws(EngineError) -> Engine {
        let prices = try PriceList.load(storeFolder: configuration.folder, environment: configuration.environment)
        do throws(StoreError) {
            let owner = try acquire(configuration.folder)
            let toolbox = EngineToolbox(configuration: configuration, prices: prices)
            // Looking through all processes of the machine takes longer than a small run.
            if owner.isHeirOfCrash { await toolbox.endLeftovers() }
            let disk = DiskWatch(folder: configuration.folder, patience: configuration.diskPatience)
            try makeHolders(RunLayout(folder: configuration.folder))
            let store = try SQLiteRunStore(folder: configuration.folder, mode: .writer, disk: disk)
            disk.prepare()
            let starter = SubworkflowStarter()
            let engine = Engine(
                configuration: configuration, store: store, owner: owner, toolbox: toolbox,
                kinds: BuiltinKinds.all(toolbox: toolbox, starter: starter) + configuration.kinds)
            starter.connect(engine)
            engine.watchDisk()
            try await engine.recover()
            try await store.perform { writer throws(StoreError) in try writer.dropClaims() }
            do throws(FileError) {
                let handler: @Sendable (RunCommand) async -> String? = { [weak engine] command in
                    guard let engine else { return "the engine is ending" }
                    do throws(EngineError) {
                        try await engine.send(command)
                        return nil
                    } catch {
                        return error.description
                    }
                }
                let inbox = try CommandInbox(folder: engine.layout.inbox, handler: handler)
                engine.inbox.withLock { $0 = inbox }
            } catch {
                throw StoreError(.inputOutput, "watching for commands: \(error)")
            }
            return engine
        } catch {
            throw EngineError(error)
        }
    }

    /// Makes the folders of sources and runs. Opening the store puts their names on the disk.
    private static func makeHolders(_ layout: RunLayout) throws(StoreError) {
        do throws(FileError) {
            for folder in layout.holders { try File.createDirectory(folder) }
        } catch {
            throw StoreError(error, doing: "open the store \(layout.folder)")
        }
    }

    // MARK: Starting

    /// Creates a run and starts it. Inputs are typed values as `InputBinder` makes them; input files are copied into
    /// the run. Returns the run's id once it is durable.
    public func start(
        _ workflow: LoadedWorkflow, inputs: JSONObject, options: RunOptions = RunOptions(), id: String? = nil,
        observer: any RunObserver = NoObserver()
    ) async throws(EngineError) -> String {
        try await start(workflow, inputs: inputs, options: options, id: id, derived: nil, observer: observer)
    }

    func start(
        _ workflow: LoadedWorkflow, inputs: JSONObject, options: RunOptions, id: String? = nil, derived: DerivedRun?,
        observer: any RunObserver
    ) async throws(EngineError) -> String {
        guard let plan = workflow.compilation.plan else {
            throw EngineError(.invalidWorkflow, "the workflow has faults")
        }
        let run = id ?? RunIdentifier.random()
        let (secrets, missing) = secrets(of: plan.definition)
        if let missing { throw missing }
        var options = options
        options.group = try group(of: plan.definition, inputs: inputs)
        if let group = options.group, let conflict = plan.definition.group?.onConflict {
            try await makeWay(in: group, for: conflict, ancestors: try await ancestors(of: options.parent))
        }
        if options.parent == nil { try await admit(plan.definition, options) }
        let source = workflow.bundle.manifest
        let sourceDigest = Digest(of: source)
        let kept = try await keepInputFiles(inputs, of: plan.definition, run: run)
        do throws(FileError) {
            let folder = layout.source(sourceDigest.hex)
            try workflow.bundle.materialise(in: folder, isDurable: names.isDurable(folder))
            names.remember(folder)
        } catch {
            throw EngineError(
                StoreError(error.isNoSpace ? .diskFull : .inputOutput, "keeping the workflow's files: \(error)"))
        }
        var document = JSONObject()
        document["inputs"] = .object(kept)
        document["options"] = options.json
        let inputBytes = JSONValue.object(document).jsonBytes(.compact)
        let inputDigest = Digest(of: inputBytes)
        let now = WallClock.now
        let event = RunEvent.runCreated(workflow: plan.definition.name, source: sourceDigest, inputs: inputDigest)
        let summary = RunSummary(
            id: run, workflow: plan.definition.name, status: .created, createdAt: now, nodeCount: plan.nodes.count,
            source: sourceDigest, inputs: inputDigest)
        var history = [RecordedEvent(sequence: 1, at: now, event: event)]
        let parts = derived?.parts(run: run)
        if let parts { history.append(RecordedEvent(sequence: 2, at: now, event: parts.event)) }
        do throws(StoreError) {
            var batch = StoreBatch(
                run: run, events: history,
                contents: [(sourceDigest, source.jsonBytes(.canonical)), (inputDigest, inputBytes)]
                    + (parts?.contents ?? []),
                summary: summary, branch: parts?.branch)
            (batch.session, batch.isPart) = (options.session, options.parent != nil)
            try await store.commit(batch)
        } catch {
            // The session is gone or archived since.
            if options.session != nil, error.code == .missing || error.code == .conflict {
                throw EngineError(.refused, error.description)
            }
            throw EngineError(error)
        }
        observer.observe(history, of: run)
        let executor = try executor(
            run: run, plan: plan, inputs: kept, options: options, source: sourceDigest, secrets: secrets,
            summary: summary, history: history, inherited: try await inherited(by: run, history),
            tape: try await tape(of: options, for: run),
            reuse: try await reuse(of: workflow, run: run, options: options, history: history), observer: observer)
        try await takeUp(executor)
        return run
    }

    /// Takes a run up again where its log ends. Nothing that has ended runs again.
    ///
    /// - Parameter force: whether a run in quarantine may be taken up too.
    public func resume(
        _ run: String, force: Bool = false, observer: any RunObserver = NoObserver()
    ) async throws(EngineError) {
        try await passQuarantine(of: run, force: force)
        var executor = try await load(run, observer: observer)
        if await executor.hasFailed() { executor = try await load(run, observer: observer) }
        if let missing = executor.site.missingSecret, await executor.machine.ended == nil { throw missing }
        if await executor.machine.isPausedByPerson {
            _ = await executor.request(.resume(by: "resume"))
        }
        try await takeUp(executor)
    }

    /// Waits until a run has ended or cannot go on by itself.
    public func outcome(of run: String) async throws(EngineError) -> RunOutcome {
        while true {
            let outcome = try await watched(run).outcome()
            guard outcome == .paused, let standstill = standstills.withLock({ $0[run] }) else { return outcome }
            guard await standstill.value else { return .storeFailed(disk.error) }
        }
    }

    /// Does what a person asks of a run. Returns when it is durable. A run that no engine works on is not started by
    /// it, except for what a cancellation has to do.
    ///
    /// The node of an answer may be one in the run of a sub-workflow: `sub/gate`.
    public func send(_ command: RunCommand) async throws(EngineError) {
        let (command, ancestors) = try await addressed(command)
        try await checkQuarantine(for: command)
        let executor = try await load(command.run, observer: NoObserver())
        let problem: EngineError?
        // Who asks for the outcome of a run above must not be told of the wait that this answer ends.
        for ancestor in ancestors { await ancestor.executor.expectChild(at: ancestor.node) }
        switch command.request {
        case .pause: problem = await executor.request(.pause(by: command.by))
        case .resume: problem = await executor.request(.resume(by: command.by))
        case .cancel(let reason):
            // What runs at the end may need them.
            if let missing = executor.site.missingSecret { throw missing }
            problem = await executor.request(.cancel(by: command.by, reason: reason))
            if problem == nil { await executor.start(engine: configuration.name) }
        case .intervene(let node, let change): problem = await executor.intervene(node: node, change, by: command.by)
        case .approve, .reject, .answer:
            guard let decision = command.request.answer?.decision(by: command.by, at: WallClock.now) else { return }
            if let node = command.request.node {
                problem = await executor.decide(node: node, decision)
            } else {
                var decision = decision
                decision.comment = decision.comment.map { executor.site.secrets.blanked($0) }
                problem = await executor.request(.pauseDecided(decision))
            }
            // More people have to say the same before the part goes on.
            if problem == nil, let node = command.request.node, await executor.asks(at: node) {
                for ancestor in ancestors { await ancestor.executor.childStillWaits(at: ancestor.node) }
            }
        }
        if let problem {
            for ancestor in ancestors { await ancestor.executor.childStillWaits(at: ancestor.node) }
            throw problem
        }
    }

    /// The command with the run and node that a path of nodes leads to, and the runs on the way with their nodes.
    private func addressed(
        _ command: RunCommand
    ) async throws(EngineError) -> (RunCommand, ancestors: [(executor: RunExecutor, node: Int)]) {
        guard let path = command.request.node else { return (command, []) }
        var command = command
        var ancestors: [(executor: RunExecutor, node: Int)] = []
        // A change of a part leaves it waiting for whom it waits for.
        let isAnswer = command.request.answer != nil
        var node = path[...]
        // The names of items may hold a slash too, so the whole path is tried before its parts.
        while true {
            let executor = try await load(command.run, observer: NoObserver())
            guard let (place, child, rest) = await executor.childRun(onPath: node) else { break }
            if isAnswer { ancestors.append((executor, place)) }
            (command.run, node) = (child, rest)
        }
        command.request = command.request.about(String(node))
        return (command, ancestors)
    }

    /// Ends all attempts, leaves runs to be resumed, and gives the store back.
    public func close() async {
        let executors = state.withLock { state in
            state.isClosed = true
            return Array(state.executors.values)
        }
        inbox.withLock { $0?.close() }
        disk.close()
        // At the same time: each may have programs that take their time to end.
        await withTaskGroup(of: Void.self) { group in
            for executor in executors { group.addTask { await executor.stop() } }
        }
        await toolbox.close()
        await store.close()
        owner.release()
    }

    /// How many runs are kept in memory.
    var executorCount: Int { state.withLock { $0.executors.count } }

    /// The executors that are in memory.
    var livingExecutors: [RunExecutor] { state.withLock { Array($0.executors.values) } }

    /// Whether `close` has been called.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    // MARK: Executors

    /// The executor of a run: the living one, or one made from the log.
    func load(_ run: String, observer: any RunObserver) async throws(EngineError) -> RunExecutor {
        if let executor = state.withLock({ $0.executors[run] }), !executor.life.isSpent {
            executor.site.observer.take(observer)
            return executor
        }
        let reader = RunReader(store: store, layout: layout)
        guard let summary = try await reader.summary(of: run) else {
            throw EngineError(.noSuchRun, "there is no run \(run)")
        }
        // Meanwhile: both take long in a large run.
        async let log = log(of: run, reader)
        let workflow = try await reader.workflow(of: summary, loader: loader)
        guard let plan = workflow.compilation.plan else {
            throw EngineError(
                .invalidWorkflow, "the workflow of run \(run) cannot be compiled by this version of flow")
        }
        let (inputs, options) = try await reader.inputs(of: summary)
        let history = try await log.get()
        // To read, pause or answer a run its secrets are not needed; `start` asks for them.
        let (secrets, missing) = secrets(of: plan.definition)
        return try executor(
            run: run, plan: plan, inputs: inputs, options: options, source: summary.source, secrets: secrets,
            missing: missing, summary: summary, history: history, inherited: try await inherited(by: run, history),
            tape: summary.status.isTerminal ? nil : try await tape(of: options, for: run),
            reuse: summary.status.isTerminal
                ? nil : try await reuse(of: workflow, run: run, options: options, history: history),
            observer: observer)
    }

    /// The events of a run, when its chain holds.
    private func log(of run: String, _ reader: RunReader) async -> Result<[RecordedEvent], EngineError> {
        do throws(EngineError) {
            try await requireChain(of: run)
            return .success(try await reader.events(of: run))
        } catch {
            return .failure(error)
        }
    }

    /// What a run takes over from the one it is derived from.
    private func inherited(
        by run: String, _ history: [RecordedEvent]
    ) async throws(EngineError) -> [String: InheritedNode] {
        guard history.count > 1, case .runDerived = history[1].event else { return [:] }
        do throws(StoreError) {
            return try await RunLineage(store: store).inherited(by: run)
        } catch {
            throw EngineError(error)
        }
    }

    /// The executor of a run, for who waits for its outcome: also one that the store has failed, since a new one would
    /// not know of that, and nobody has asked it to work.
    func watched(_ run: String) async throws(EngineError) -> RunExecutor {
        if let executor = state.withLock({ $0.executors[run] }) { return executor }
        return try await load(run, observer: NoObserver())
    }

    private func executor(
        run: String, plan: Plan, inputs: JSONObject, options: RunOptions, source: Digest, secrets: Secrets,
        missing: EngineError? = nil, summary: RunSummary, history: [RecordedEvent],
        inherited: [String: InheritedNode], tape: CallTape?, reuse: RunReuse?, observer: any RunObserver
    ) throws(EngineError) -> RunExecutor {
        let slots = options.maxParallel ?? plan.definition.maxParallel ?? configuration.slots
        let site = RunSite(
            run: run, plan: plan, slots: slots,
            machine: plan.pools.contains { $0.units == nil } ? MachineCapacity.present : [:],
            seed: UInt64(truncatingIfNeeded: seed(of: run)), kinds: kinds,
            inputs: .object(inputs), options: options, layout: layout, names: names,
            workflowDirectory: layout.source(source.hex), secrets: secrets, store: store, artifacts: store,
            observer: ObserverSlot(observer), children: EngineChildRuns(engine: self),
            scopes: scopes(of: options), missingSecret: missing,
            references: ReferenceTable(plan: plan), inherited: inherited, disk: disk, tape: tape,
            proofs: proofs, reuse: reuse)
        let executor = RunExecutor(site: site, summary: summary, history: history)
        let kept: RunExecutor? = state.withLock { state in
            if let existing = state.executors[run], !existing.life.isSpent {
                existing.site.observer.take(observer)
                return existing
            }
            if state.isClosed { return nil }
            if state.executors.count >= state.sweepAt {
                state.executors = state.executors.filter { !$0.value.life.isEnded }
                state.sweepAt = Swift.max(State.keptExecutors, 2 * state.executors.count)
            }
            state.executors[run] = executor
            return executor
        }
        guard let kept else { throw EngineError(.refused, "the engine is closed") }
        return kept
    }

    private func seed(of run: String) -> UInt64 {
        Digest(of: Array(run.utf8)).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The values of a workflow's secrets, and what to say of the first one that is not set.
    private func secrets(of definition: WorkflowDefinition) -> (Secrets, missing: EngineError?) {
        var values: [String: String] = [:]
        var missing: EngineError?
        for secret in definition.secrets {
            if let name = secret.keptName {
                do throws(SecretStore.Fault) {
                    values[secret.name] = try SecretStore(environment: configuration.environment).value(name)
                    if values[secret.name] != nil { continue }
                    let help = "run `flow secret set \(name)`"
                    missing = missing ?? EngineError(.missingSecret, "secret `\(secret.name)` is not kept: \(help)")
                } catch {
                    missing = missing ?? EngineError(.missingSecret, "secret `\(secret.name)`: \(error)")
                }
                continue
            }
            guard let value = configuration.environment[secret.environmentVariable] else {
                missing =
                    missing
                    ?? EngineError(
                        .missingSecret,
                        "secret `\(secret.name)` is not set: put it into the environment variable "
                            + secret.environmentVariable)
                continue
            }
            values[secret.name] = value
        }
        return (Secrets(values: values), missing)
    }

    /// Copies input files into the run's folder and gives the inputs with the paths of the copies.
    private func keepInputFiles(
        _ inputs: JSONObject, of definition: WorkflowDefinition, run: String
    ) async throws(EngineError) -> JSONObject {
        var kept = inputs
        for input in definition.inputs {
            switch (input.kind, inputs[input.name]) {
            case (.file, .string(let path)?):
                kept[input.name] = .string(try await keep(path, as: input.name, run: run))
            case (.files, .array(let paths)?):
                var copies: [JSONValue] = []
                for path in paths.compactMap(\.stringValue) {
                    copies.append(.string(try await keep(path, as: "\(input.name).\(copies.count)", run: run)))
                }
                kept[input.name] = .array(copies)
            default: break
            }
        }
        if definition.inputs.contains(where: { $0.kind == .file || $0.kind == .files }) { try syncInputs(of: run) }
        return kept
    }

    /// Puts the names of the copies on the disk.
    private func syncInputs(of run: String) throws(EngineError) {
        let folder = layout.inputs(of: run)
        do throws(FileError) {
            guard File.exists(folder) else { return }
            for entry in try File.list(folder) { try File.syncDirectory(FilePath.join(folder, entry.name)) }
            try names.sync(folder, above: [layout.run(run), layout.runs])
        } catch {
            throw EngineError(StoreError(error, doing: "keep the input files of run \(run)"))
        }
    }

    private func keep(_ path: String, as name: String, run: String) async throws(EngineError) -> String {
        do throws(StoreError) {
            let stored = try await store.store(file: path)
            let folder = layout.input(name, of: run)
            let copy = FilePath.join(folder, FilePath.basename(path))
            do throws(FileError) {
                // The run of a sub-workflow has the same id when a start that was cut short is made again.
                try File.removeTree(folder)
                try File.createDirectory(folder)
                if let object = store.path(of: stored.digest) { try File.hardLinkOrCopy(object, to: copy) }
            } catch {
                throw StoreError(error.isNoSpace ? .diskFull : .inputOutput, "keeping input file \(path): \(error)")
            }
            return copy
        } catch {
            throw EngineError(error)
        }
    }
}
