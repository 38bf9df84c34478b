// SPDX-License-Identifier: Apache-2.0

/// What a derived run would do with each node, and why: made before anything happens.
public struct RerunPlan: Sendable, Hashable {
    /// What becomes of a node.
    public enum Action: String, Sendable, Hashable, CaseIterable {
        /// Its result is taken over, or it is pinned.
        case reuse
        /// It runs.
        case run
        /// The new workflow does not have it.
        case drop
        /// It asks a person again.
        case ask
    }

    /// Why.
    public enum Reason: Sendable, Hashable {
        /// A person named it.
        case asked
        /// The old workflow does not have it.
        case new
        /// The parts of its definition that differ.
        case changed([String])
        /// The inputs that it reads and that have other values.
        case readsInput([String])
        /// It had not ended well, or at all, in the old run.
        case notEnded(NodeStatus)
        /// The node before it that runs again or is pinned.
        case follows(String)
        /// It belongs to `finally`.
        case always
        case pinned
        /// Nothing that it depends on differs.
        case unchanged
        /// It was skipped or omitted, and nothing that decided on that differs.
        case stillOut(NodeStatus)
        /// It keeps its result although it would run again: for what else it would have run.
        indirect case stale(Reason)
        case removed

        /// The reason in a few words.
        public var text: String {
            switch self {
            case .asked: "asked for"
            case .new: "new"
            case .changed(let parts): "changed: \(Self.list(parts))"
            case .readsInput(let names): "reads \(Self.list(names.map { "inputs.\($0)" }))"
            case .notEnded(.pending), .notEnded(.ready): "had not run"
            case .notEnded(let status): "was \(status.rawValue)"
            case .follows(let node): "after \(node)"
            case .always: "finally"
            case .pinned: "pinned"
            case .unchanged: "unchanged"
            case .stillOut(let status): "was \(status.rawValue), still is"
            case .stale(let reason): "kept as it was; stale: \(reason.text)"
            case .removed: "not in the workflow any more"
            }
        }

        /// A stable word for programs.
        public var code: String {
            switch self {
            case .asked: "asked"
            case .new: "new"
            case .changed: "changed"
            case .readsInput: "reads_input"
            case .notEnded: "not_ended"
            case .follows: "follows"
            case .always: "finally"
            case .pinned: "pinned"
            case .unchanged: "unchanged"
            case .stillOut: "still_out"
            case .stale: "stale"
            case .removed: "removed"
            }
        }

        private static func list(_ names: [String]) -> String {
            names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
        }
    }

    /// The decision on a node.
    public struct Decision: Sendable, Hashable {
        public var node: String
        public var action: Action
        public var reason: Reason
        /// How the node stood in the old run; nil if that did not come to it.
        public var standing: NodeStatus?
        /// The digest of the result that is taken over.
        public var result: Digest?
        /// The time that the node took in the old run.
        public var duration: Milliseconds?
        public var effects: EffectClass
        /// Whether an effect on the world that the old run may have had would come again.
        public var repeatsEffect: Bool
        /// Whether it is spared if its `cache` finds a result of the same when its turn comes.
        public var mayBeSpared = false
    }

    /// The nodes in the order of the new plan, then those that are dropped.
    public private(set) var decisions: [Decision] = []
    /// How long the nodes that run would take at least, by the times of the old run: the longest chain of them.
    public private(set) var expectedTime = Milliseconds.zero

    /// The nodes that are taken over or pinned.
    public var reused: [String] { decisions.filter { $0.action == .reuse }.map(\.node) }
    /// The nodes that run or ask again.
    public var rerun: [String] { decisions.filter { $0.action == .run || $0.action == .ask }.map(\.node) }
    /// The nodes whose effects on the world would come again.
    public var repeatedEffects: [String] { decisions.filter { $0.repeatsEffect }.map(\.node) }

    /// What the plan says, without times and words: two plans that would do the same have equal texts in canonical style.
    public var canonical: JSONValue {
        .array(
            decisions.map { decision in
                let what = decision.reason == .pinned ? "pin" : decision.action.rawValue
                return .string(
                    "\(decision.node) \(what) \(decision.standing?.rawValue ?? "-") \(decision.result?.hex ?? "-")")
            })
    }

    /// Plans a re-run. It takes time in proportion to the nodes and needs of the new plan.
    ///
    /// - Parameters:
    ///   - standings: the nodes of the old run by name; a node that is not there had not begun.
    ///   - diff: in what the workflow of `new` differs from that of the old run.
    public static func make(
        standings: [String: NodeStanding], new: Plan, diff: DefinitionDiff, request: RerunRequest
    ) throws(RerunError) -> RerunPlan {
        for (option, names) in [
            ("from", request.from), ("only", request.only), ("pin", request.pins.sorted()),
        ] {
            for name in names where new.index(of: name) == nil { throw unknown(name, option, new) }
        }
        if let name = (request.from + request.only).first(where: { request.pins.contains($0) }) {
            throw RerunError(
                .conflict, "`\(name)` is to run and is pinned", help: ["a pinned node does not run; leave one of them"])
        }
        if let name = request.pins.sorted().first(where: { new.index(of: $0).map { $0 >= new.finallyStart } ?? false })
        {
            throw RerunError(.conflict, "`\(name)` belongs to `finally`, which always runs: it cannot be pinned")
        }
        var planner = RerunMarks(standings: standings, plan: new, diff: diff, request: request)
        planner.mark()
        var plan = RerunPlan()
        plan.decisions.reserveCapacity(new.nodes.count)
        for index in new.nodes.indices { plan.decisions.append(planner.decision(on: index)) }
        for name in diff.removed {
            plan.decisions.append(
                Decision(
                    node: name, action: .drop, reason: .removed, standing: standings[name]?.status,
                    duration: standings[name]?.duration, effects: .none, repeatsEffect: false))
        }
        let times = plan.decisions.prefix(new.nodes.count).map { decision in
            decision.action == .run ? Double(decision.duration?.count ?? 0) : 0
        }
        var time = new.criticalPath { times[$0] }.weight
        // `finally` begins when all else has ended; its nodes hardly ever wait for each other.
        time += times[new.finallyStart...].max() ?? 0
        plan.expectedTime = Milliseconds(Int64(exactly: time.rounded()) ?? 0)
        return plan
    }

