// SPDX-License-Identifier: Apache-2.0

public import FlowEngine

extension RunStoreConformance {
    /// Text that a careless store does not keep: quotes, line ends, a NUL, two forms of one letter, an emoji.
    static let awkward =
        "\"'\\ \n\r\t\0 \u{E9} e\u{301} \u{1F469}\u{200D}\u{1F4BB} \u{FEFF}\u{FFFF} %s ?1 ${{x}} </script>"

    /// Events of every case, with and without what is optional, and with awkward texts.
    public static var sampleEvents: [RunEvent] {
        let show: JSONValue = [
            "number": 1.5, "whole": -9_223_372_036_854_775_807, "none": .null, "list": [1, "two", [:], []],
            "deep": deepValue(levels: 40), "\(awkward)": .string(awkward),
        ]
        let failures = FailureReason.allCases.map { reason in
            RunEvent.nodeFailed(node: "n", attempt: 2, failure: NodeFailure(reason, "it failed"), retryAt: nil)
        }
        let statuses = RunStatus.allCases.map { RunEvent.runEnded($0, reason: nil) }
        return failures + statuses + [
            .runCreated(workflow: "wf", source: digest(0), inputs: digest(255)),
            .runStarted(engine: "flow 1 (pid 1)"), .runPaused(by: "ann"), .runResumed(by: awkward),
            .cancelRequested(by: "bob", reason: awkward), .cancelRequested(by: "", reason: ""),
            .runEnded(.failed, reason: "node `n` failed"),
            .nodeExpanded(node: "each", keys: [], items: digest),
            .nodeExpanded(node: "each", keys: ["a", awkward, ""], items: digest),
            .nodeStarted(node: awkward, attempt: 1), .nodeStarted(node: "", attempt: 0),
            .nodeStarted(node: "n", attempt: .max),
            .nodeSucceeded(node: "each[a]", attempt: 3, result: digest),
            .nodeFailed(
                node: "n", attempt: 1,
                failure: NodeFailure(
                    .exitCode, awkward, excerpt: awkward, exitCode: -1, retryAfter: Milliseconds(1500)),
                retryAt: Timestamp(milliseconds: 1_700_000_000_000)),
            .nodeWaiting(node: "n", attempt: 1, wait: .until(Timestamp(milliseconds: -1))),
            .nodeWaiting(node: "n", attempt: 1, wait: .run("child")),
            .nodeWaiting(
                node: "n", attempt: 1,
                wait: .approval(
                    ApprovalRequest(
                        prompt: awkward, show: show.objectValue ?? JSONObject(), deadline: Timestamp(milliseconds: 5),
                        onDeadline: .fail))),
            .nodeWaiting(node: "n", attempt: 1, wait: .approval(ApprovalRequest(prompt: "go on?"))),
            .approvalDecided(
                node: "n",
                decision: ApprovalDecision(
                    approved: true, by: "ann", comment: awkward, at: Timestamp(milliseconds: .max))),
            .approvalDecided(
                node: "n", decision: ApprovalDecision(approved: false, by: "", at: Timestamp(milliseconds: .min))),
            .approvalDecided(
                node: "n",
                decision: ApprovalDecision(
                    .sendBack, by: awkward, comment: awkward, at: Timestamp(milliseconds: 3),
                    values: show.objectValue, target: awkward, evidence: digest(9))),
            .nodeWaiting(
                node: "n", attempt: 2,
                wait: .approval(
                    ApprovalRequest(
                        prompt: "", onDeadline: .skip, checkpoint: .tool, form: show.objectValue ?? JSONObject(),
                        approvers: ["ann", awkward], barred: ["bob"], quorum: 3, requiresFeedback: true,
                        rewindTo: "m", failure: NodeFailure(.budget, awkward), call: awkward))),
            .nodeReleased(node: "n", opens: true), .nodeReleased(node: awkward, opens: false),
            .runRewound(RunRewind(target: "m", nodes: ["m", awkward], by: "ann", feedback: awkward)),
            .runRewound(RunRewind(target: "", nodes: [], by: "")),
            .pauseAsked(ApprovalRequest(prompt: awkward, checkpoint: .manualPause)),
            .pauseDecided(ApprovalDecision(.abort, by: "ann", at: Timestamp(milliseconds: 0))),
            .intervened(node: "n", Intervention(.redirect(show.objectValue ?? JSONObject()), by: awkward)),
            .intervened(node: "n", Intervention(.modify(JSONObject()), by: "", comment: awkward)),
            .intervened(node: "n", Intervention(.pin(digest), by: "ann")),
            .intervened(node: "n", Intervention(.inject(awkward), by: "ann")),
            .nodeFingerprinted(node: awkward, fingerprint: digest(9)),
            .nodeReused(node: awkward, from: NodeOrigin(run: awkward, node: awkward), result: digest),
            .nodeSkipped(node: "n", reason: awkward), .nodeOmitted(node: "n", reason: ""),
            .nodeCancelled(node: "n"), .nodeInterrupted(node: "n", attempt: 7),
        ] + callEvents
    }

    /// Calls and budgets.
    private static var callEvents: [RunEvent] {
        [
            .callStarted(
                node: awkward, attempt: 2, index: 1,
                call: CallStart(
                    kind: .model, name: awkward, request: digest(7),
                    reservation: CallCharge(tokens: .max, money: Money(picodollars: .max)))),
            .callStarted(
                node: "n", attempt: 1, index: .max,
                call: CallStart(
                    kind: .tool, name: "", request: digest, reservation: CallCharge(tokens: 5, isPriced: false))),
            .callEnded(node: awkward, attempt: 2, index: 1, end: CallEnd(reply: digest(8))),
            .callEnded(
                node: "n", attempt: 1, index: .max,
                end: CallEnd(
                    reply: digest, failed: true, answeredBy: awkward, provider: awkward,
                    usage: ModelUsage(
                        promptTokens: 1, completionTokens: 2, cachedTokens: 3, reasoningTokens: 4, estimated: true),
                    charge: CallCharge(tokens: 3, money: Money(picodollars: 1), isPriced: false),
                    latency: Milliseconds(99), isTaped: true)),
            .budgetReached(node: nil, measure: .dollars, percent: 50),
            .budgetReached(node: "n", measure: .time, percent: 100),
            .budgetExceeded(node: nil, reason: awkward), .budgetExceeded(node: "", reason: ""),
            .sharedBudget(name: awkward, measure: .calls, percent: .max, reason: nil),
            .sharedBudget(name: "", measure: .dollars, percent: 0, reason: awkward),
            .callStarted(
                node: "n", attempt: 1, index: 3, call: CallStart(kind: .part, name: "run", request: digest)),
        ]
    }

    private static func deepValue(levels: Int) -> JSONValue {
        levels == 0 ? "bottom" : ["d": deepValue(levels: levels - 1)]
    }
}
