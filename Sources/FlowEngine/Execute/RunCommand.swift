// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a person asks of a run.
public struct RunCommand: Sendable, Hashable {
    /// The request.
    public enum Request: Sendable, Hashable {
        case pause
        case resume
        case cancel(reason: String)
        case approve(node: String, comment: String?)
        case reject(node: String, comment: String?)
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
        default: return nil
        }
    }
}
