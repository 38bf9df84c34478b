// SPDX-License-Identifier: Apache-2.0

extension RunEvent {
    /// The name of the event's type in the log; never changed once released.
    public var typeName: String {
        switch self {
        case .runCreated: "run_created"
        case .runDerived: "run_derived"
        case .runStarted: "run_started"
        case .runPaused: "run_paused"
        case .runResumed: "run_resumed"
        case .cancelRequested: "cancel_requested"
        case .runEnded: "run_ended"
        case .nodeExpanded: "node_expanded"
        case .nodeStarted: "node_started"
        case .nodeSucceeded: "node_succeeded"
        case .nodeRepeated: "node_repeated"
        case .nodeFailed: "node_failed"
        case .nodeWaiting: "node_waiting"
        case .approvalDecided: "approval_decided"
        case .nodeReleased: "node_released"
        case .runRewound: "run_rewound"
        case .pauseAsked: "pause_asked"
        case .pauseDecided: "pause_decided"
        case .intervened: "intervened"
        case .nodeFingerprinted: "node_fingerprinted"
        case .nodeReused: "node_reused"
        case .nodeSkipped: "node_skipped"
        case .nodeOmitted: "node_omitted"
        case .nodeCancelled: "node_cancelled"
        case .nodeInterrupted: "node_interrupted"
        case .callStarted: "call_started"
        case .callEnded: "call_ended"
        case .budgetReached: "budget_reached"
        case .budgetExceeded: "budget_exceeded"
        case .sharedBudget: "shared_budget"
        }
    }

    /// The event as JSON: `type`, then the facts.
    public var json: JSONValue {
        var object = JSONObject()
        object["type"] = .string(typeName)
        if let node { object["node"] = .string(node) }
        switch self {
        case .runCreated(let workflow, let source, let inputs):
            object["workflow"] = .string(workflow)
            object["source"] = .string(source.hex)
            object["inputs"] = .string(inputs.hex)
        case .runDerived(let parent, let derivation):
            object["parent"] = .string(parent)
            object["derivation"] = .string(derivation.hex)
        case .runStarted(let engine): object["engine"] = .string(engine)
        case .runPaused(let by), .runResumed(let by): object["by"] = .string(by)
        case .cancelRequested(let by, let reason):
            object["by"] = .string(by)
            object["reason"] = .string(reason)
        case .runEnded(let status, let reason):
            object["status"] = .string(status.rawValue)
            object["reason"] = reason.map { .string($0) }
        case .nodeExpanded(_, let keys, let items):
            object["keys"] = .array(keys.map { .string($0) })
            object["items"] = .string(items.hex)
        case .nodeStarted(_, let attempt), .nodeInterrupted(_, let attempt):
            object["attempt"] = .integer(Int64(attempt))
        case .nodeSucceeded(_, let attempt, let result):
            object["attempt"] = .integer(Int64(attempt))
            object["result"] = .string(result.hex)
        case .nodeRepeated(_, let attempt, let result, let moment):
            object["attempt"] = .integer(Int64(attempt))
            object["result"] = .string(result.hex)
            object["next_at"] = .integer(moment.milliseconds)
        case .nodeFailed(_, let attempt, let failure, let retryAt):
            object["attempt"] = .integer(Int64(attempt))
            object["failure"] = failure.json
            object["retry_at"] = retryAt.map { .integer($0.milliseconds) }
        case .nodeWaiting(_, let attempt, let wait):
            object["attempt"] = .integer(Int64(attempt))
            object["wait"] = wait.json
        case .approvalDecided(_, let decision), .pauseDecided(let decision): object["decision"] = decision.json
        case .nodeReleased(_, let opens): object["opens"] = .bool(opens)
        case .runRewound(let rewind):
            object["target"] = .string(rewind.target)
            object["nodes"] = .array(rewind.nodes.map { .string($0) })
            object["by"] = .string(rewind.by)
            object["feedback"] = rewind.feedback.map { .string($0) }
        case .pauseAsked(let request): object["approval"] = request.json
        case .intervened(_, let intervention): object["intervention"] = intervention.json
        case .nodeFingerprinted(_, let fingerprint): object["fingerprint"] = .string(fingerprint.hex)
        case .nodeReused(_, let origin, let result):
            object["from"] = ["run": .string(origin.run), "node": .string(origin.node)]
            object["result"] = .string(result.hex)
        case .nodeSkipped(_, let reason), .nodeOmitted(_, let reason): object["reason"] = .string(reason)
        case .nodeCancelled: break
        case .callStarted(_, let attempt, let index, let call):
            object["attempt"] = .integer(Int64(attempt))
            object["index"] = .integer(Int64(index))
            call.write(to: &object)
        case .callEnded(_, let attempt, let index, let end):
            object["attempt"] = .integer(Int64(attempt))
            object["index"] = .integer(Int64(index))
            end.write(to: &object)
        case .budgetReached(_, let measure, let percent):
            object["measure"] = .string(measure.rawValue)
            object["percent"] = .integer(Int64(percent))
        case .budgetExceeded(_, let reason): object["reason"] = .string(reason)
        case .sharedBudget(let name, let measure, let percent, let reason):
            object["budget"] = .string(name)
            object["measure"] = .string(measure.rawValue)
            object["percent"] = .integer(Int64(percent))
            object["reason"] = reason.map { .string($0) }
        }
        return .object(object)
    }

