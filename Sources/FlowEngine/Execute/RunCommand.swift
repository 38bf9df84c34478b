// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a person asks of a run.
public struct RunCommand: Sendable, Hashable {
    /// The request.
    public enum Request: Sendable, Hashable {
        case pause
        case resume
        case cancel(reason: String)
        case approve(node: String, comment: String?)
        case reject(node: String, comment: String?)
        /// An answer to a node's question; an empty name stands for the question of a paused run.
        case answer(node: String, ApprovalAnswer)
        /// A change of a node.
        case intervene(node: String, InterventionRequest)

        /// The node that the request is about, as a path of nodes; nil for the run.
        var node: String? {
            switch self {
            case .pause, .resume, .cancel: nil
            case .approve(let node, _), .reject(let node, _), .intervene(let node, _): node
            case .answer(let node, _): node.isEmpty ? nil : node
            }
        }

        /// The same request about another node.
        func about(_ node: String) -> Request {
            switch self {
            case .pause, .resume, .cancel: self
            case .approve(_, let comment): .approve(node: node, comment: comment)
            case .reject(_, let comment): .reject(node: node, comment: comment)
            case .answer(_, let answer): .answer(node: node, answer)
            case .intervene(_, let change): .intervene(node: node, change)
            }
        }

        /// The answer to a question that the request is; nil for others.
        var answer: ApprovalAnswer? {
            switch self {
            case .approve(_, let comment): ApprovalAnswer(.approved, comment: comment)
            case .reject(_, let comment): ApprovalAnswer(.rejected, comment: comment)
            case .answer(_, let answer): answer
            case .pause, .resume, .cancel, .intervene: nil
            }
        }
    }

    public var run: String
    public var by: String
    public var request: Request

    /// A request for a run, with who asks.
    public init(run: String, by: String, request: Request) {
        self.run = run
        self.by = by
        self.request = request
    }

    /// The command as JSON, for the inbox.
    var json: JSONValue {
        var object = JSONObject()
        object["run"] = .string(run)
        object["by"] = .string(by)
        switch request {
        case .pause: object["request"] = "pause"
        case .resume: object["request"] = "resume"
        case .cancel(let reason):
            object["request"] = "cancel"
            object["reason"] = .string(reason)
        case .approve(let node, let comment):
            object["request"] = "approve"
            object["node"] = .string(node)
            object["comment"] = comment.map { .string($0) }
        case .reject(let node, let comment):
            object["request"] = "reject"
            object["node"] = .string(node)
            object["comment"] = comment.map { .string($0) }
        case .answer(let node, let answer):
            object["request"] = "answer"
            object["node"] = .string(node)
            object["answer"] = answer.json
        case .intervene(let node, let change):
            object["request"] = "intervene"
            object["node"] = .string(node)
            object["change"] = change.json
        }
        return .object(object)
    }

    init?(json: JSONValue) {
        guard let run = json["run"]?.stringValue, let by = json["by"]?.stringValue else { return nil }
        let node = json["node"]?.stringValue ?? ""
        let comment = json["comment"]?.stringValue
        switch json["request"]?.stringValue {
        case "pause": self.init(run: run, by: by, request: .pause)
        case "resume": self.init(run: run, by: by, request: .resume)
        case "cancel": self.init(run: run, by: by, request: .cancel(reason: json["reason"]?.stringValue ?? ""))
        case "approve": self.init(run: run, by: by, request: .approve(node: node, comment: comment))
        case "reject": self.init(run: run, by: by, request: .reject(node: node, comment: comment))
        case "answer":
            guard let answer = json["answer"].flatMap(ApprovalAnswer.init(json:)) else { return nil }
            self.init(run: run, by: by, request: .answer(node: node, answer))
        case "intervene":
            guard let change = json["change"].flatMap(InterventionRequest.init(json:)) else { return nil }
            self.init(run: run, by: by, request: .intervene(node: node, change))
        default: return nil
        }
    }
}

/// An answer to a question, before it is known when it is taken.
public struct ApprovalAnswer: Sendable, Hashable {
    public var resolution: ApprovalDecision.Resolution
    public var comment: String?
    /// What is filled in, or changed. Texts are read as the fields' types.
    public var values: JSONObject?
    /// The node to go back to.
    public var target: String?

    /// An answer.
    public init(
        _ resolution: ApprovalDecision.Resolution, comment: String? = nil, values: JSONObject? = nil,
        target: String? = nil
    ) {
        self.resolution = resolution
        self.comment = comment
        self.values = values
        self.target = target
    }

    func decision(by: String, at now: Timestamp) -> ApprovalDecision {
        ApprovalDecision(resolution, by: by, comment: comment, at: now, values: values, target: target)
    }

    var json: JSONValue {
        var object = JSONObject()
        object["resolution"] = .string(resolution.rawValue)
        object["comment"] = comment.map { .string($0) }
        object["values"] = values.map { .object($0) }
        object["target"] = target.map { .string($0) }
        return .object(object)
    }

    init?(json: JSONValue) {
        guard let resolution = json["resolution"]?.stringValue.flatMap(ApprovalDecision.Resolution.init(rawValue:))
        else { return nil }
        self.init(
            resolution, comment: json["comment"]?.stringValue, values: json["values"]?.objectValue,
            target: json["target"]?.stringValue)
    }
}
