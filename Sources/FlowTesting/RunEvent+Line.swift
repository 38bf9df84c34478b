// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension RunEvent {
    /// The fact in one short line, for logs that people compare.
    public var line: String {
        switch self {
        case .runCreated(let workflow, _, _): "run created: \(workflow)"
        case .runDerived(let parent, _): "run derived from \(parent)"
        case .runStarted(let engine): "run started: \(engine)"
        case .runPaused: "run paused"
        case .runResumed: "run resumed"
        case .cancelRequested(_, let reason): "cancel requested: \(reason)"
        case .runEnded(let status, let reason): "run \(status.rawValue)\(reason.map { ": \($0)" } ?? "")"
        case .nodeExpanded(let node, let keys, _): "\(node) expanded: \(keys.joined(separator: " "))"
        case .nodeStarted(let node, let attempt): "\(node) started #\(attempt)"
        case .nodeSucceeded(let node, _, _): "\(node) succeeded"
        case .nodeRepeated(let node, _, _, let moment): "\(node) again at \(moment.milliseconds)"
        case .nodeFailed(let node, _, let failure, let retryAt):
            "\(node) failed: \(failure.reason.rawValue)\(retryAt.map { ", again at \($0.milliseconds)" } ?? "")"
        case .nodeWaiting(let node, _, .until(let moment)): "\(node) waits until \(moment.milliseconds)"
        case .nodeWaiting(let node, _, .approval(let request)):
            request.checkpoint == .gate
                ? "\(node) waits for approval" : "\(node) waits for approval: \(request.checkpoint.rawValue)"
        case .nodeWaiting(let node, _, .run(let run)): "\(node) waits for run \(run)"
        case .approvalDecided(let node, let decision):
            switch decision.resolution {
            case .approved: "\(node) approved"
            case .rejected: "\(node) rejected by person"
            default: "\(node) answered: \(decision.resolution.rawValue)"
            }
        case .nodeReleased(let node, let opens): "\(node) released\(opens ? "" : " to be asked anew")"
        case .runRewound(let rewind): "run goes back to \(rewind.target): \(rewind.nodes.joined(separator: " "))"
        case .pauseAsked: "run asks whether to go on"
        case .pauseDecided(let decision): "run answered: \(decision.resolution.rawValue)"
        case .intervened(let node, let intervention): "\(node) changed: \(intervention.name)"
        case .nodeFingerprinted(let node, _): "\(node) fingerprinted"
        case .nodeReused(let node, let origin, _): "\(node) reused from \(origin.run)"
        case .nodeSkipped(let node, let reason): "\(node) skipped: \(reason)"
        case .nodeOmitted(let node, let reason): "\(node) omitted: \(reason)"
        case .nodeCancelled(let node): "\(node) cancelled"
        case .nodeInterrupted(let node, let attempt): "\(node) interrupted #\(attempt)"
        case .callStarted(let node, let attempt, let index, let call):
            "\(node) #\(attempt) calls \(call.name) (\(index)), at most \(call.reservation.tokens)"
        case .callEnded(let node, let attempt, let index, let end):
            "\(node) #\(attempt) is answered (\(index)) for \(end.charge.tokens)"
        case .budgetReached(let node, let measure, let percent):
            "budget of \(node ?? "the run"): \(percent) % of \(measure.rawValue)"
        case .budgetExceeded(let node, let reason): "budget of \(node ?? "the run") is over: \(reason)"
        case .sharedBudget(let name, let measure, let percent, let reason):
            "budget of \(name): \(percent) % of \(measure.rawValue)\(reason.map { ", \($0)" } ?? "")"
        }
    }
}

extension Sequence where Element == RecordedEvent {
    /// The log as text, a line an event: its time in milliseconds and what happened.
    public var text: String { map { "\($0.at.milliseconds) \($0.event.line)\n" }.joined() }
}
