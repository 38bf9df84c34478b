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
        for _ in 0..<(world.chance(30) ? 1 + world.below(3) : 0) { await call(in: context) }
        let answer = await world.hold(.attempt(node: context.node, attempt: context.attempt), epoch: epoch)
        guard case .outcome(let outcome) = answer else { return .failed(NodeFailure(.interrupted, "killed")) }
        return world.noteEnd(of: context, outcome, epoch: epoch)
    }

    /// A call that takes some time and mostly costs less than was set aside for it.
    private func call(in context: NodeContext) async {
        let most = world.below(60)
        let intent = CallIntent(
            kind: .model, name: "m",
            request: ["node": .string(context.node), "number": .integer(Int64(world.below(5)))],
            reservation: CallCharge(tokens: most, money: Money(dollars: Double(most) / 100)))
        let (delay, cost) = (Int64(world.below(500)), world.below(most + 1))
        _ = try? await context.calls.perform(intent) {
            world.noteCall(of: context, epoch: epoch)
            _ = await world.hold(.sleep, epoch: epoch, for: delay)
            return CallOutcome(
                reply: ["cost": .integer(Int64(cost))],
                charge: CallCharge(tokens: cost, money: Money(dollars: Double(cost) / 100)))
        }
    }
}

/// The kind of nodes that need no slot: their answer is a part of the run's next batch.
struct SimulatedQuestion: InstantKind {
    let name = "free"
    let summary = "A simulated question, wait or sub-workflow."
    let body = FieldType.any
    let world: ExecutorWorld
    let epoch: Int

    func outcome(_ context: NodeContext) -> NodeOutcome { world.inlineOutcome(of: context) }
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
