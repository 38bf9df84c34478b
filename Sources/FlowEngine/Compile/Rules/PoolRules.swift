// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Checks that pools which nodes name are declared and large enough, and that what must not repeat does not.
struct PoolRules {
    let definition: WorkflowDefinition

    func diagnostics() -> [Diagnostic] {
        var units: [String: PoolDefinition] = [:]
        for pool in definition.pools { units[pool.name] = pool }
        var found: [Diagnostic] = []
        var used: Set<String> = []
        let nodes = definition.allNodes
        for place in nodes.indices where nodes[place].options !== NodeOptions.standard {
            let node = nodes[place]
            for demand in node.options.demands where !demand.pool.contains(":") {
                used.insert(demand.pool)
                guard let pool = units[demand.pool] else {
                    found.append(unknown(demand))
                    continue
                }
                if let units = pool.units, demand.units > units {
                    found.append(
                        Diagnostic(
                            .outOfRange, "the node takes \(demand.units) units, and `\(pool.name)` has \(units)",
                            at: demand.span, related: [Diagnostic.Label(pool.span, "the pool is declared here")],
                            help: ["it would never run: take at most \(units), or make the pool larger"]))
                }
            }
            if let repetition = node.options.repetition, ["approval", "wait", "switch"].contains(node.kind) {
                found.append(
                    Diagnostic(
                        .conflictingKeys, "a node of the kind `\(node.kind)` cannot repeat", at: repetition.until.span,
                        help: ["repeat a sub-workflow that holds it"]))
            }
        }
        return found
    }

    private func unknown(_ demand: PoolDemand) -> Diagnostic {
        var diagnostic = Diagnostic(
            .unknownName, "unknown pool `\(demand.pool)`", at: demand.span, label: "no pool has this name",
            help: ["declare it at the top: `pools: {\(demand.pool): 1}`"])
        if let near = Spelling.nearest(to: demand.pool, among: definition.pools.lazy.map(\.name)) {
            diagnostic.help = ["did you mean `\(near)`?"]
            diagnostic.fixes = [
                .spelling(near, for: demand.pool, among: definition.pools.lazy.map(\.name), at: demand.span)
            ]
        }
        return diagnostic
    }
}
