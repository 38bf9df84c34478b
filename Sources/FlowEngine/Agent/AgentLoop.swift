// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A conversation of an agent with its model and its tools, as a value: what was said decides what comes next. It asks
/// nobody itself.
///
///     asking ── reply with tool calls ──▶ using ── answers of the tools ──▶ asking
///        └─ reply without ─▶ ended, or asking again for a repair, or failed
struct AgentLoop: Sendable {
    /// The bounds of a conversation.
    struct Rules: Sendable {
        /// The most turns; the last is without tools. Repairs come on top.
        var maxTurns: Int
        var maxRepairs = 2
        /// A JSON Schema that the answer has to fit.
        var schema: JSONValue?
        var context = ContextLimits()
        var hasTools = false
        /// The tokens after which the agent is told to come to an end.
        var tokenWarning: Int?
    }

    /// What is to be done next.
    enum Step: Sendable {
        /// Ask the model. When `isLast`, no tool may be used any more.
        case ask(messages: [ModelMessage], isLast: Bool)
        /// Use tools, and hand the answers over in the order of the calls.
        case use([ToolCall])
        case end(ModelReply)
        case fail(ModelError)
    }

    private enum Phase: Sendable {
        case asking
        case using([ToolCall])
        case ended(ModelReply)
        case failed(ModelError)
    }

    let rules: Rules
    private(set) var messages: [AgentMessage] = []
    private(set) var usage = ModelUsage()
    /// All answers of the model.
    private(set) var turns = 0
    private(set) var toolCalls = 0
    private(set) var refusedCalls = 0
    /// The last answer that came, of whatever shape.
    private(set) var lastAnswer: String?
    /// Whether that answer was cut at the most tokens.
    private(set) var isCut = false
    /// What happened beside the conversation, for the log.
    private var notes: [String] = []
    /// The turns that were used for tools.
    private var rounds = 0
    private var repairs = 0
    private var wrapUpReason: String?
    private var isToldToWrapUp = false
    private var phase = Phase.asking

    init(_ rules: Rules, system: String, prompt: String, images: [ModelImage] = []) {
        self.rules = rules
        if !system.isEmpty { add(ModelMessage(.system, system)) }
        add(ModelMessage(.user, prompt, images: images))
    }

    /// Takes the notes that were not taken yet.
    mutating func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    private var isLastTurn: Bool { rules.hasTools && (wrapUpReason != nil || rounds + 1 >= rules.maxTurns) }

    /// What is to be done now.
    var next: Step {
        switch phase {
        case .asking: .ask(messages: rules.context.window(of: messages), isLast: isLastTurn)
        case .using(let calls): .use(calls)
        case .ended(let reply): .end(reply)
        case .failed(let error): .fail(error)
        }
    }

    private mutating func add(_ message: ModelMessage, tokens: Int? = nil, isRefused: Bool = false) {
        let count = tokens ?? AgentMessage.estimate(message)
        messages.append(
            AgentMessage(
                sequence: messages.count + 1, turn: turns, message: message, tokens: count, isRefused: isRefused))
    }

    /// Lets the next turn be the last.
    mutating func wrapUp(_ reason: String) {
        guard wrapUpReason == nil else { return }
        wrapUpReason = reason
        notes.append("told to come to an end: \(reason)")
        tellToWrapUp()
    }

    /// Says so to the model, once, and only where it has used tools and waits for the next turn.
    private mutating func tellToWrapUp() {
        guard case .asking = phase, isLastTurn, rounds > 0, !isToldToWrapUp else { return }
        isToldToWrapUp = true
        let reason = wrapUpReason ?? "this is your last turn"
        add(
            ModelMessage(.user, "No more tools can be used: \(reason). Give your final answer now, from what you have.")
        )
    }

    /// Takes a word of a person who follows the conversation.
    mutating func hear(_ text: String) {
        guard case .asking = phase else { return }
        add(ModelMessage(.user, "A person who follows your work says: \(text)"))
        notes.append("a person says: \(String(text.prefix(200)))")
    }

    // MARK: What the model says

