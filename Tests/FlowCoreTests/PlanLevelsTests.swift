// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

struct PlanLevelsTests {
    private static func plans(_ body: (Plan, UInt64) -> Void) {
        for seed in 0..<300 as Range<UInt64> {
            var generator = PlanGenerator(seed: seed)
            body(generator.plan(), seed)
        }
    }

    /// Needs by searching names in the definition.
    private static func needs(_ node: Int, in plan: Plan) -> [(node: Int, condition: NeedCondition)] {
        plan.nodes[node].needs.compactMap { need in
            plan.nodes.firstIndex { $0.id == need.node }.map { ($0, need.condition) }
        }
    }

    /// All ways from a node against its needs, by brute force: their sets of nodes.
    private static func longest(_ node: Int, in plan: Plan, weight: (Int) -> Double) -> Double {
        weight(node) + (needs(node, in: plan).map { longest($0.node, in: plan, weight: weight) }.max() ?? 0)
    }

    @Test func needsAndSuccessorsAreTheEdgesOfTheDefinition() {
        Self.plans { plan, seed in
            var pairs: Set<[Int]> = []
            for node in plan.nodes.indices {
                let expected = Self.needs(node, in: plan)
                #expect(plan.needs(of: node).map { Int($0.node) } == expected.map(\.node), "seed \(seed)")
                #expect(plan.needs(of: node).map(\.condition) == expected.map(\.condition), "seed \(seed)")
                for need in expected { pairs.insert([need.node, node]) }
                #expect(plan.index(of: plan.nodes[node].id) == node)
            }
            var found: Set<[Int]> = []
            for node in plan.nodes.indices {
                for edge in plan.successors(of: node) {
                    found.insert([node, Int(edge.node)])
                    #expect(
                        plan.needs(of: Int(edge.node)).contains { $0.node == node && $0.condition == edge.condition })
                }
            }
            #expect(found == pairs, "seed \(seed)")
        }
    }

    @Test func theTopologicalOrderHoldsEachNodeOnceAfterItsNeeds() {
        Self.plans { plan, seed in
            let order = plan.topologicalOrder
            #expect(order.sorted() == Array(plan.nodes.indices), "seed \(seed)")
            var seen: Set<Int> = []
            for node in order {
                #expect(plan.needs(of: node).allSatisfy { seen.contains(Int($0.node)) }, "seed \(seed)")
                if node >= plan.finallyStart { #expect(seen.count >= plan.finallyStart) }
                seen.insert(node)
            }
        }
    }

    @Test func levelsAndHeightsAreTheLongestWays() {
        Self.plans { plan, seed in
            guard plan.nodes.count < 20 else { return }
            let levels = plan.levels
            let mains = (0..<plan.finallyStart).map { Int(Self.longest($0, in: plan) { _ in 1 }) - 1 }
            for (level, members) in levels.enumerated() {
                for node in members {
                    let own = Int(Self.longest(node, in: plan) { _ in 1 }) - 1
                    let expected = node < plan.finallyStart ? own : own + (mains.max() ?? -1) + 1
                    #expect(level == expected, "seed \(seed), node \(node)")
                }
            }
            #expect(levels.flatMap { $0 }.sorted() == Array(plan.nodes.indices))
            for node in plan.nodes.indices {
                let behind = plan.nodes.indices.filter { other in
                    Self.needs(other, in: plan).contains { $0.node == node }
                }
                #expect(Int(plan.height[node]) == 1 + (behind.map { Int(plan.height[$0]) }.max() ?? 0))
            }
        }
    }

    @Test func theCriticalPathIsTheHeaviestChain() {
        Self.plans { plan, seed in
            guard plan.nodes.count < 20 else { return }
            for weight in [{ _ in 1 }, { Double(($0 * 7) % 5) }] as [(Int) -> Double] {
                let (path, sum) = plan.criticalPath(weight: weight)
                let best = (0..<plan.finallyStart).map { Self.longest($0, in: plan, weight: weight) }.max() ?? 0
                #expect(sum == best, "seed \(seed)")
                #expect(path.map(weight).reduce(0, +) == best, "seed \(seed)")
                for (node, next) in zip(path, path.dropFirst()) {
                    #expect(plan.needs(of: next).contains { $0.node == node })
                }
            }
        }
    }

    @Test func needsThatNameNothingOrTheOtherPhaseAreLeftOut() {
        var definition = WorkflowDefinition(name: "odd")
        definition.nodes = [
            NodeDefinition(id: "a", kind: "run", needs: [NeedDefinition(node: "z"), NeedDefinition(node: "f")])
        ]
        definition.finally = [NodeDefinition(id: "f", kind: "run", needs: [NeedDefinition(node: "a")])]
        let plan = Plan(definition: definition)
        #expect(plan.needs(of: 0).isEmpty)
        #expect(plan.needs(of: 1).isEmpty)
        #expect(plan.levels == [[0], [1]])
    }

    @Test func anEmptyPlanHasNoLevels() {
        let plan = Plan(definition: WorkflowDefinition(name: "empty"))
        #expect(plan.levels.isEmpty)
        #expect(plan.topologicalOrder.isEmpty)
        #expect(plan.criticalPath().nodes.isEmpty)
    }
}
