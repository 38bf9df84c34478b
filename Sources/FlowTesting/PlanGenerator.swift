// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Makes random plans that use all that the run machine knows: need conditions, policies, fan-outs, `finally`,
/// kinds that need no slot, priorities.
public struct PlanGenerator: Sendable {
    private var random: SeededGenerator
    private let largest: Int

    /// The plans of a seed, with up to `largest` main nodes each, now and then five times as many.
    public init(seed: UInt64, largest: Int = 12) {
        random = SeededGenerator(seed: seed)
        self.largest = largest
    }

    /// The next plan.
    public mutating func plan() -> Plan {
        var definition = WorkflowDefinition(name: "generated")
        // A few plans without any node, or with `finally` alone.
        let count = random.chance(3) ? 0 : 1 + random.below(random.chance(5) ? 5 * largest : largest)
        definition.nodes = nodes(count, prefix: "n")
        definition.finally = random.chance(40) ? nodes(1 + random.below(3), prefix: "f") : []
        definition.budget = random.chance(15) ? budget() : nil
        definition.pools = [PoolDefinition(name: "p", units: 3), PoolDefinition(name: "q", units: 1)]
        return Plan(definition: definition, slotFreeKinds: ["free"])
    }

    /// Nodes in random order of writing: a need may name a node that stands further down.
    private mutating func nodes(_ count: Int, prefix: String) -> [NodeDefinition] {
        var order = Array(0..<count)
        if random.chance(30) { order.shuffle(using: &random) }
        // Some graphs are dense, some hardly have an edge.
        let density = random.pick([0, 1, 1, 2, 2, 4])
        var nodes: [NodeDefinition] = []
        var rescuers: [(node: Int, name: String)] = []
        for place in order.indices {
            var needs: [NeedDefinition] = []
            var named: Set<Int> = []
            for _ in 0..<(place == 0 ? 0 : random.below(density + 1)) {
                let other = order[random.below(place)]
                guard named.insert(other).inserted else { continue }
                let condition = random.chance(50) ? .met : random.pick(NeedCondition.allCases)
                needs.append(NeedDefinition(node: "\(prefix)\(other)", condition: condition))
            }
            // A node that stands in needs nothing but the one that failed; nodes further on may need both.
            var fallback: FallbackDefinition?
            if random.chance(10) {
                fallback = FallbackDefinition(node: "\(prefix)r\(order[place])")
                rescuers.append((order[place], "\(prefix)r\(order[place])"))
            } else if let rescuer = rescuers.last, random.chance(20), rescuer.node != order[place] {
                needs.append(
                    NeedDefinition(node: rescuer.name, condition: random.pick(NeedCondition.allCases)))
            }
            nodes.append(
                NodeDefinition(
                    id: "\(prefix)\(order[place])", kind: random.chance(20) ? "free" : "run", needs: needs,
                    options: options(fallback)))
        }
        for (node, name) in rescuers {
            nodes.append(
                NodeDefinition(
                    id: name, kind: "run", needs: [NeedDefinition(node: "\(prefix)\(node)", condition: .failed)],
                    options: options()))
        }
        return nodes.sorted { $0.id.count == $1.id.count ? $0.id < $1.id : $0.id.count < $1.id.count }
    }

    private mutating func options(_ fallback: FallbackDefinition? = nil) -> NodeOptions {
        NodeOptions(
            retry: random.chance(40) ? retry() : nil,
            onFailure: random.chance(60) ? .fail : random.pick(FailurePolicy.allCases),
            onInterrupt: random.chance(75) ? .rerun : .fail,
            foreach: random.chance(15) ? foreach() : nil,
            priority: random.chance(30) ? random.below(5) - 2 : 0, fallback: fallback,
            repetition: random.chance(10) ? repetition : nil, demands: random.chance(20) ? demands() : [],
            budget: random.chance(15) ? budget() : nil)
    }

    /// Without a limit in time: what time alone brings about is no answer of the world.
    private mutating func budget() -> BudgetDefinition {
        BudgetDefinition(
            dollars: random.chance(40) ? Double(random.below(30)) / 10 : nil,
            tokens: random.chance(70) ? random.below(300) : nil, warnAt: random.pick([0.8, 0.5, 0.33, 1]),
            onExceed: random.pick(BudgetDefinition.Excess.allCases))
    }

    /// When it ends is for the world to say.
    private var repetition: RepeatDefinition? {
        Expression.parse("true").0.map {
            RepeatDefinition(until: ConditionDefinition(expression: $0, text: "true"), most: 3)
        }
    }

    private mutating func demands() -> [PoolDemand] {
        let names = random.pick([["p"], ["q"], ["p", "q"], ["mutex:m"], ["q", "mutex:m"]])
        return names.map { PoolDemand(pool: $0, units: $0 == "p" ? 1 + random.below(4) : 1) }
    }

    private mutating func retry() -> RetryPolicy {
        RetryPolicy(
            maxAttempts: 1 + random.below(4), delay: Milliseconds(Int64(random.pick([0, 1, 10, 1000]))),
            factor: random.pick([1, 1.5, 2, 10]), maxDelay: Milliseconds(Int64(random.pick([0, 50, 5000]))),
            jitter: random.pick([0, 0, 0.3, 1]),
            maxTotal: random.chance(25) ? Milliseconds(Int64(random.below(4000))) : nil,
            on: random.chance(30) ? ["timeout", "exit_code", "child", "rejected"] : [],
            unless: random.chance(20) ? ["timeout"] : [])
    }

    private mutating func foreach() -> ForeachDefinition {
        ForeachDefinition(
            items: .literal(.array([])), maxParallel: random.chance(60) ? 1 + random.below(3) : nil,
            failureMode: random.pick(ForeachDefinition.FailureMode.allCases),
            shape: random.chance(20) ? .samples(leastAgreement: 0) : .list)
    }
}