    /// Takes an answer of the model.
    mutating func heard(_ reply: ModelReply) {
        let wasLast = isLastTurn
        turns += 1
        usage = usage + reply.usage
        lastAnswer = reply.text
        isCut = reply.finishReason == .length
        let calls = Self.named(reply.toolCalls, turn: turns)
        add(
            ModelMessage(.assistant, reply.text, toolCalls: calls),
            tokens: reply.usage.estimated || reply.usage.completionTokens == 0 ? nil : reply.usage.completionTokens)
        if let limit = rules.tokenWarning, usage.promptTokens + usage.completionTokens >= limit, wrapUpReason == nil {
            wrapUpReason = "the budget is nearly used up"
            notes.append("told to come to an end: the budget is nearly used up")
        }
        if calls.isEmpty { return take(reply) }
        guard wasLast || !rules.hasTools else {
            rounds += 1
            phase = .using(calls)
            return
        }
        refuse(calls, reply)
    }

    /// Each call has a name of its own, by which its answer is known.
    private static func named(_ calls: [ToolCall], turn: Int) -> [ToolCall] {
        var seen: Set<String> = []
        return calls.enumerated().map { place, call in
            var call = call
            if call.id.isEmpty || !seen.insert(call.id).inserted {
                call.id = "call_\(turn)_\(place + 1)"
                seen.insert(call.id)
            }
            return call
        }
    }

    /// Answers calls in a turn that has no tools.
    private mutating func refuse(_ calls: [ToolCall], _ reply: ModelReply) {
        if rules.schema == nil, !reply.text.isBlank {
            var plain = reply
            plain.toolCalls = []
            phase = .ended(plain)
            return
        }
        for call in calls {
            refusedCalls += 1
            add(
                ModelMessage(
                    .tool, "No tool can be used any more.", toolCallID: call.id, toolName: call.name, isError: true),
                isRefused: true)
        }
        guard repair("No tool can be used any more. Give your final answer now, without a tool.") else {
            phase = .failed(
                ModelError(.schemaMismatch, "the model asked for tools instead of answering, \(repairs + 1) times"))
            return
        }
        notes.append("the model asked for a tool in its last turn; asking again")
    }

    /// Asks again, if there are repairs left.
    private mutating func repair(_ text: String) -> Bool {
        guard repairs < rules.maxRepairs else { return false }
        repairs += 1
        add(ModelMessage(.user, text))
        phase = .asking
        return true
    }

    private mutating func take(_ reply: ModelReply) {
        guard let schema = rules.schema else {
            if reply.text.isBlank, rounds > 0, repair("Your answer is empty. Give your final answer now.") {
                notes.append("the answer is empty; asking again")
                return
            }
            if reply.finishReason == .length {
                notes.append("the answer was cut at \(reply.usage.completionTokens) tokens")
            }
            phase = .ended(reply)
            return
        }
        let faults = Self.faults(of: reply, schema)
        if faults.isEmpty {
            phase = .ended(reply)
            return
        }
        if reply.finishReason == .length {
            let limit = reply.usage.completionTokens
            phase = .failed(
                ModelError(
                    .truncated, "the answer was cut at \(limit) tokens before its JSON was complete: raise max_tokens"))
            return
        }
        let text = faults.map(\.description).joined(separator: "; ")
        guard
            repair("Your answer does not fit the JSON Schema: \(text). Answer again, with the corrected JSON alone.")
        else {
            phase = .failed(
                ModelError(
                    .schemaMismatch, "after \(repairs + 1) answers the model's JSON does not fit the schema: \(text)"))
            return
        }
        notes.append("the answer does not fit the schema: \(text); asking again")
    }

    private static func faults(of reply: ModelReply, _ schema: JSONValue) -> [SchemaCheck.Fault] {
        guard let json = reply.json ?? JSONAnswer.parse(reply.text) else {
            return [SchemaCheck.Fault(path: "$", message: "the answer is not JSON")]
        }
        return SchemaCheck(schema).faults(in: json)
    }

    // MARK: What the tools say

    /// Takes the answers to the calls of the last turn, in their order.
    mutating func used(_ answers: [ToolAnswer]) {
        for answer in answers {
            if answer.isRefused { refusedCalls += 1 } else { toolCalls += 1 }
            add(answer.message, isRefused: answer.isRefused)
        }
        phase = .asking
        tellToWrapUp()
    }
}

/// What a tool answered to a call, or why it was not asked.
struct ToolAnswer: Sendable, Hashable {
    var call: ToolCall
    /// The text for the model, as it is sent.
    var text: String
    var isError = false
    /// The call was not made.
    var isRefused = false

    var message: ModelMessage {
        ModelMessage(.tool, text, toolCallID: call.id, toolName: call.name, isError: isError)
    }
}

extension String {
    /// Whether there is nothing but white space.
    fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
