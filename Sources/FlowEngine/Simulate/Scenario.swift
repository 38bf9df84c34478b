// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What is set beforehand for one simulated run; all else is left to chance, which the run's number decides.
struct Scenario: Sendable {
    var number: Int
    var random: SimulationRandom
    /// By node, or item of a fan-out.
    var failures: [String: (reason: FailureReason, times: Int)] = [:]
    /// Whether values may be missing, people may say no, and lists may be empty. The first run is tame.
    var isWild: Bool

    /// The scenario of a run. The first goes well. Of the others, every second has one failure that a node may have,
    /// each in turn, and sometimes more; the rest differ in their values only.
    init(_ number: Int, site: SimulationSite, sweep: [InjectedFailure]) {
        self.number = number
        // Far apart, so that neighbouring seeds have no runs in common.
        random = SimulationRandom(
            seed: site.options.seed &* 0x2545_F491_4F6C_DD1D &+ UInt64(number) &* 0x9E6C_63D0_876A)
        isWild = number > 0
        guard site.options.failures.isEmpty else {
            for failure in site.options.failures { add(failure, site) }
            return
        }
        guard number % 2 == 1, !sweep.isEmpty else { return }
        add(sweep[number / 2 % sweep.count], site)
        while random.chance(25) { if let more = random.pick(sweep) { add(more, site) } }
    }

    private mutating func add(_ failure: InjectedFailure, _ site: SimulationSite) {
        let id = String(failure.node.prefix { $0 != "[" })
        let kind = site.plan.index(of: id).map { site.plan.nodes[$0].kind } ?? ""
        let reason = failure.reason ?? InjectedFailure.reasons(ofKind: kind).first ?? .exitCode
        failures[failure.node] = (reason, failure.times ?? .max)
    }

    /// Each failure that each node may have: once, so that a retry heals it, and for good. All nodes have their turn
    /// before one has its second.
    static func sweep(_ site: SimulationSite) -> [InjectedFailure] {
        var rounds: [[InjectedFailure]] = []
        for node in site.plan.nodes where site.kinds[node.kind]?.usesSlot ?? true {
            let policy = node.options.retry
            let named = (policy?.on ?? []).sorted().compactMap(FailureReason.init(rawValue:))
            var reasons = InjectedFailure.reasons(ofKind: node.kind)
            reasons = named + reasons.filter { !named.contains($0) }
            var sweep: [InjectedFailure] = []
            for reason in reasons {
                let most = policy?.maxAttempts ?? 1
                if most > 1, policy?.covers(NodeFailure(reason, "")) == true {
                    sweep.append(InjectedFailure(node: node.id, reason: reason, times: 1))
                    if most > 2 { sweep.append(InjectedFailure(node: node.id, reason: reason, times: most - 1)) }
                }
                sweep.append(InjectedFailure(node: node.id, reason: reason))
            }
            for (round, failure) in sweep.enumerated() {
                if round == rounds.count { rounds.append([]) }
                rounds[round].append(failure)
            }
        }
        var random = SimulationRandom(seed: site.options.seed)
        return rounds.flatMap { $0.shuffled(using: &random) }
    }

    func failure(of name: String, _ id: String) -> (reason: FailureReason, times: Int)? {
        failures[name] ?? failures[id]
    }
}
