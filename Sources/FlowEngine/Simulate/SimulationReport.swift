// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What the simulated runs of a workflow did.
public struct SimulationReport: Sendable {
    /// The least and the greatest of something over all runs, and that of the run that goes well.
    public struct Range<Value: Comparable & Sendable>: Sendable {
        public var typical: Value
        public var least: Value
        public var most: Value
        /// The run with the greatest.
        public var run = 0

        mutating func take(_ value: Value, of run: Int) {
            if value < least { least = value }
            if value > most { (most, self.run) = (value, run) }
        }

        static func note(_ range: inout Range?, _ value: Value, of run: Int) {
            if range == nil { range = Range(typical: value, least: value, most: value, run: run) }
            range?.take(value, of: run)
        }
    }

    /// A node on the longest chain of a run.
    public struct Step: Sendable {
        public var node: String
        /// From the start of the run.
        public var start: Milliseconds
        public var time: Milliseconds
    }

    /// What became of a node.
    public struct Node: Sendable {
        public var id: String
        public var kind: String
        /// In how many runs it ended as what.
        public var statuses: [NodeStatus: Int] = [:]
        /// Attempts in a run in which it ran; of a fan-out those of one item.
        public var attempts: Range<Int>?
        /// The attempts that its retry policy allows.
        public var mostAttempts: Int
        /// From its start to its end, waits and retries included.
        public var time: Range<Milliseconds>?
        /// Items of a fan-out.
        public var items: Range<Int>?
        public var tokens: Range<Int64>?
        var hasCondition: Bool
        var isRetried = false
        var isApproval: Bool
    }

    /// How runs ended, in how many, and the first of these.
    public struct End: Sendable {
        public var status: String
        public var count: Int
        public var first: Int
    }

    public var workflow: String
    public var seed: UInt64
    public var slots: Int
    public var runs = 0
    public var ends: [End] = []
    public var time: Range<Milliseconds>?
    public var parallel: Range<Int>?
    /// Only where agents are.
    public var tokens: Range<Int64>?
    /// Only where nodes have an estimate of cost.
    public var usd: Range<Double>?
    /// The longest chain of the run that goes well.
    public var criticalPath: [Step] = []
    /// That of the run that takes longest.
    public var slowestPath: [Step] = []
    public var nodes: [Node]
    /// What no run did.
    public var gaps: [String] = []
    /// What must never be, by run.
    public var violations: [(run: Int, text: String)] = []

    /// Whether all runs ended and nothing was wrong.
    public var isSound: Bool { violations.isEmpty }

    init(_ site: SimulationSite) {
        workflow = site.plan.definition.name
        seed = site.options.seed
        slots = site.slots
        nodes = site.plan.nodes.map {
            Node(
                id: $0.id, kind: $0.kind, mostAttempts: $0.options.retry?.maxAttempts ?? 1,
                hasCondition: $0.options.when != nil, isApproval: $0.kind == "approval")
        }
    }

    // MARK: Runs

    mutating func take(_ run: borrowing SimulatedRun) {
        let number = run.scenario.number
        runs += 1
        let status = run.machine.ended?.status.rawValue ?? "endless"
        if let place = ends.firstIndex(where: { $0.status == status }) {
            ends[place].count += 1
        } else {
            ends.append(End(status: status, count: 1, first: number))
        }
        let time = run.now.since(SimulatedRun.origin)
        let isSlowest = self.time.map { time > $0.most } ?? true
        Range.note(&self.time, time, of: number)
        Range.note(&parallel, run.widest, of: number)
        if number == 0 || isSlowest {
            let path = Self.path(run)
            if number == 0 { criticalPath = path }
            if isSlowest { slowestPath = path }
        }
        var tokens: Int64 = 0
        var usd = 0.0
        for (index, state) in run.machine.nodes.enumerated() {
            let fact = run.facts[index] ?? SimulatedRun.Fact()
            let node = Int(state.planNode)
            tokens += fact.tokens
            usd += fact.usd
            if fact.attempts > 0 { Range.note(&nodes[node].attempts, fact.attempts, of: number) }
            if fact.tokens > 0 { Range.note(&nodes[node].tokens, fact.tokens, of: number) }
            if fact.attempts > 1 { nodes[node].isRetried = true }
            guard state.item < 0 else { continue }
            nodes[node].statuses[state.status, default: 0] += 1
            if let items = run.machine.items(of: index) { Range.note(&nodes[node].items, items.count, of: number) }
            if let start = fact.start, let end = fact.end {
                Range.note(&nodes[node].time, end.since(start), of: number)
            }
        }
        if tokens > 0 || self.tokens != nil { Range.note(&self.tokens, tokens, of: number) }
        if usd > 0 || self.usd != nil { Range.note(&self.usd, usd, of: number) }
        for text in run.violations.prefix(20) where violations.count < 100 { violations.append((number, text)) }
    }

    /// From the node that ended last backwards: each time to the need that ended last.
    private static func path(_ run: borrowing SimulatedRun) -> [Step] {
        let plan = run.site.plan
        func end(_ node: Int) -> Timestamp { run.facts[node]?.end ?? SimulatedRun.origin }
        func last(_ nodes: some Sequence<Int>) -> Int? { nodes.max { (end($0), $1) < (end($1), $0) } }
        var steps: [Step] = []
        var node = last(plan.nodes.indices)
        var visited: Set<Int> = []
        while let current = node, visited.insert(current).inserted {
            if let start = run.facts[current]?.start {
                steps.append(
                    Step(
                        node: plan.nodes[current].id, start: start.since(SimulatedRun.origin),
                        time: end(current).since(start)))
            }
            node = last(plan.needs(of: current).map { Int($0.node) })
            if node == nil, current >= plan.finallyStart { node = last(0..<plan.finallyStart) }
        }
        return steps.reversed()
    }

    // MARK: The end

    /// Finds what no run did.
    mutating func close(_ site: SimulationSite) {
        ends.sort { ($1.count, $0.status) < ($0.count, $1.status) }
        for node in nodes {
            let didRun = node.time != nil && node.statuses.contains { $0.key != .skipped && $0.key != .omitted }
            if !didRun {
                let statuses = node.statuses.sorted { $0.key.rawValue < $1.key.rawValue }
                gaps.append(
                    "`\(node.id)` never ran: "
                        + statuses.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "))
                continue
            }
            if node.statuses[.succeeded] == nil { gaps.append("`\(node.id)` never succeeded") }
            if node.hasCondition, node.statuses[.skipped] == nil, node.items == nil {
                gaps.append("the `when` of `\(node.id)` was never false")
            }
            if node.mostAttempts > 1, !node.isRetried { gaps.append("`\(node.id)` was never tried again") }
            if node.isApproval, node.statuses[.rejected] == nil { gaps.append("`\(node.id)` was never rejected") }
        }
    }
}
