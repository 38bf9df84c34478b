// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

/// Each mode with each answer: what happens in a run `draft → step → after` that is asked at `step`.
struct ApprovalTableTests {
    /// One cell of the table.
    struct Cell: Sendable, CustomTestStringConvertible {
        var mode: ApprovalPolicy.Mode
        var resolution: ApprovalDecision.Resolution
        /// The facts that follow from the answer, or why it is refused.
        var facts: [String]

        var testDescription: String { "\(mode.rawValue) × \(resolution.rawValue)" }
    }

    private static let rejected = [
        "step failed: rejected", "after omitted: `step` ended as rejected", "run failed: node `step` failed",
    ]
    private static func cancelled(_ verb: String) -> [String] {
        [
            "cancel requested: \(verb) by ann: why", "step cancelled", "after cancelled",
            "run cancelled: \(verb) by ann: why",
        ]
    }
    private static let back = ["step answered: send_back", "run goes back to draft: draft step after"]
    private static let skipped = [
        "step answered: skip", "step skipped: skipped by ann: why", "after started #1",
    ]
    private static let aborted = ["step answered: abort"] + cancelled("aborted")
    private static let nothing = "refused: no answer is awaited there"
    private static let whole = "answers a node, and the run is paused as a whole"

    /// What is the same at all checkpoints before a node.
    private static func before(_ mode: ApprovalPolicy.Mode, _ checkpoint: String, draft: String) -> [Cell] {
        [
            Cell(mode: mode, resolution: .approved, facts: ["step approved", "step released", "step started #1"]),
            Cell(mode: mode, resolution: .rejected, facts: ["step rejected by person"] + rejected),
            Cell(
                mode: mode, resolution: .modified,
                facts: ["step answered: modified", "step released", "step started #1"]),
            Cell(
                mode: mode, resolution: .retry,
                facts: [
                    "step answered: retry", "step released to be asked anew",
                    "step waits for approval: \(checkpoint)",
                ]),
            Cell(mode: mode, resolution: .skip, facts: skipped),
            Cell(mode: mode, resolution: .abort, facts: aborted),
            Cell(mode: mode, resolution: .sendBack, facts: back + [draft]),
        ]
    }

    static let cells: [Cell] =
        [
            Cell(mode: .ask, resolution: .approved, facts: ["step approved", "step succeeded", "after started #1"]),
            Cell(mode: .ask, resolution: .rejected, facts: ["step rejected by person"] + rejected),
            Cell(
                mode: .ask, resolution: .modified,
                facts: ["step answered: modified", "step succeeded", "after started #1"]),
            Cell(
                mode: .ask, resolution: .retry,
                facts: ["step answered: retry", "step released to be asked anew", "step started #2"]),
            Cell(mode: .ask, resolution: .skip, facts: skipped),
            Cell(mode: .ask, resolution: .abort, facts: aborted),
            Cell(mode: .ask, resolution: .sendBack, facts: back + ["draft started #2"]),
        ]
        + ApprovalDecision.Resolution.allCases.map { Cell(mode: .none, resolution: $0, facts: [nothing]) }
        + before(.afterPlanning, "after_planning", draft: "draft started #2")
        + before(.beforeEachStep, "before_step", draft: "draft waits for approval: before_step")
        + [
            Cell(
                mode: .onError, resolution: .approved,
                facts: [
                    "step approved", "step failed: exit_code", "after omitted: `step` ended as failed",
                    "run failed: node `step` failed",
                ]),
            Cell(mode: .onError, resolution: .rejected, facts: ["step rejected by person"] + rejected),
            Cell(
                mode: .onError, resolution: .modified,
                facts: ["step answered: modified", "step failed: exit_code, again at 0", "step started #2"]),
            Cell(
                mode: .onError, resolution: .retry,
                facts: ["step answered: retry", "step failed: exit_code, again at 0", "step started #2"]),
            Cell(mode: .onError, resolution: .skip, facts: skipped),
            Cell(mode: .onError, resolution: .abort, facts: aborted),
            Cell(mode: .onError, resolution: .sendBack, facts: back + ["draft started #2"]),
            Cell(
                mode: .manual, resolution: .approved,
                facts: ["run answered: approved", "run resumed", "step started #1"]),
            Cell(mode: .manual, resolution: .rejected, facts: ["run answered: rejected"] + cancelled("rejected")),
            Cell(
                mode: .manual, resolution: .modified,
                facts: ["run answered: modified", "run resumed", "step started #1"]),
            Cell(mode: .manual, resolution: .retry, facts: ["refused: `retry` \(whole)"]),
            Cell(mode: .manual, resolution: .skip, facts: ["refused: `skip` \(whole)"]),
            Cell(mode: .manual, resolution: .abort, facts: ["run answered: abort"] + cancelled("aborted")),
            Cell(
                mode: .manual, resolution: .sendBack,
                facts: [
                    "run answered: send_back", "run goes back to draft: draft step after", "run resumed",
                    "draft started #2",
                ]),
        ]
        + before(.custom, "custom", draft: "draft started #2")

