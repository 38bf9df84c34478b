// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// An event on one line.
enum EventText {
    /// Place, time, type, node, and the facts that matter to people.
    static func line(_ recorded: RecordedEvent) -> String {
        let event = recorded.event
        var words = [String(recorded.sequence), recorded.at.iso8601, event.typeName]
        if let node = event.node { words.append(node) }
        let facts = facts(of: event)
        if !facts.isEmpty { words.append(facts) }
        return words.joined(separator: "  ")
    }

    private static func facts(of event: RunEvent) -> String {
        switch event {
        case .runCreated(let workflow, _, _): workflow
        case .runDerived(let parent, _): "from \(parent)"
        case .runStarted(let engine): engine
        case .runPaused(let by), .runResumed(let by): "by \(by)"
        case .cancelRequested(let by, let reason): "by \(by): \(oneLine(reason))"
        case .runEnded(let status, let reason): status.rawValue + (reason.map { ": \(oneLine($0))" } ?? "")
        case .nodeExpanded(_, let keys, _): "\(keys.count) items"
        case .nodeStarted(_, let attempt), .nodeInterrupted(_, let attempt): "attempt \(attempt)"
        case .nodeSucceeded(_, let attempt, let result): "attempt \(attempt), result \(result.hex.prefix(12))"
        case .nodeRepeated(_, let attempt, _, let moment): "attempt \(attempt), again at \(moment.iso8601)"
        case .nodeFailed(_, let attempt, let failure, let retryAt):
            "attempt \(attempt), \(failure.reason.rawValue): \(oneLine(failure.message))"
                + (retryAt.map { ", again at \($0.iso8601)" } ?? "")
        case .nodeWaiting(_, _, .until(let moment)): "until \(moment.iso8601)"
        case .nodeWaiting(_, _, .approval(let request)): "for an answer: \(oneLine(request.prompt))"
        case .nodeWaiting(_, _, .run(let run)): "for run \(run)"
        case .approvalDecided(_, let decision):
            "\(decision.resolution.rawValue) by \(decision.by)" + (decision.comment.map { ": \(oneLine($0))" } ?? "")
        case .pauseDecided(let decision):
            "\(decision.resolution.rawValue) by \(decision.by)" + (decision.comment.map { ": \(oneLine($0))" } ?? "")
        case .nodeReleased(_, let opens): opens ? "goes on" : "is asked about anew"
        case .runRewound(let rewind):
            "to \(rewind.target) by \(rewind.by): \(rewind.nodes.joined(separator: " "))"
        case .pauseAsked(let request): oneLine(request.prompt)
        case .intervened(_, let intervention): oneLine(Self.text(of: intervention))
        case .nodeFingerprinted(_, let fingerprint): String(fingerprint.hex.prefix(12))
        case .nodeReused(_, let origin, let result):
            "from \(origin.node) of run \(origin.run), result \(result.hex.prefix(12))"
        case .nodeSkipped(_, let reason), .nodeOmitted(_, let reason): oneLine(reason)
        case .nodeCancelled: ""
        case .callStarted(_, let attempt, let index, let call):
            "attempt \(attempt), call \(index): \(call.kind.rawValue) \(call.name)"
        case .callEnded(_, let attempt, let index, let end):
            "attempt \(attempt), call \(index): \(end.failed ? "failed" : "answered"), \(end.charge.tokens) tokens, "
                + (end.isTaped ? "from the tape" : end.charge.isPriced ? end.charge.money.description : "price unknown")
        case .budgetReached(_, let measure, let percent): "\(percent) % of \(measure.rawValue)"
        case .budgetExceeded(_, let reason): oneLine(reason)
        case .sharedBudget(_, _, _, let reason?): oneLine(reason)
        case .sharedBudget(let name, let measure, let percent, nil): "\(name): \(percent) % of \(measure.rawValue)"
        }
    }

    /// A change of a node in words.
    static func text(of intervention: Intervention) -> String {
        let what =
            switch intervention.action {
            case .redirect(let change), .modify(let change): JSONValue.object(change).jsonText(.compact)
            case .pin(let result): "its result is \(result.hex.prefix(12))"
            case .inject(let text): text
            }
        return "\(intervention.name) by \(intervention.by): \(what.prefix(300))"
    }

    private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}

extension RecordedEvent {
    /// The event as an object, with its run and place.
    func json(of run: String) -> JSONObject {
        var object = JSONObject()
        object["run"] = .string(run)
        object["sequence"] = .integer(sequence)
        object["at"] = .string(at.iso8601)
        for member in event.json.objectValue ?? JSONObject() { object[member.key] = member.value }
        return object
    }
}
