// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

/// A step costs the node and its neighbours. The limits are wide: they find squares, not slow machines.
@Suite(.serialized)
struct RunMachineCostTests {
    enum Shape: CaseIterable { case independent, chain, fanOut, narrowFanOut, approvals }

    /// Drives a run of `count` nodes, all of which succeed, and gives the time of one node.
    private static func nanoseconds(_ shape: Shape, count: Int) throws -> Double {
        var definition = WorkflowDefinition(name: "cost")
        switch shape {
        case .independent, .approvals: definition.nodes = (0..<count).map { node("n\($0)") }
        case .chain: definition.nodes = (0..<count).map { node("n\($0)", needs: $0 == 0 ? [] : ["n\($0 - 1)"]) }
        case .fanOut: definition.nodes = [node("each", foreach: .continue)]
        case .narrowFanOut: definition.nodes = [node("each", foreach: .continue, maxParallel: 4)]
        }
        let plan = Plan(definition: definition)
        let keys = (0..<count).map { "k\($0)" }
        let now = Timestamp(milliseconds: 0)
        let question = NodeWait.approval(ApprovalRequest(prompt: "?"))
        let decision = ApprovalDecision(approved: true, by: "ann", at: now)
        let clock = ContinuousClock()
        let begin = clock.now
        var machine = RunMachine(plan: plan, slots: shape == .approvals ? count : 8, emptyResult: .zero)
        _ = try machine.advance(.start(engine: "one"), at: now)
        var log = 0
        while machine.ended == nil {
            let effects = machine.takeEffects()
            for effect in effects {
                let input: RunInput
                switch effect {
                case .prepare(let node) where plan.nodes[0].options.foreach != nil && node == 0:
                    input = .expanded(0, keys: keys, items: .zero)
                case .prepare(let node): input = .prepared(node)
                case .run(let node, let attempt) where shape == .approvals:
                    input = .waiting(node, attempt: attempt, question)
                case .run(let node, let attempt): input = .succeeded(node, attempt: attempt, result: .zero)
                case .join(let node): input = .joined(node, result: .zero)
                default: continue
                }
                log += try machine.advance(input, at: now).count
                _ = machine.waitsForPeople
            }
            guard effects.isEmpty else { continue }
            guard machine.waitsForPeople else { break }
            for node in 0..<count {
                log += try machine.advance(.decided(node, decision, result: .zero), at: now).count
                _ = machine.waitsForPeople
            }
        }
        #expect(machine.ended?.status == .succeeded)
        #expect(log >= 2 * count)
        let time = begin.duration(to: clock.now).components
        return (Double(time.seconds) * 1e9 + Double(time.attoseconds) / 1e9) / Double(count)
    }

    @Test(arguments: Shape.allCases)
    func tenTimesTheNodesCostAboutTenTimesTheTime(shape: Shape) throws {
        #if DEBUG
            let (small, large, best) = (1000, 10_000, 3)
        #else
            let (small, large, best) = (10_000, 100_000, 3)
        #endif
        // The best of a few on a machine that does other things as well.
        var few = Double.infinity
        var many = Double.infinity
        for _ in 0..<best {
            few = Swift.min(few, try Self.nanoseconds(shape, count: small))
            many = Swift.min(many, try Self.nanoseconds(shape, count: large))
        }
        #if !DEBUG
            print("\(shape): \(Int(few)) ns a node of \(small), \(Int(many)) ns a node of \(large)")
        #endif
        #expect(many < 6 * few, "\(shape): \(few) ns a node of \(small), \(many) ns a node of \(large)")
    }
}
