// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Concurrency groups: runs of one group do not run at the same time. A run that is a part of another one of its group
/// belongs to that one's turn.
extension Engine {
    /// The text that names the group of a run; nil for none.
    func group(of definition: WorkflowDefinition, inputs: JSONObject) throws(EngineError) -> String? {
        guard let group = definition.group else { return nil }
        let scope = RunScope(
            run: "", workflow: definition.name, workflowDirectory: "", inputs: .object(inputs),
            environment: JSONObject(), node: { _ in nil })
        do {
            let text = try group.key.render(in: scope).plainText
            guard !text.isEmpty, text.utf8.count <= 1000 else {
                throw EngineError(
                    .invalidInput, "`concurrency.group` gives a text of \(text.utf8.count) bytes, not 1 to 1000")
            }
            return text
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.invalidInput, "evaluating `concurrency.group`: \(error)")
        }
    }

    /// Does what `on_conflict` says about other runs of the group that have not ended.
    func makeWay(
        in group: String, for conflict: ConcurrencyGroup.Conflict, ancestors: Set<String>
    ) async throws(EngineError) {
        let working = await groups.members(of: group)
        var others = working
        for run in try await unfinishedRuns(of: group) where !others.contains(run) { others.append(run) }
        others.removeAll { ancestors.contains($0) }
        guard let first = others.first else { return }
        switch conflict {
        case .queue:
            // Nobody would ever end it, so waiting for it makes no sense.
            if let idle = others.first(where: { !working.contains($0) }) {
                throw EngineError(
                    .refused,
                    "run \(idle) of the group `\(group)` has not ended, and nobody works on it: "
                        + "`flow resume \(idle)` or `flow cancel \(idle)` first")
            }
        case .fail:
            throw EngineError(.refused, "run \(first) of the group `\(group)` has not ended")
        case .cancel:
            for run in others {
                let reason = "a newer run of the group `\(group)` was started"
                // It may have ended meanwhile.
                try? await send(RunCommand(run: run, by: "concurrency group", request: .cancel(reason: reason)))
                _ = try? await load(run, observer: NoObserver()).final()
            }
        }
    }

    private func unfinishedRuns(of group: String) async throws(EngineError) -> [String] {
        let reader = RunReader(store: store, layout: layout)
        let open: Set<RunStatus> = [.created, .queued, .running, .paused, .waiting, .quarantined]
        var found: [String] = []
        for summary in try await reader.runs(RunQuery(statuses: open, limit: 10_000)) {
            let options = try await reader.inputs(of: summary).1
            if options.group == group { found.append(summary.id) }
        }
        return found
    }

    /// The runs that a run is a part of.
    func ancestors(of parent: String?) async throws(EngineError) -> Set<String> {
        var found: Set<String> = []
        var next = parent
        while let run = next, found.insert(run).inserted {
            next = try await load(run, observer: NoObserver()).site.options.parent
        }
        return found
    }

    /// Starts what an executor has to do, at once or when its group is free.
    func takeUp(_ executor: RunExecutor) async throws(EngineError) {
        let site = executor.site
        guard let group = site.options.group, await executor.isIdle else {
            return await executor.start(engine: configuration.name)
        }
        let members = await groups.members(of: group)
        let ancestors = try await ancestors(of: site.options.parent)
        guard !members.contains(site.run), !members.contains(where: { ancestors.contains($0) }) else {
            if !members.contains(site.run) { await executor.start(engine: configuration.name) }
            return
        }
        await executor.standInLine()
        await groups.join(group, run: site.run)
        let (groups, name) = (groups, configuration.name)
        // Ends with the run or with the engine, which ends all executors one after the other of the line.
        Task.detached {
            await groups.turn(of: site.run, in: group)
            await executor.start(engine: name)
            _ = await executor.final()
            await groups.leave(group, run: site.run)
        }
    }
}
