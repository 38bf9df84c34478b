// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

/// Calls that the run of a sub-workflow makes, in the machine of the run above it.
struct RunMachinePartTests {
    private static let part = CallStart(
        kind: .part, name: "child", request: .zero, reservation: CallCharge(tokens: 60))

    private static func started() throws -> RunMachine {
        var definition = WorkflowDefinition(name: "w")
        definition.budget = BudgetDefinition(tokens: 100)
        definition.nodes = [NodeDefinition(id: "a", kind: "x")]
        var machine = RunMachine(plan: Plan(definition: definition), slots: 1, emptyResult: .zero)
        let now = Timestamp(milliseconds: 1)
        _ = try machine.advance(.start(engine: "e"), at: now)
        _ = try machine.advance(.prepared(0), at: now)
        return machine
    }

    @Test func theyGoOnWhileTheNodeWaits() throws {
        let now = Timestamp(milliseconds: 2)
        var machine = try Self.started()
        _ = try machine.advance(.callBegan(0, attempt: 1, Self.part), at: now)
        _ = try machine.advance(.waiting(0, attempt: 1, .run("child")), at: now)
        // The end of the attempt is not the end of the part.
        #expect(machine.calls.reserved.tokens == 60)
        #expect(machine.calls.openParts.map(\.number) == [1])
        #expect(machine.verdict(on: Self.part, of: 0, attempt: 1) == .waits)
        let own = CallStart(kind: .model, name: "m", request: .zero)
        #expect(machine.verdict(on: own, of: 0, attempt: 1) == .stale)
        let end = CallEnd(reply: .zero, charge: CallCharge(tokens: 5))
        _ = try machine.advance(.callEnded(0, attempt: 1, index: 1, end), at: now)
        #expect(machine.calls.spent.tokens == 5)
        #expect(machine.verdict(on: Self.part, of: 0, attempt: 1) == .admitted(index: 2))
        _ = try machine.advance(.callBegan(0, attempt: 1, Self.part), at: now)
        _ = try machine.advance(.childEnded(0, result: .zero, failure: nil), at: now)
        // Of a part whose node has ended nothing is heard any more.
        #expect(machine.calls.spent.tokens == 65)
        #expect(machine.calls.openCount == 0)
        #expect(machine.verdict(on: Self.part, of: 0, attempt: 1) == .stale)
    }

    @Test func aCrashLeavesThemOpen() throws {
        let now = Timestamp(milliseconds: 2)
        var machine = try Self.started()
        _ = try machine.advance(.callBegan(0, attempt: 1, Self.part), at: now)
        _ = try machine.advance(.interrupted(0, attempt: 1), at: now)
        #expect(machine.calls.reserved.tokens == 60)
        #expect(machine.takesParts(0) == true)
    }
}
