// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine

/// The kind of nodes whose attempts last until the simulation ends them, on time, late, or after they were asked to end.
struct SimulatedProgram: NodeKind {
    let name = "run"
    let summary = "A simulated program."
    let body = FieldType.any
    let world: ExecutorWorld
    let epoch: Int

    func run(_ context: NodeContext) async -> NodeOutcome {
        guard world.noteStart(of: context, epoch: epoch) else { return .failed(NodeFailure(.interrupted, "killed")) }
        if world.defect == .startsTwice { _ = world.noteStart(of: context, epoch: epoch) }
        let answer = await world.hold(.attempt(node: context.node, attempt: context.attempt), epoch: epoch)
        guard case .outcome(let outcome) = answer else { return .failed(NodeFailure(.interrupted, "killed")) }
        return world.noteEnd(of: context, outcome, epoch: epoch)
    }
}

/// The kind of nodes that need no slot: their answer is a part of the run's next batch.
struct SimulatedQuestion: NodeKind {
    let name = "free"
    let summary = "A simulated question, wait or sub-workflow."
    let body = FieldType.any
    let usesSlot = false
    let world: ExecutorWorld
    let epoch: Int

    func run(_ context: NodeContext) async -> NodeOutcome { world.inlineOutcome(of: context) }
}

/// The sub-workflows of a simulated run; they outlive its process.
struct SimulatedChildren: StandaloneChildren {
    let world: ExecutorWorld
    let epoch: Int

    func isBlocked(_ run: String) async -> Bool { world.chance(20) }

    func end(of run: String) async -> RunStatus? {
        if case .child(let status) = await world.hold(.child(run), epoch: epoch) { status } else { nil }
    }

    func cancel(_ run: String) async { world.cancelChild(run) }
}