    /// The event of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        guard let type = json["type"]?.stringValue else { return nil }
        let node = json["node"]?.stringValue ?? ""
        let attempt = Int(json["attempt"]?.integerValue ?? 0)
        func text(_ key: String) -> String { json[key]?.stringValue ?? "" }
        func digest(_ key: String) -> Digest? { json[key]?.stringValue.flatMap { Digest(hex: $0) } }
        switch type {
        case "run_created":
            guard let source = digest("source"), let inputs = digest("inputs") else { return nil }
            self = .runCreated(workflow: text("workflow"), source: source, inputs: inputs)
        case "run_derived":
            guard let derivation = digest("derivation") else { return nil }
            self = .runDerived(parent: text("parent"), derivation: derivation)
        case "run_started": self = .runStarted(engine: text("engine"))
        case "run_paused": self = .runPaused(by: text("by"))
        case "run_resumed": self = .runResumed(by: text("by"))
        case "cancel_requested": self = .cancelRequested(by: text("by"), reason: text("reason"))
        case "run_ended":
            guard let status = RunStatus(rawValue: text("status")) else { return nil }
            self = .runEnded(status, reason: json["reason"]?.stringValue)
        case "node_expanded":
            guard let keys = json["keys"]?.arrayValue?.compactMap(\.stringValue), let items = digest("items") else {
                return nil
            }
            self = .nodeExpanded(node: node, keys: keys, items: items)
        case "node_started": self = .nodeStarted(node: node, attempt: attempt)
        case "node_succeeded":
            guard let result = digest("result") else { return nil }
            self = .nodeSucceeded(node: node, attempt: attempt, result: result)
        case "node_repeated":
            guard let result = digest("result") else { return nil }
            self = .nodeRepeated(
                node: node, attempt: attempt, result: result,
                at: Timestamp(milliseconds: json["next_at"]?.integerValue ?? 0))
        case "node_failed":
            guard let failure = json["failure"].flatMap(NodeFailure.init(json:)) else { return nil }
            self = .nodeFailed(
                node: node, attempt: attempt, failure: failure,
                retryAt: json["retry_at"]?.integerValue.map { Timestamp(milliseconds: $0) })
        case "node_waiting":
            guard let wait = json["wait"].flatMap(NodeWait.init(json:)) else { return nil }
            self = .nodeWaiting(node: node, attempt: attempt, wait: wait)
        case "approval_decided":
            guard let decision = json["decision"].flatMap(ApprovalDecision.init(json:)) else { return nil }
            self = .approvalDecided(node: node, decision: decision)
        case "node_released": self = .nodeReleased(node: node, opens: json["opens"]?.boolValue ?? false)
        case "run_rewound":
            self = .runRewound(
                RunRewind(
                    target: text("target"), nodes: json["nodes"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                    by: text("by"), feedback: json["feedback"]?.stringValue))
        case "pause_asked":
            guard let request = json["approval"] else { return nil }
            self = .pauseAsked(ApprovalRequest(json: request))
        case "pause_decided":
            guard let decision = json["decision"].flatMap(ApprovalDecision.init(json:)) else { return nil }
            self = .pauseDecided(decision)
        case "intervened":
            guard let intervention = json["intervention"].flatMap(Intervention.init(json:)) else { return nil }
            self = .intervened(node: node, intervention)
        case "node_fingerprinted":
            guard let fingerprint = digest("fingerprint") else { return nil }
            self = .nodeFingerprinted(node: node, fingerprint: fingerprint)
        case "node_reused":
            guard let result = digest("result"), let run = json["from"]?["run"]?.stringValue,
                let other = json["from"]?["node"]?.stringValue
            else { return nil }
            self = .nodeReused(node: node, from: NodeOrigin(run: run, node: other), result: result)
        case "node_skipped": self = .nodeSkipped(node: node, reason: text("reason"))
        case "node_omitted": self = .nodeOmitted(node: node, reason: text("reason"))
        case "node_cancelled": self = .nodeCancelled(node: node)
        case "node_interrupted": self = .nodeInterrupted(node: node, attempt: attempt)
        case "call_started":
            guard let call = CallStart(json: json) else { return nil }
            let index = Int(clamping: json["index"]?.integerValue ?? 0)
            self = .callStarted(node: node, attempt: attempt, index: index, call: call)
        case "call_ended":
            guard let end = CallEnd(json: json) else { return nil }
            let index = Int(clamping: json["index"]?.integerValue ?? 0)
            self = .callEnded(node: node, attempt: attempt, index: index, end: end)
        case "budget_reached":
            guard let measure = json["measure"]?.stringValue.flatMap(BudgetMeasure.init(rawValue:)) else { return nil }
            self = .budgetReached(
                node: json["node"]?.stringValue, measure: measure,
                percent: Int(clamping: json["percent"]?.integerValue ?? 0))
        case "shared_budget":
            guard let measure = BudgetMeasure(rawValue: text("measure")) else { return nil }
            self = .sharedBudget(
                name: text("budget"), measure: measure, percent: Int(clamping: json["percent"]?.integerValue ?? 0),
                reason: json["reason"]?.stringValue)
        case "budget_exceeded": self = .budgetExceeded(node: json["node"]?.stringValue, reason: text("reason"))
        default: return nil
        }
    }
}

