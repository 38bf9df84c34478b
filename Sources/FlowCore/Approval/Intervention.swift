// SPDX-License-Identifier: Apache-2.0

/// What a person changes of a run that goes on.
public struct Intervention: Sendable, Hashable {
    /// The change.
    public enum Action: Sendable, Hashable {
        /// Another task for a node that has not ended. An attempt that runs is ended, and the node begins anew.
        case redirect(JSONObject)
        /// Other parameters for a node that has not begun.
        case modify(JSONObject)
        /// The outputs of a node that has not begun: it does not run. The digest names the result.
        case pin(Digest)
        /// A word to an agent, heard at its next turn.
        case inject(String)
    }

    public var action: Action
    public var by: String
    /// Why, in the person's words.
    public var comment: String?

    /// A change. The members of a `redirect` and a `modify` are keys of the node, as its file would have them, without
    /// expressions: its kind's key, further keys of its kind, and `with`.
    public init(_ action: Action, by: String, comment: String? = nil) {
        self.action = action
        self.by = by
        self.comment = comment
    }

    /// The name of the action.
    public var name: String {
        switch action {
        case .redirect: "redirect"
        case .modify: "modify"
        case .pin: "pin"
        case .inject: "inject"
        }
    }

    /// The change as JSON.
    public var json: JSONValue {
        var object = JSONObject()
        object["action"] = .string(name)
        object["by"] = .string(by)
        object["comment"] = comment.map { .string($0) }
        switch action {
        case .redirect(let change), .modify(let change): object["change"] = .object(change)
        case .pin(let result): object["result"] = .string(result.hex)
        case .inject(let text): object["message"] = .string(text)
        }
        return .object(object)
    }

    /// The change of a JSON object that `json` made; nil for anything else.
    public init?(json: JSONValue) {
        let action: Action
        switch json["action"]?.stringValue {
        case "redirect":
            guard let change = json["change"]?.objectValue else { return nil }
            action = .redirect(change)
        case "modify":
            guard let change = json["change"]?.objectValue else { return nil }
            action = .modify(change)
        case "pin":
            guard let digest = json["result"]?.stringValue.flatMap({ Digest(hex: $0) }) else { return nil }
            action = .pin(digest)
        case "inject":
            guard let text = json["message"]?.stringValue else { return nil }
            action = .inject(text)
        default: return nil
        }
        self.init(action, by: json["by"]?.stringValue ?? "", comment: json["comment"]?.stringValue)
    }
}

/// A word of a person for the agents of a node.
public struct NodeFeedback: Sendable, Hashable {
    public var by: String
    public var text: String

    /// A word with who said it.
    public init(by: String, text: String) {
        self.by = by
        self.text = text
    }
}
