// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting

/// A run for tests: nodes by name, answers by one call each, the log as text with times from 0.
struct RunMachineRun: ~Copyable {
    private(set) var machine: RunMachine
    private(set) var log: [RecordedEvent] = []
    private(set) var effects: [RunEffect] = []
    private(set) var clock = HandClock(now: Timestamp(milliseconds: 0))
    private let slots: Int
    private let seed: UInt64
    private let approvals: ApprovalPolicy
    private let submitter: String?

    init(
        _ nodes: [NodeDefinition], finally: [NodeDefinition] = [], slots: Int = 2, seed: UInt64 = 0,
        budget: BudgetDefinition? = nil, approvals: ApprovalPolicy = .standard, submitter: String? = nil
    ) throws {
        var definition = WorkflowDefinition(name: "test")
        definition.budget = budget
        definition.nodes = nodes
        definition.finally = finally
        self.slots = slots
        self.seed = seed
        self.approvals = approvals
        self.submitter = submitter
        machine = RunMachine(
            plan: Plan(definition: definition, slotFreeKinds: ["free", "approval", "plan"]), slots: slots, seed: seed,
            emptyResult: .zero, approvals: approvals, submitter: submitter)
        try send(.start(engine: "one"))
    }

    /// What happened, a line a fact.
    var text: String { log.text }

    mutating func send(_ input: RunInput) throws {
        let events = try machine.advance(input, at: clock.now)
        for event in events {
            log.append(RecordedEvent(sequence: Int64(log.count + 1), at: clock.now, event: event))
        }
        let new = machine.takeEffects()
        effects += new
        // Conditions hold unless a test answers by itself.
        for case .prepare(let node) in new where !holdsBack.contains(machine.name(of: node)) {
            guard machine.nodes[node].item >= 0 || machine.definition(of: node).options.foreach == nil else { continue }
            if let gate = machine.gate(before: node) {
                let request = ApprovalRequest(prompt: "may it?", checkpoint: gate.checkpoint)
                try send(.asked(node, approvals.completed(request, submitter: submitter, at: clock.now)))
            } else {
                try send(.prepared(node))
            }
        }
        for case .join(let node) in new { try send(.joined(node, result: .zero)) }
    }

    /// Nodes that the test prepares itself.
    var holdsBack: Set<String> = []

    mutating func wait(_ milliseconds: Int64) { clock.advance(by: Milliseconds(milliseconds)) }

    func node(_ name: String) -> Int { machine.index(of: name) ?? -1 }

    private func attempt(_ name: String) -> Int {
        machine.nodes.indices.contains(node(name)) ? Int(machine.nodes[node(name)].attempt) : 0
    }

    mutating func succeed(_ names: String...) throws {
        for name in names { try send(.succeeded(node(name), attempt: attempt(name), result: .zero)) }
    }

    mutating func fail(_ name: String, _ reason: FailureReason = .exitCode, retryAfter: Int64? = nil) throws {
        let failure = NodeFailure(reason, "failed", retryAfter: retryAfter.map { Milliseconds($0) })
        try send(.failed(node(name), attempt: attempt(name), failure))
    }

    mutating func expand(_ name: String, _ keys: String...) throws {
        try send(.expanded(node(name), keys: keys, items: .zero))
    }

    mutating func wait(_ name: String, for wait: NodeWait) throws {
        try send(.waiting(node(name), attempt: attempt(name), wait))
    }

    mutating func decide(_ name: String, approved: Bool) throws {
        let decision = ApprovalDecision(approved: approved, by: "ann", at: clock.now)
        try send(.decided(node(name), decision, result: .zero))
    }

    /// Answers a question, that of the run without a name.
    mutating func answer(
        _ name: String?, _ resolution: ApprovalDecision.Resolution, by: String = "ann", comment: String? = "why",
        values: JSONObject? = nil, target: String? = nil
    ) throws {
        let decision = ApprovalDecision(
            resolution, by: by, comment: comment, at: clock.now, values: values, target: target)
        if let name {
            try send(.decided(node(name), decision, result: .zero))
        } else {
            try send(.pauseDecided(decision))
        }
    }

    /// What happened since the log had so many facts, without times.
    func lines(after count: Int) -> [String] { log.dropFirst(count).map(\.event.line) }

    /// Begins a call; gives what the machine said to it.
    mutating func call(_ name: String, tokens: Int, dollars: Double = 0) throws -> CallVerdict {
        let call = CallStart(
            kind: .model, name: "m", request: .zero,
            reservation: CallCharge(tokens: tokens, money: Money(dollars: dollars)))
        let verdict = machine.verdict(on: call, of: node(name), attempt: attempt(name))
        try send(.callBegan(node(name), attempt: attempt(name), call))
        return verdict
    }

    mutating func answer(_ name: String, _ index: Int, tokens: Int, dollars: Double = 0) throws {
        let charge = CallCharge(tokens: tokens, money: Money(dollars: dollars))
        try send(.callEnded(node(name), attempt: attempt(name), index: index, CallEnd(reply: .zero, charge: charge)))
    }

    /// Lets the moments come that the machine has asked for, as far as they have.
    mutating func passTime() throws {
        for case .watchTime(let budget, let moment) in effects where moment <= clock.now {
            try send(.timePassed(budget: budget))
        }
    }

    mutating func cancelled(_ name: String) throws { try send(.cancelled(node(name), attempt: attempt(name))) }

    /// The engine ends and another takes the run up from the log.
    mutating func crash() throws {
        machine = RunMachine(
            plan: machine.plan, slots: slots, seed: seed, emptyResult: .zero, approvals: approvals,
            submitter: submitter, history: log)
        effects = machine.takeEffects()
        for (node, state) in machine.nodes.enumerated() where state.isAttemptRunning {
            try send(.interrupted(node, attempt: Int(state.attempt)))
        }
        try send(.start(engine: "two"))
        for case .prepare(let node) in effects where machine.nodes[node].status == .ready { try send(.prepared(node)) }
    }
}

/// A node of kind `run`.
func node(
    _ id: String, kind: String = "run", needs: [String] = [], if conditions: [String: NeedCondition] = [:],
    retry: RetryPolicy? = nil, onFailure: FailurePolicy = .fail, onInterrupt: InterruptPolicy = .rerun,
    foreach: ForeachDefinition.FailureMode? = nil, maxParallel: Int? = nil, priority: Int = 0,
    budget: BudgetDefinition? = nil
) -> NodeDefinition {
    NodeDefinition(
        id: id, kind: kind, needs: needs.map { NeedDefinition(node: $0, condition: conditions[$0] ?? .met) },
        options: NodeOptions(
            retry: retry, onFailure: onFailure, onInterrupt: onInterrupt,
            foreach: foreach.map {
                ForeachDefinition(items: .literal(.array([])), maxParallel: maxParallel, failureMode: $0)
            }, priority: priority, budget: budget))
}