    private static func unknown(_ name: String, _ option: String, _ plan: Plan) -> RerunError {
        let near = Spelling.nearest(to: name, among: plan.nodes.lazy.map(\.id))
        return RerunError(
            .unknownNode, "--\(option): there is no node `\(name)` in `\(plan.definition.name)`",
            help: near.map { ["did you mean `\($0)`?"] } ?? ["`flow plan` lists the nodes"])
    }
}

/// Finds what runs again: the seeds, and all that is reachable from them.
private struct RerunMarks {
    let standings: [String: NodeStanding]
    let plan: Plan
    let request: RerunRequest
    private let added: Set<String>
    private let changed: [String: [String]]
    private let asked: Set<String>
    private let pinned: Set<Int>
    private let isLimited: Bool
    /// Why each node runs, or, where it is limited to some, would run.
    private var reasons: [RerunPlan.Reason?]

    init(standings: [String: NodeStanding], plan: Plan, diff: DefinitionDiff, request: RerunRequest) {
        self.standings = standings
        self.plan = plan
        self.request = request
        added = Set(diff.added)
        changed = Dictionary(
            diff.changed.filter(\.isEssential).map { change in
                (change.node, change.changes.filter(\.isEssential).map(\.part))
            }, uniquingKeysWith: { first, _ in first })
        asked = Set(request.from + request.only)
        pinned = Set(request.pins.compactMap { plan.index(of: $0) })
        isLimited = !request.only.isEmpty
        reasons = Array(repeating: nil, count: plan.nodes.count)
    }

    /// Breadth first from the seeds, in the order of the plan: each node and each need is looked at once.
    mutating func mark() {
        var queue: [Int] = []
        for index in plan.nodes.indices {
            if pinned.contains(index) {
                reasons[index] = .pinned
            } else if let reason = seedReason(index) {
                reasons[index] = reason
            } else {
                continue
            }
            queue.append(index)
        }
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for edge in plan.successors(of: node) where reasons[Int(edge.node)] == nil {
                reasons[Int(edge.node)] = .follows(plan.nodes[node].id)
                queue.append(Int(edge.node))
            }
        }
    }

    /// Why a node runs again by itself; nil if it does not.
    private func seedReason(_ index: Int) -> RerunPlan.Reason? {
        let node = plan.nodes[index]
        if asked.contains(node.id) { return .asked }
        let standing = standings[node.id]
        if added.contains(node.id) { return .new }
        if !request.failedOnly, let reason = differenceReason(node) { return reason }
        guard let standing, standing.canBeReused else { return .notEnded(standing?.status ?? .pending) }
        return index >= plan.finallyStart ? .always : nil
    }

    /// In what a node or an input that it reads differs.
    private func differenceReason(_ node: NodeDefinition) -> RerunPlan.Reason? {
        if let parts = changed[node.id] { return .changed(parts) }
        if request.changedInputs.isEmpty { return nil }
        let read = NodeReads(of: node, in: plan.definition).inputs(among: request.changedInputs)
        return read.isEmpty ? nil : .readsInput(read)
    }

    /// Whether a node runs although only others were asked for: there is nothing that could be taken over of it.
    private func mustRun(_ index: Int) -> Bool {
        let name = plan.nodes[index].id
        return asked.contains(name) || index >= plan.finallyStart || standings[name]?.canBeReused != true
    }

    func decision(on index: Int) -> RerunPlan.Decision {
        let node = plan.nodes[index]
        let standing = standings[node.id]
        var action = RerunPlan.Action.reuse
        let reason: RerunPlan.Reason
        switch reasons[index] {
        case nil:
            if request.failedOnly, let why = differenceReason(node) {
                reason = .stale(why)
            } else if let status = standing?.status, [.skipped, .omitted].contains(status) {
                reason = .stillOut(status)
            } else {
                reason = .unchanged
            }
        case .pinned?: reason = .pinned
        case let why? where isLimited && !mustRun(index): reason = .stale(why)
        case let why?:
            reason = why
            action = node.kind == "approval" ? .ask : .run
        }
        let runs = action != .reuse
        var decision = RerunPlan.Decision(
            node: node.id, action: action, reason: reason, standing: standing?.status,
            result: runs || reason == .pinned ? nil : standing?.result, duration: standing?.duration,
            effects: node.options.effects,
            repeatsEffect: runs && node.options.effects == .external && standing?.mayHaveRun == true)
        decision.mayBeSpared = action == .run && !asked.contains(node.id) && node.reusePolicy != nil
        return decision
    }
}
