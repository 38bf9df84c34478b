// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

extension RunExecutor {
    /// Starts an attempt beside the loop; its outcome comes back as an arrival.
    func startAttempt(_ node: Int, attempt: Int) async {
        let definition = definition(of: node)
        guard let kind = site.kinds[definition.kind] else {
            let failure = NodeFailure(.unavailable, "this engine has no kind `\(definition.kind)`")
            send(.input(.failed(node, attempt: attempt, failure)))
            return
        }
        if let missing = missingResource(of: node) {
            send(.input(.failed(node, attempt: attempt, missing)))
            return
        }
        let context: NodeContext
        let files: [UsedFile]
        do {
            context = try await self.context(of: node, attempt: attempt)
            files = try await usedFiles(of: node)
        } catch let error as StoreError {
            fail(error)
            return
        } catch {
            send(.input(.failed(node, attempt: attempt, failure(of: error, doing: "rendering the node's values"))))
            return
        }
        // The engine may have begun to end while values were read.
        guard !isStopping, stopReason == nil else { return }
        let job = NodeAttempt(site: site, kind: kind, context: context, files: files)
        // The task is kept in `attempts` and awaited by `stop`; it always sends exactly one arrival.
        attempts[node] = Task.detached(executorPreference: site.tasks) { [weak self] in
            let outcome = await job.run()
            await self?.attemptEnded(node, attempt: attempt, outcome)
        }
    }

    private func attemptEnded(_ node: Int, attempt: Int, _ outcome: NodeAttempt.Outcome) {
        attempts[node] = nil
        // After a failure of the store nothing is taken in; who waits for the last attempt is told.
        guard stopReason == nil else { return settle() }
        switch outcome {
        case .storeFailed(let error): fail(error)
        case .succeeded(let record): send(.succeeded(node: node, attempt: attempt, record: record))
        // While the engine ends, an attempt fails because it is ended: `stop` records it as interrupted.
        case .failed where isStopping: break
        case .failed(let failure): send(.input(.failed(node, attempt: attempt, failure)))
        case .waiting(let wait): send(.input(.waiting(node, attempt: attempt, wait)))
        }
    }

    /// Waits for the run of a sub-workflow beside the loop.
    func watch(_ child: String, for node: Int) async {
        let children = site.children
        // Ends with the child's run or with the engine, which ends all executors.
        Task.detached(executorPreference: site.tasks) { [weak self] in
            for await standing in await children.standings(of: child) {
                await self?.childStands(node, child: child, standing)
            }
            let outcome = await children.outcome(of: child)
            await self?.childEnded(node, child: child, outcome)
        }
    }

    private func isAwaited(_ child: String, at node: Int) -> Bool {
        if case .run(child) = machine.waits[node] { true } else { false }
    }

    /// Whether the cancellation of the run is one of this node: what runs at the end goes on in spite of it.
    private func isCancelledWithRun(_ node: Int) -> Bool {
        machine.cancellation != nil && Int(machine.nodes[node].planNode) < site.plan.finallyStart
    }

    private func childStands(_ node: Int, child: String, _ standing: RunStanding) {
        guard isAwaited(child, at: node) else { return }
        if case .waiting(let nodes) = standing { blockedChildren[node] = nodes } else { blockedChildren[node] = nil }
        settle()
    }

    private func childEnded(_ node: Int, child: String, _ outcome: ChildOutcome) {
        guard isAwaited(child, at: node) else { return }
        blockedChildren[node] = nil
        switch outcome {
        // The engine ends: the child is found again when the run is resumed.
        case .stopped: break
        case .storeFailed(let error): fail(error)
        case .failed(let reason):
            cancelling.remove(node)
            send(.input(.childEnded(node, result: nil, failure: NodeFailure(.child, reason))))
        case .ended(.succeeded, let record, _): send(.childSucceeded(node: node, record: record))
        case .ended(.cancelled, _, _) where isCancelledWithRun(node) || cancelling.contains(node):
            cancelling.remove(node)
            send(.input(.childEnded(node, result: nil, failure: nil)))
        case .ended(let status, _, let reason):
            cancelling.remove(node)
            let text = "run \(child) \(status.rawValue)\(reason.map { ": \($0)" } ?? "")"
            send(.input(.childEnded(node, result: nil, failure: NodeFailure(.child, text))))
        }
    }
}
