// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// The budgets that runs share, as the settings and the sessions say them.
///
/// Whether a call fits is decided by the database, in the transaction that sets its reservation aside. What is kept here is
/// only which calls of this engine are open: as long as some are, a call that does not fit beside them waits, because most
/// cost less in the end.
final class SharedBudgets: Sendable {
    /// What was set aside for a call.
    struct Claim: Sendable {
        /// The row that stands for it until the call begins.
        var key: Int64
        fileprivate var id: UInt64
        fileprivate var budgets: [SharedBudget]
        fileprivate var moment: Timestamp
    }

    private struct Open {
        var session: String?
        var moment: Timestamp
        var charge: CallCharge
    }

    private struct State {
        var settings: LoadedSettings?
        /// The budgets of the sessions themselves.
        var ofSessions: [String: [SharedBudget]] = [:]
        var open: [UInt64: Open] = [:]
        var lastID: UInt64 = 0
        /// Grows whenever an open call ends.
        var generation: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let store: SQLiteRunStore
    private let load: @Sendable () -> LoadedSettings
    private let state = Mutex(State())

    /// - Parameter load: reads the settings; called once, when they are first needed.
    init(store: SQLiteRunStore, load: @escaping @Sendable () -> LoadedSettings) {
        self.store = store
        self.load = load
    }

    // MARK: Which

    /// What the settings say.
    var settings: LoadedSettings {
        if let known = state.withLock({ $0.settings }) { return known }
        let loaded = load()
        state.withLock { $0.settings = loaded }
        return loaded
    }

    /// The budgets that the calls of a session's runs count for; of runs without one, those of the project.
    func budgets(ofSession session: String?) async throws(StoreError) -> [SharedBudget] {
        let general = settings.budgets.compactMap { $0.forRun(ofSession: session) }
        guard let session else { return general }
        if let known = state.withLock({ $0.ofSessions[session] }) { return general + known }
        let own = try await store.sessions(named: session).compactMap { $0.limits.budget(of: session) }
        state.withLock { $0.ofSessions[session] = own }
        return general + own
    }

    /// Whether calls of a session's runs have to be asked for here: also when the settings cannot be read.
    func counts(_ session: String?) async -> Bool {
        if settings.budgetsAreUnknown { return true }
        guard let budgets = try? await budgets(ofSession: session) else { return true }
        return !budgets.isEmpty
    }

    // MARK: Calls

    /// What becomes of a call that asks for its share.
    private enum Answer: Sendable {
        case granted(Claim)
        /// It may fit when calls that are open have ended.
        case later
        case hopeless(SharedBudget, SpendingSums)
    }

    /// Sets the most that a call can cost aside. Waits for open calls that it does not fit beside; pauses or cancels the
    /// run of a call that does not fit at all.
    func reserve(_ call: CallStart, _ desk: AttemptDesk) async throws(CallRefusal) -> Claim? {
        let session = desk.executor.site.options.session
        if settings.budgetsAreUnknown {
            throw .budget("the settings have faults, so nobody knows what may be spent: \(settings.firstFault ?? "")")
        }
        do {
            let budgets = try await budgets(ofSession: session)
            while true {
                guard !Task.isCancelled else { throw CallRefusal.stopped("the attempt is being ended") }
                let generation = state.withLock { $0.generation }
                let moment = desk.executor.site.clock.now()
                // All on the writer's thread: nobody sums up between a claim's row and its note.
                let answer = try await store.perform { [self] writer throws(StoreError) -> Answer in
                    switch try writer.claim(call, budgets: budgets, at: moment) {
                    case .granted(let key):
                        return .granted(note(call, session, Claim(key: key, id: 0, budgets: budgets, moment: moment)))
                    case .exceeded(let places):
                        for (place, used) in places {
                            let rest = used.without(open(in: budgets[place], at: moment))
                            if budgets[place].refusal(of: call, used: rest) != nil {
                                return .hopeless(budgets[place], used)
                            }
                        }
                        return .later
                    }
                }
                switch answer {
                case .granted(let claim): return claim
                case .later: await wait(after: generation)
                case .hopeless(let budget, let used):
                    let text = budget.refusal(of: call, used: used) ?? "\(budget.title) is used up"
                    try await exceed(budget, text, used, desk)
                }
            }
        } catch let refusal as CallRefusal {
            throw refusal
        } catch let error as StoreError {
            throw .stopped(error.description)
        } catch {
            throw .stopped("\(error)")
        }
    }

    /// A call does not fit, and will not: pauses its run and waits until somebody lets it go on, or ends the run.
    private func exceed(
        _ budget: SharedBudget, _ text: String, _ used: SpendingSums, _ desk: AttemptDesk
    ) async throws {
        let executor = desk.executor
        if let (measure, percent) = budget.percentages(of: used).max(by: { $0.percent < $1.percent }) {
            await executor.send(.input(.sharedBudget(budget.name, measure, percent: percent, reason: text)))
        }
        switch budget.onExceed {
        case .warn: break
        case .pause:
            // It may be paused already.
            _ = await executor.request(.pause(by: "budget"))
            _ = try await desk.ask(.hold)
        case .stop:
            let top = try await executor.site.scopes.parent?.top() ?? executor
            _ = await top.request(.cancel(by: "budget", reason: text))
            throw CallRefusal.budget(text)
        }
    }

    private func note(_ call: CallStart, _ session: String?, _ claim: Claim) -> Claim {
        state.withLock { state in
            state.lastID += 1
            state.open[state.lastID] = Open(session: session, moment: claim.moment, charge: call.reservation)
            var claim = claim
            claim.id = state.lastID
            return claim
        }
    }

    /// What is set aside for open calls of this engine that count for a budget.
    private func open(in budget: SharedBudget, at moment: Timestamp) -> [CallCharge] {
        let days = budget.period.days(around: moment)
        return state.withLock { state in
            state.open.values.filter { open in
                guard days.contains(BudgetPeriod.day(of: open.moment)) else { return false }
                guard case .session(let name) = budget.scope else { return true }
                return open.session == name
            }.map(\.charge)
        }
    }

    /// The call is not made.
    func drop(_ claim: Claim?) async {
        guard let claim else { return }
        // Left behind, it would count until the next engine opens the store.
        try? await store.perform { writer throws(StoreError) in try writer.drop(claim: claim.key) }
        end(claim)
    }

    /// The call has ended, and its charge is in the store. Tells what is to be told of the budgets.
    func settle(_ claim: Claim?, _ executor: RunExecutor) async {
        guard let claim else { return }
        end(claim)
        let used: @Sendable (SharedBudget, SpendingSums) -> SpendingSums = { [self] budget, sums in
            sums.without(open(in: budget, at: claim.moment))
        }
        let told = try? await store.perform { writer throws(StoreError) in
            try writer.alerts(claim.budgets, used: used, at: claim.moment)
        }
        for (budget, measure, percent) in told ?? [] {
            await executor.send(.input(.sharedBudget(budget.name, measure, percent: percent, reason: nil)))
        }
    }

    // MARK: Waiting

    private func end(_ claim: Claim) {
        let waiters = state.withLock { state in
            state.open[claim.id] = nil
            state.generation += 1
            defer { state.waiters = [:] }
            return state.waiters.sorted { $0.key < $1.key }.map(\.value)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until an open call has ended since the generation was read, or the task is cancelled.
    private func wait(after generation: UInt64) async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.generation != generation || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
