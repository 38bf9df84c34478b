// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// Starts the runs of sub-workflows. Made before the engine, which needs the kinds, and connected to it after.
final class SubworkflowStarter: Sendable {
    private struct Link { weak var engine: Engine? }
    private let link = Mutex(Link())
    /// The most runs that a run may be a part of.
    private static let deepest = 16

    func connect(_ engine: Engine) { link.withLock { $0.engine = engine } }

    /// The engine, while there is one.
    var engine: Engine? { link.withLock { $0.engine } }

    /// Starts the child run of an attempt, or finds the one that a lost attempt had started already: its id is
    /// derived from the node's idempotency key.
    func start(path: String, context: NodeContext) async -> NodeOutcome {
        await start(context) { engine, agents throws(NodeFailureError) in
            do throws(FileError) {
                return try engine.loader.load(path, agentFolders: agents)
            } catch {
                throw NodeFailureError(failure: NodeFailure(.badData, "reading the workflow: \(error)"))
            }
        }
    }

    /// Starts the run of nodes that were planned at run time.
    func start(planned text: JSONObject, context: NodeContext) async -> NodeOutcome {
        await start(context) { engine, agents throws(NodeFailureError) in
            let source = WorkflowSource(
                name: "plan of \(context.node)", bytes: JSONValue.object(text).jsonBytes(.pretty),
                directory: context.workflowDirectory,
                readFile: { try? File.read($0, limit: WorkflowLoader.largestFile) })
            return engine.loader.load(source, entry: "plan.json", agentFolders: agents)
        }
    }

    private func start(
        _ context: NodeContext, load: (Engine, [String]) throws(NodeFailureError) -> LoadedWorkflow
    ) async -> NodeOutcome {
        guard let engine = link.withLock({ $0.engine }) else {
            return .failed(NodeFailure(.unavailable, "no engine is there to run the workflow"))
        }
        let child = RunIdentifier.derived(from: context.idempotencyKey)
        do throws(EngineError) {
            if try await engine.exists(child) {
                try await engine.resume(child)
                return .waiting(.run(child))
            }
            let workflow: LoadedWorkflow
            do throws(NodeFailureError) {
                workflow = try load(
                    engine, [FilePath.join(context.workflowDirectory, SourceBundle.agentFolder)])
            } catch {
                return .failed(error.failure)
            }
            guard let plan = workflow.compilation.plan else { return .failed(Self.faults(of: workflow)) }
            let binding = InputBinder(inputs: plan.definition.inputs).bind(context.with)
            guard let inputs = binding.values else {
                let problems = binding.problems.map(\.message).joined(separator: "; ")
                return .failed(NodeFailure(.badData, "the workflow's inputs do not fit: \(problems)"))
            }
            var options = RunOptions(approval: context.approvesAll ? .none : .ask)
            options.parent = context.run
            options.parentNode = context.node
            let parent = try await engine.load(context.run, observer: NoObserver()).site
            // What is said of when to ask holds for the parts of a run too.
            if !context.approvesAll, parent.approvals.mode != .ask { options.policy = parent.approvals }
            options.startedBy = parent.options.startedBy
            options.feedback = context.feedback
            options.depth = parent.options.depth + 1
            options.session = parent.options.session
            if let tape = parent.tape {
                guard let recorded = tape.child(of: context.node) else {
                    return .failed(
                        NodeFailure(.tape, "the tape of run \(tape.run) has no run for the sub-workflow of the node"))
                }
                options.tape = recorded
            }
            guard options.depth <= Self.deepest else {
                return .failed(
                    NodeFailure(.child, "sub-workflows lie more than \(Self.deepest) deep in each other"))
            }
            _ = try await engine.start(workflow, inputs: inputs, options: options, id: child)
            return .waiting(.run(child))
        } catch {
            return .failed(NodeFailure(error.store == nil ? .child : .storage, error.description))
        }
    }

    /// All faults of a workflow that cannot run: the first in the message, all of them as the excerpt.
    private static func faults(of workflow: LoadedWorkflow) -> NodeFailure {
        let (sources, found) = (workflow.compilation.sources, workflow.compilation.diagnostics)
        let errors = found.filter { $0.severity == .error }
        let lines = errors.prefix(20).map { "\(sources.place(of: $0.span)): \($0.code): \($0.message)" }
        return NodeFailure(
            .badData,
            "the workflow has \(errors.count == 1 ? "a fault" : "\(errors.count) faults"): \(lines.first ?? "")",
            excerpt: lines.joined(separator: "\n"))
    }
}

/// The child runs of an engine's runs.
struct EngineChildRuns: ChildRuns {
    weak let engine: Engine?

    func standings(of run: String) async -> AsyncStream<RunStanding> {
        do throws(EngineError) {
            if let engine {
                let executor = try await engine.load(run, observer: NoObserver())
                if executor.site.missingSecret == nil { try await engine.takeUp(executor) }
                return await executor.standings()
            }
        } catch {
            // `outcome` meets the same error and tells it.
        }
        return AsyncStream { $0.finish() }
    }

    func outcome(of run: String) async -> ChildOutcome {
        guard let engine else { return .stopped }
        do throws(EngineError) {
            let executor = try await engine.watched(run)
            if let missing = executor.site.missingSecret, await executor.machine.ended == nil { throw missing }
            switch await executor.final() {
            case .ended(.succeeded, let reason):
                return .ended(.succeeded, NodeRecord(outputs: try await engine.outputs(of: run)), reason: reason)
            case .ended(let status, let reason): return .ended(status, .empty, reason: reason)
            case .storeFailed(let error): return .storeFailed(error)
            case .waiting, .paused, .stopped: return .stopped
            }
        } catch {
            if let store = error.store { return .storeFailed(store) }
            return engine.isClosed ? .stopped : .failed(error.description)
        }
    }

    func cancel(_ run: String) async {
        try? await engine?.send(RunCommand(run: run, by: "parent run", request: .cancel(reason: "parent cancelled")))
    }
}