    @Test("There is a cell for each mode and answer")
    func complete() {
        let names = Set(Self.cells.map(\.testDescription))
        #expect(names.count == ApprovalPolicy.Mode.allCases.count * ApprovalDecision.Resolution.allCases.count)
        #expect(names.count == Self.cells.count)
    }

    @Test("Mode × answer", arguments: cells)
    func cell(_ cell: Cell) throws {
        var run = try Self.asked(cell.mode)
        let count = run.log.count
        do {
            try run.answer(
                cell.mode == .manual ? nil : "step", cell.resolution,
                target: cell.resolution == .sendBack ? "draft" : nil)
            for case .wake(let node, let moment) in run.effects where moment <= run.clock.now {
                try run.send(.woken(node))
            }
            #expect(run.lines(after: count) == cell.facts)
        } catch let error as RunError {
            #expect(["refused: \(error.message)"] == cell.facts)
            #expect(run.log.count == count, "a refused answer leaves no trace")
        }
        // What comes of it is the same for an engine that takes the run up from its log.
        let statuses = run.machine.nodes.map(\.status)
        let again = RunMachine(
            plan: run.machine.plan, slots: 2, emptyResult: .zero, approvals: run.machine.approvals, history: run.log)
        #expect(again.nodes.map(\.status) == statuses)
        #expect(again.feedback(for: run.node("step")) == run.machine.feedback(for: run.node("step")))
    }

    @Test(
        "Nothing of the step runs before the answer, whatever else comes",
        arguments: [
            ApprovalPolicy.Mode.afterPlanning, .beforeEachStep, .custom,
        ])
    func enforced(_ mode: ApprovalPolicy.Mode) throws {
        var run = try Self.asked(mode)
        let count = run.log.count
        let step = run.node("step")
        for input in [
            RunInput.prepared(step), .succeeded(step, attempt: 0, result: .zero), .woken(step), .start(engine: "other"),
        ] {
            try run.send(input)
        }
        try run.crash()
        #expect(run.machine.nodes[step].status == .waiting)
        #expect(run.machine.waitsForPeople)
        #expect(!run.lines(after: count).contains { $0.hasPrefix("step") })
    }

    /// A run at the checkpoint of a mode.
    static func asked(_ mode: ApprovalPolicy.Mode) throws -> RunMachineRun {
        var policy = ApprovalPolicy(mode: mode)
        if mode == .custom { policy.rules = [ApprovalPolicy.Rule(at: .custom, nodes: [NamePattern("st*")])] }
        let kind = mode == .ask ? "approval" : mode == .afterPlanning ? "plan" : "run"
        var run = try RunMachineRun(
            [node("draft"), node("step", kind: kind, needs: ["draft"]), node("after", needs: ["step"])],
            approvals: policy)
        if mode == .beforeEachStep { try run.answer("draft", .approved) }
        if mode == .manual { try run.send(.pause(by: "ann")) }
        try run.succeed("draft")
        switch mode {
        case .ask: try run.wait("step", for: .approval(ApprovalRequest(prompt: "may it?")))
        case .onError: try run.fail("step")
        case .beforeEachStep:
            // What follows is not asked about here.
            break
        default: break
        }
        return run
    }
}
