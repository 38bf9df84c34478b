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
    private static let back = "run goes back to draft: draft step after"

    /// The table of one mode.
    private struct Rows {
        let mode: ApprovalPolicy.Mode
        var cells: [Cell] = []

        mutating func add(_ resolution: ApprovalDecision.Resolution, _ facts: [String]) {
            cells.append(Cell(mode: mode, resolution: resolution, facts: facts))
        }
    }

    /// What is the same wherever a node is asked about.
    private static func common(_ rows: inout Rows, draft: String, after: String) {
        rows.add(.rejected, ["step rejected by person"] + rejected)
        rows.add(.skip, ["step answered: skip", "step skipped: skipped by ann: why", after])
        rows.add(.abort, ["step answered: abort"] + cancelled("aborted"))
        rows.add(.sendBack, ["step answered: send_back", back, draft])
    }

    private static func before(
        _ mode: ApprovalPolicy.Mode, _ checkpoint: String, draft: String = "draft started #2",
        after: String = "after started #1"
    ) -> [Cell] {
        var rows = Rows(mode: mode)
        common(&rows, draft: draft, after: after)
        rows.add(.approved, ["step approved", "step released", "step started #1"])
        rows.add(.modified, ["step answered: modified", "step released", "step started #1"])
        let asked = "step waits for approval: \(checkpoint)"
        rows.add(.retry, ["step answered: retry", "step released to be asked anew", asked])
        return rows.cells
    }

    private static var gate: [Cell] {
        var rows = Rows(mode: .ask)
        common(&rows, draft: "draft started #2", after: "after started #1")
        rows.add(.approved, ["step approved", "step succeeded", "after started #1"])
        rows.add(.modified, ["step answered: modified", "step succeeded", "after started #1"])
        rows.add(.retry, ["step answered: retry", "step released to be asked anew", "step started #2"])
        return rows.cells
    }

    private static var onError: [Cell] {
        var rows = Rows(mode: .onError)
        common(&rows, draft: "draft started #2", after: "after started #1")
        let omitted = "after omitted: `step` ended as failed"
        rows.add(.approved, ["step approved", "step failed: exit_code", omitted, "run failed: node `step` failed"])
        let again = "step failed: exit_code, again at 0"
        rows.add(.modified, ["step answered: modified", again, "step started #2"])
        rows.add(.retry, ["step answered: retry", again, "step started #2"])
        return rows.cells
    }

    private static var manual: [Cell] {
        var rows = Rows(mode: .manual)
        rows.add(.approved, ["run answered: approved", "run resumed", "step started #1"])
        rows.add(.modified, ["run answered: modified", "run resumed", "step started #1"])
        rows.add(.rejected, ["run answered: rejected"] + cancelled("rejected"))
        rows.add(.abort, ["run answered: abort"] + cancelled("aborted"))
        rows.add(.retry, ["refused: `retry` answers a node, and the run is paused as a whole"])
        rows.add(.skip, ["refused: `skip` answers a node, and the run is paused as a whole"])
        rows.add(.sendBack, ["run answered: send_back", back, "run resumed", "draft started #2"])
        return rows.cells
    }

    /// Nobody is asked, so no answer is taken.
    private static var nobody: [Cell] {
        var rows = Rows(mode: .none)
        for resolution in ApprovalDecision.Resolution.allCases {
            rows.add(resolution, ["refused: no answer is awaited there"])
        }
        return rows.cells
    }

    static let cells: [Cell] = {
        var cells = gate
        cells += nobody
        cells += before(.afterPlanning, "after_planning")
        cells += before(
            .beforeEachStep, "before_step", draft: "draft waits for approval: before_step",
            after: "after waits for approval: before_step")
        cells += onError
        cells += manual
        cells += before(.custom, "custom")
        return cells
    }()

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
        #expect(run.machine.waitsForPeople == true)
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
        default: break
        }
        return run
    }
}
