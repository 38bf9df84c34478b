// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

extension Engine {
    /// What the calls of a run count for beside the run itself.
    func scopes(of options: RunOptions) -> CallScopes {
        var scopes = CallScopes(shared: shared)
        if let parent = options.parent, let node = options.parentNode {
            scopes.parent = ParentScope(engine: self, run: parent, node: node)
        }
        return scopes
    }

    /// What a run of a workflow is expected to cost: what the workflow says, or, where a budget in dollars is shared, what
    /// earlier runs have cost. Nil when nobody knows.
    public func estimate(
        of definition: WorkflowDefinition, session: String?
    ) async throws(EngineError) -> RunEstimate? {
        if let declared = RunEstimate(declaredBy: definition) { return declared }
        do throws(StoreError) {
            let budgets = try await shared.budgets(ofSession: session)
            guard budgets.contains(where: { $0.dollars != nil }) else { return nil }
        } catch {
            throw EngineError(error)
        }
        let reader = RunReader(store: store, layout: layout)
        return RunEstimate(costs: try await reader.costs(ofRunsOf: definition.name))
    }

    /// Refuses a run that may not start: its session takes no runs, a quota is used up, or it is expected to cost more than
    /// what is left of a budget.
    func admit(_ definition: WorkflowDefinition, _ options: RunOptions) async throws(EngineError) {
        do {
            var quotas = shared.settings.quotas
            if let name = options.session {
                guard let session = try await store.sessions(named: name).first else {
                    throw EngineError(
                        .refused, "there is no session `\(name)`; `flow session new \(name)` makes it")
                }
                guard session.status == .active else {
                    throw EngineError(.refused, "the session `\(name)` is archived: it takes no new runs")
                }
                if let quota = session.limits.quota(of: name) { quotas.append(quota) }
            }
            for quota in quotas { try await check(quota, session: options.session) }
            guard let estimate = options.estimate, !options.ignoresEstimate else { return }
            let now = WallClock.now
            for budget in try await shared.budgets(ofSession: options.session) {
                guard let limit = budget.dollars, budget.onExceed != .warn else { continue }
                let left = Swift.max(.zero, Money(dollars: limit) - (try await store.sums(of: budget, at: now)).money)
                guard estimate.wanted > left else { continue }
                throw EngineError(
                    .refused,
                    "the run may cost \(estimate.wanted) (\(estimate.source.phrase)), and \(left) of \(budget.title) "
                        + "is left (\(Money(dollars: limit))); `--ignore-estimate` starts it all the same")
            }
        } catch let error as EngineError {
            throw error
        } catch let error as StoreError {
            throw EngineError(error)
        } catch {
            throw EngineError(.refused, "\(error)")
        }
    }

    private func check(_ quota: RunQuota, session: String?) async throws {
        var only: String?
        if case .session(let name) = quota.scope {
            guard let session, name == nil || name == session else { return }
            only = session
        }
        let whose = only.map { "the session `\($0)`" } ?? "the project"
        let use = try await RunReader(store: store, layout: layout).use(ofSession: only)
        if let limit = quota.runs, use.runs >= limit {
            throw EngineError(
                .refused, "\(use.runs) runs of \(whose) have not ended, and its quota is \(limit)")
        }
        if let limit = quota.disk, use.disk >= limit {
            throw EngineError(
                .refused,
                "the runs of \(whose) take \(ByteCount(use.disk).description), and its quota is "
                    + "\(ByteCount(limit).description); `flow gc` makes room")
        }
    }
}

extension RunEstimate.Source {
    /// Who says so, in words.
    public var phrase: String {
        switch self {
        case .declared: "as the workflow says"
        case .history: "as earlier runs did"
        }
    }
}

extension RunReader {
    /// What the runs of a session, or of all of the store, take at this moment.
    public func use(ofSession session: String?) async throws(EngineError) -> (runs: Int, disk: Int64) {
        let open: Set<RunStatus> = [.created, .queued, .running, .paused, .waiting]
        var (count, disk) = (0, Int64(0))
        for run in try await runs(RunQuery(limit: .max)) {
            // The inputs of most need not be read.
            guard session != nil || open.contains(run.status) else {
                disk &+= Self.size(of: layout.run(run.id))
                continue
            }
            let options = try await inputs(of: run).1
            guard session == nil || options.session == session else { continue }
            disk &+= Self.size(of: layout.run(run.id))
            if open.contains(run.status), options.parent == nil { count += 1 }
        }
        return (count, disk)
    }

    /// The bytes of the files below a folder; what cannot be read counts for nothing.
    private static func size(of folder: String) -> Int64 {
        var sum: Int64 = 0
        for entry in (try? File.list(folder)) ?? [] {
            let path = FilePath.join(folder, entry.name)
            switch entry.kind {
            case .directory: sum &+= size(of: path)
            case .file: sum &+= Int64((try? File.size(of: path)) ?? 0)
            default: break
            }
        }
        return sum
    }
}
