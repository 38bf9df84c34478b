// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

/// Random workflows, random changes of them: what runs again is what an oracle says that shares no code with the plan.
@Suite struct RerunPlanPropertyTests {
    @Test("What runs again is what can be reached from the seeds", arguments: 0..<10)
    func reachability(_ part: Int) throws {
        var cases = RerunCases(seed: UInt64(part + 1))
        for number in 0..<1000 {
            let one = cases.next()
            let diff = DefinitionDiff(old: one.old, new: one.new)
            let plan = try RerunPlan.make(
                standings: one.standings, new: Plan(definition: one.new), diff: diff, request: one.request)
            let isRight =
                Set(plan.rerun) == one.expected
                && plan.reused.count + plan.rerun.count == one.new.nodes.count + one.new.finally.count
                && Set(plan.decisions.lazy.filter { $0.action == .drop }.map(\.node)) == one.dropped
                && plan.decisions.allSatisfy {
                    $0.action != .reuse || $0.reason == .pinned || $0.result == one.standings[$0.node]?.result
                }
            // Thousands of expectations would take longer than what they are about.
            if !isRight { Issue.record("case \(part)/\(number): \(plan.rerun) instead of \(one.expected)") }
        }
    }
}

/// A case, with what the oracle expects.
struct RerunCase {
    var old: WorkflowDefinition
    var new: WorkflowDefinition
    var standings: [String: NodeStanding] = [:]
    var request = RerunRequest()
    var dropped: Set<String> = []
    var expected: Set<String> = []
}

/// Makes cases and keeps its own book of what was changed in them.
private struct RerunCases {
    var random: SeededGenerator
    var plans: PlanGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        plans = PlanGenerator(seed: seed &* 77, largest: 10)
    }

    mutating func next() -> RerunCase {
        var one = RerunCase(old: plans.plan().definition, new: WorkflowDefinition(name: "new"))
        var seeds: Set<String> = []
        let input = Template.parse("${{ inputs.a }}").0
        var readers: Set<String> = []
        for place in one.old.nodes.indices where random.chance(15) {
            one.old.nodes[place].fields = [TemplateEntry(name: "prompt", template: input)]
            readers.insert(one.old.nodes[place].id)
        }
        one.new = one.old
        remove(&one, &seeds)
        change(&one, &seeds)
        add(&one, &seeds)
        stand(&one, &seeds)
        if random.chance(25) {
            one.request.changedInputs = ["a"]
            seeds.formUnion(readers)
        } else if random.chance(10) {
            one.request.changedInputs = ["b"]
        }
        let names = one.new.nodes.map(\.id)
        for name in names where random.chance(6) {
            one.request.pins.insert(name)
        }
        if !names.isEmpty, random.chance(40) {
            let name = random.pick(names)
            if !one.request.pins.contains(name) {
                one.request.from = [name]
                seeds.insert(name)
            }
        }
        one.expected = expected(one, seeds.union(one.new.finally.map(\.id)))
        return one
    }

    private mutating func remove(_ one: inout RerunCase, _ seeds: inout Set<String>) {
        for node in one.old.nodes where random.chance(7) {
            one.dropped.insert(node.id)
            one.new.nodes.removeAll { $0.id == node.id }
            for place in one.new.nodes.indices where one.new.nodes[place].needs.contains(where: { $0.node == node.id })
            {
                one.new.nodes[place].needs.removeAll { $0.node == node.id }
                seeds.insert(one.new.nodes[place].id)
            }
        }
        seeds.subtract(one.dropped)
    }

    private mutating func change(_ one: inout RerunCase, _ seeds: inout Set<String>) {
        for place in one.new.nodes.indices {
            // Another way of writing is no change.
            one.new.nodes[place].needs.shuffle(using: &random)
            if random.chance(12) {
                one.new.nodes[place].body = .literal(.string("changed"))
                seeds.insert(one.new.nodes[place].id)
            } else if random.chance(12) {
                let old = one.new.nodes[place].options
                one.new.nodes[place].options = NodeOptions(
                    title: "words", retry: RetryPolicy(maxAttempts: 7), timeout: Milliseconds(9), foreach: old.foreach,
                    priority: 5, fallback: old.fallback, repetition: old.repetition)
            }
        }
    }

    private mutating func add(_ one: inout RerunCase, _ seeds: inout Set<String>) {
        for number in 0..<random.below(3) {
            var needs: [NeedDefinition] = []
            if let other = one.new.nodes.randomElement(using: &random) {
                needs.append(NeedDefinition(node: other.id, condition: random.pick(NeedCondition.allCases)))
            }
            one.new.nodes.append(NodeDefinition(id: "added\(number)", kind: "run", needs: needs))
            seeds.insert("added\(number)")
        }
    }

    private mutating func stand(_ one: inout RerunCase, _ seeds: inout Set<String>) {
        // Most runs ended well.
        let trouble = random.pick([0, 0, 5, 30])
        for node in one.old.nodes + one.old.finally {
            if random.chance(trouble / 2) {
                seeds.insert(node.id)
                continue
            }
            let status = random.chance(trouble) ? random.pick(NodeStatus.allCases) : .succeeded
            one.standings[node.id] = NodeStanding(
                status: status, result: Digest(words: (random.next(), 0, 0, 0)),
                duration: Milliseconds(Int64(random.below(1000))))
            if ![.succeeded, .reused, .skipped, .omitted].contains(status) { seeds.insert(node.id) }
        }
        seeds.subtract(one.dropped)
    }

    /// The oracle: the transitive closure of a matrix, made from the needs as they are written.
    private func expected(_ one: RerunCase, _ seeds: Set<String>) -> Set<String> {
        let names = one.new.nodes.map(\.id) + one.new.finally.map(\.id)
        var matrix = [UInt128](repeating: 0, count: names.count)
        precondition(names.count <= 128)
        for group in [one.new.nodes, one.new.finally] {
            for node in group {
                guard let to = names.firstIndex(of: node.id) else { continue }
                for need in node.needs {
                    if let from = names.firstIndex(of: need.node) { matrix[from] |= 1 << UInt128(to) }
                }
            }
        }
        for middle in names.indices {
            for from in names.indices where matrix[from] >> UInt128(middle) & 1 == 1 { matrix[from] |= matrix[middle] }
        }
        var reached: Set<String> = []
        for (place, name) in names.enumerated() where seeds.contains(name) || one.request.pins.contains(name) {
            reached.insert(name)
            for other in names.indices where matrix[place] >> UInt128(other) & 1 == 1 { reached.insert(names[other]) }
        }
        return reached.subtracting(one.request.pins)
    }
}