extension NodeFailure {
    /// The failure as JSON.
    public var json: JSONValue {
        var object = JSONObject()
        object["reason"] = .string(reason.rawValue)
        object["message"] = .string(message)
        object["excerpt"] = excerpt.map { .string($0) }
        object["exit_code"] = exitCode.map { .integer(Int64($0)) }
        object["retry_after"] = retryAfter.map { .integer($0.count) }
        return .object(object)
    }

    /// The failure of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        guard let reason = json["reason"]?.stringValue.flatMap(FailureReason.init(rawValue:)) else { return nil }
        self.init(
            reason, json["message"]?.stringValue ?? "", excerpt: json["excerpt"]?.stringValue,
            exitCode: json["exit_code"]?.integerValue.map { Int($0) },
            retryAfter: json["retry_after"]?.integerValue.map { Milliseconds($0) })
    }
}

extension NodeWait {
    /// The wait as JSON.
    public var json: JSONValue {
        switch self {
        case .until(let moment): return ["until": .integer(moment.milliseconds)]
        case .run(let run): return ["run": .string(run)]
        case .approval(let request): return ["approval": request.json]
        }
    }

    /// The wait of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        if let moment = json["until"]?.integerValue {
            self = .until(Timestamp(milliseconds: moment))
        } else if let run = json["run"]?.stringValue {
            self = .run(run)
        } else if let request = json["approval"] {
            self = .approval(ApprovalRequest(json: request))
        } else {
            return nil
        }
    }
}
