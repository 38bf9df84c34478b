// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Random plans for a real executor: those of `PlanGenerator`, with what only an executor evaluates: conditions, lists,
/// values of other nodes, time limits, repetition.
struct SimulatedPlan {
    /// What the workflow's expressions see as `inputs`.
    static let inputs: JSONValue = ["list": [1, 2, 3], "none": []]

    let plan: Plan
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed ^ 0x5EED_F0E5)
        var generator = PlanGenerator(seed: seed, largest: 12)
        var definition = generator.plan().definition
        let fallbacks = Set(definition.allNodes.compactMap(\.options.fallback?.node))
        for index in definition.nodes.indices { Self.enrich(&definition.nodes[index], fallbacks, &random) }
        for index in definition.finally.indices { Self.enrich(&definition.finally[index], fallbacks, &random) }
        definition.approvals = random.approvalPolicy()
        plan = Plan(definition: definition, slotFreeKinds: ["free"])
    }

    private static func enrich(
        _ node: inout NodeDefinition, _ fallbacks: Set<String>, _ random: inout SeededGenerator
    ) {
        let old = node.options
        var with: [TemplateEntry] = []
        for need in node.needs {
            with.append(TemplateEntry(name: need.node, template: .reading("nodes.\(need.node).outputs.v ?? 'none'")))
        }
        var repetition: RepeatDefinition?
        if old.repetition != nil, let until = condition("outputs.done") {
            repetition = RepeatDefinition(
                until: until, most: 1 + random.below(3), delay: Milliseconds(Int64(random.pick([0, 5, 5000]))),
                onExhausted: random.chance(50) ? .fail : .continue)
            with.append(TemplateEntry(name: "previous", template: .reading("previous.v ?? 'none'")))
        }
        var foreach = old.foreach
        if foreach != nil {
            let texts = ["inputs.list", "inputs.none", "inputs.list", "inputs.list", "inputs.wrong ?? 7"]
            var text = random.pick(texts)
            if let need = node.needs.first, random.chance(30) {
                text = "nodes.\(need.node).outputs.list ?? inputs.list"
            }
            foreach?.items = .reading(text)
        }
        var when: ConditionDefinition?
        if random.chance(20), !fallbacks.contains(node.id) {
            var texts = ["true", "false", "inputs.list[0] == 1", "attempt"]
            if foreach != nil { texts += ["item != 2", "item_index < 1"] }
            if let need = node.needs.first { texts.append("(nodes.\(need.node).outputs.number ?? 0) < 3") }
            when = condition(random.pick(texts))
        }
        // Most policies say for themselves what they are for; those that do not would hardly ever come to it.
        var retry = old.retry
        if random.chance(70) {
            retry?.on = []
            retry?.unless = []
        }
        node.options = NodeOptions(
            when: when, with: with, retry: retry,
            timeout: random.chance(20) ? Milliseconds(Int64(1 + random.below(20_000))) : nil,
            onFailure: old.onFailure, onInterrupt: old.onInterrupt, foreach: foreach, priority: old.priority,
            fallback: old.fallback, repetition: repetition, demands: old.demands,
            cache: random.chance(15) ? CachePolicy(mode: .global) : .standard, budget: old.budget)
    }

    private static func condition(_ text: String) -> ConditionDefinition? {
        Expression.parse(text).0.map { ConditionDefinition(expression: $0, text: text) }
    }
}

extension Template {
    /// The template `${{ text }}`.
    fileprivate static func reading(_ text: String) -> Template {
        Expression.parse(text).0.map { .expression($0, offset: 0) } ?? .literal(.null)
    }
}
