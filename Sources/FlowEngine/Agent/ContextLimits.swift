// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// How much of a conversation is sent: `context:` of an agent.
///
/// The instructions and the task always are, and what the model has to answer. Between them the oldest turns are left
/// out. A call and its answers stay together, because providers refuse one without the other.
struct ContextLimits: Sendable, Hashable {
    /// The most messages after the task.
    var lastMessages: Int?
    /// The most tokens, by estimate.
    var maxTokens: Int?

    init(lastMessages: Int? = nil, maxTokens: Int? = nil) {
        self.lastMessages = lastMessages
        self.maxTokens = maxTokens
    }

    /// The limits under the key `context`; those of the node before those of the agent.
    init(node: JSONValue?, agent: JSONValue?) {
        func number(_ key: String) -> Int? {
            (node?[key] ?? agent?[key])?.integerValue.map { Int(clamping: $0) }
        }
        self.init(lastMessages: number("last_messages"), maxTokens: number("max_tokens"))
    }

    /// The messages to send.
    func window(of all: [AgentMessage]) -> [ModelMessage] {
        guard lastMessages != nil || maxTokens != nil,
            let task = all.firstIndex(where: { $0.message.role == .user })
        else { return all.map(\.message) }
        let head = all[...task]
        // A turn begins with what is no answer of a tool.
        var groups: [ArraySlice<AgentMessage>] = []
        var start = task + 1
        for index in all.indices[(task + 1)...] where all[index].message.role != .tool && index > start {
            groups.append(all[start..<index])
            start = index
        }
        if start < all.endIndex { groups.append(all[start...]) }
        var kept = groups[...]
        var left = 0
        func count() -> Int { kept.reduce(0) { $0 + $1.count } }
        func tokens() -> Int { (head + kept.flatMap { $0 }).reduce(0) { $0 + $1.tokens } }
        while kept.count > 1, count() > lastMessages ?? .max || tokens() > maxTokens ?? .max {
            left += kept.removeFirst().count
        }
        var messages = (head + kept.flatMap { $0 }).map(\.message)
        if left > 0 {
            let words = left == 1 ? "1 earlier message is" : "\(left) earlier messages are"
            messages[task].content += "\n\n[\(words) left out here.]"
        }
        if let maxTokens, tokens() > maxTokens { Self.shorten(&messages, to: maxTokens) }
        return messages
    }

    /// Cuts the middle out of the longest answers of tools until the whole is short enough, or they are short.
    private static func shorten(_ messages: inout [ModelMessage], to limit: Int) {
        let shortest = 400
        for _ in 0..<64 {
            let total = messages.reduce(0) { $0 + AgentMessage.estimate($1) }
            guard total > limit,
                let longest = messages.indices.filter({ messages[$0].role == .tool })
                    .max(by: { messages[$0].content.utf8.count < messages[$1].content.utf8.count }),
                messages[longest].content.utf8.count > shortest
            else { return }
            let text = messages[longest].content
            let keep = Swift.max(shortest / 2, text.utf8.count / 4)
            messages[longest].content =
                String(decoding: text.utf8.prefix(keep), as: UTF8.self) + "\n[cut to fit the context]\n"
                + String(decoding: text.utf8.suffix(keep), as: UTF8.self)
        }
    }
}
