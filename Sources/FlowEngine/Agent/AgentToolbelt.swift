// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The tools of one attempt, and the way of a call through checks, permissions and the desk to its tool.
struct AgentToolbelt: Sendable {
    /// What ended an attempt in the middle of a call.
    enum Stop: Sendable {
        /// The run replays what an earlier one recorded, and this call is not in it.
        case notOnTape(String)
        case stopped(String)
        /// A person has to be asked about the call. The conversation goes on from its beginning when they have answered.
        case ask(ApprovalRequest)
        /// A server went away in the middle of a call, and the node must not go on without it.
        case lost(ModelError.Kind, String)
    }

    /// How the calls of one turn went.
    struct Round: Sendable {
        var answers: [ToolAnswer] = []
        /// A budget did not allow a call: the agent has to come to an end.
        var budget: String?
        var stop: Stop?
    }

    /// The most calls of one turn, and how many of them run at the same time.
    private static let mostCalls = 16
    private static let mostParallel = 4

    private let tools: [String: any AgentTool]
    let specs: [ToolSpec]
    private let grant: AgentGrant
    private let context: NodeContext
    private let environment: [String: String]

    init(_ all: [any AgentTool], _ grant: AgentGrant, _ context: NodeContext) {
        var tools: [String: any AgentTool] = [:]
        var specs: [ToolSpec] = []
        for tool in all {
            var spec = tool.spec
            // Two names may be the same after what models do not take was replaced.
            var number = 2
            while tools[spec.name] != nil {
                spec.name = "\(tool.spec.name.prefix(60))_\(number)"
                number += 1
            }
            tools[spec.name] = tool
            specs.append(spec)
        }
        self.tools = tools
        self.specs = specs
        self.grant = grant
        self.context = context
        environment = Self.harmless(context)
    }

    /// The variables that the node declares itself and that no secret goes into. Those of the workflow may hold one.
    private static func harmless(_ context: NodeContext) -> [String: String] {
        var variables: [String: String] = [:]
        for entry in context.definition.options.env {
            let roots = entry.template.references.map(\.root)
            guard !roots.contains("secrets"), !roots.contains("env") else { continue }
            variables[entry.name] = context.environment[entry.name]
        }
        return variables
    }

    // MARK: Calls

    private enum CallEnd: Sendable {
        case answer(ToolAnswer)
        case overBudget(ToolAnswer, String)
        case stop(Stop)
    }

    /// Makes the calls of one turn, several at once; the answers are in the order of the calls.
    ///
    /// - Parameter isCut: the answer with the calls was cut, so that the last one may not be whole.
    func use(_ calls: [ToolCall], turn: Int, isCut: Bool = false) async -> Round {
        var ends = [CallEnd?](repeating: nil, count: calls.count)
        await withTaskGroup(of: (Int, CallEnd).self) { group in
            var next = 0
            func add(_ group: inout TaskGroup<(Int, CallEnd)>) {
                guard next < calls.count else { return }
                let place = next
                next += 1
                // Two equal calls of one attempt are two calls.
                let earlier = calls[..<place].count {
                    $0.name == calls[place].name && $0.arguments == calls[place].arguments
                }
                let call = calls[place]
                group.addTask { (place, await end(of: call, place: place, turn: turn, twin: earlier)) }
            }
            for _ in 0..<Self.mostParallel { add(&group) }
            for await (place, end) in group {
                ends[place] = end
                add(&group)
            }
        }
        if isCut, case .answer(var last)?? = ends.last, last.isRefused {
            last.text += ". Your answer was cut at the most tokens: write less at once"
            ends[ends.count - 1] = .answer(last)
        }
        var round = Round()
        for end in ends {
            switch end {
            case .answer(let answer)?: round.answers.append(answer)
            case .overBudget(let answer, let text)?:
                round.answers.append(answer)
                round.budget = text
            case .stop(let stop)?: round.stop = round.stop ?? stop
            case nil: break
            }
        }
        return round
    }

    private func end(of call: ToolCall, place: Int, turn: Int, twin: Int) async -> CallEnd {
        func refused(_ text: String) -> ToolAnswer {
            context.log(NodeLogLine(.engine, "tool \(ToolName.safe(call.name)) refused: \(Self.line(text))"))
            return ToolAnswer(call: call, text: text, isError: true, isRefused: true)
        }
        guard place < Self.mostCalls else {
            return .answer(refused("at most \(Self.mostCalls) tools can be used in one turn"))
        }
        guard let tool = tools[call.name] else {
            let names = specs.map(\.name)
            let near = Spelling.nearest(to: call.name, among: names).map { "; did you mean `\($0)`?" } ?? ""
            return .answer(
                refused("there is no tool `\(call.name)`\(near) The tools are: \(names.joined(separator: ", "))"))
        }
        guard let arguments = call.arguments.objectValue else {
            return .answer(refused("the arguments are \(call.arguments.typeName), not an object: write them as JSON"))
        }
        let faults = SchemaCheck(tool.spec.parameters).faults(in: call.arguments)
        guard faults.isEmpty else {
            let text = faults.map(\.description).joined(separator: "; ")
            return .answer(refused("the arguments do not fit: \(text)"))
        }
        let key = "\(turn).\(twin)"
        switch grant.decision(on: tool.reference, tool.subject(of: arguments)) {
        case .allow: break
        case .ask(let rule):
            if context.approvesAll || context.approvals.autoApproves(tool: tool.reference) {
                context.log(
                    NodeLogLine(.engine, "tool \(call.name): nobody is asked, because approvals pass in this run"))
                break
            }
            let name = "\(key)/\(Self.digest(of: tool, arguments))"
            guard let decision = await context.calls.answer(to: name) else {
                guard context.calls.canAsk else {
                    return .answer(
                        refused("a person has to be asked first (`\(rule)`), which is not possible here: go on without")
                    )
                }
                return .stop(.ask(question(tool, arguments, call: name, rule: rule)))
            }
            switch consent(to: tool, arguments, decision) {
            case .success(let changed): return await perform(tool, changed, call, key: key, isOnce: true)
            case .failure(let refusal): return .answer(refused(refusal.text))
            }
        case .deny(let reason): return .answer(refused("it is not permitted: \(reason). Go on without"))
        }
        return await perform(tool, arguments, call, key: key)
    }

    private static func digest(of tool: any AgentTool, _ arguments: JSONObject) -> String {
        let request: JSONValue = ["tool": .string(tool.reference), "arguments": .object(arguments)]
        return String(Digest(of: request).hex.prefix(16))
    }

    // MARK: Questions

    private func question(
        _ tool: any AgentTool, _ arguments: JSONObject, call: String, rule: String
    ) -> ApprovalRequest {
        let agent = context.body.plainText
        let show: JSONValue = [
            "tool": .string(tool.reference), "arguments": .object(arguments), "rule": .string(rule),
        ]
        let request = ApprovalRequest(
            prompt: "May the agent `\(agent)` use `\(tool.reference)` with these arguments?",
            show: show.objectValue ?? JSONObject(), checkpoint: .tool, call: call)
        return context.approvals.completed(request, submitter: context.submitter, at: WallClock.now)
    }

    private struct Refusal: Error { var text: String }

    /// The arguments with which a call may be made, by what a person has said.
    private func consent(
        to tool: any AgentTool, _ arguments: JSONObject, _ decision: ApprovalDecision
    ) -> Result<JSONObject, Refusal> {
        guard decision.approved else {
            let said = decision.comment.map { ": \($0)" } ?? ""
            let who = decision.by == "deadline" ? "nobody allowed it in time" : "\(decision.by) does not allow it"
            return .failure(Refusal(text: "\(who)\(said). Go on without"))
        }
        var changed = arguments
        for member in decision.values ?? JSONObject() { changed[member.key] = member.value }
        guard changed != arguments else { return .success(arguments) }
        // What a person writes is held to the same rules as what the model writes.
        if let fault = SchemaCheck(tool.spec.parameters).faults(in: .object(changed), limit: 1).first {
            return .failure(Refusal(text: "the arguments that \(decision.by) gave do not fit: \(fault.description)"))
        }
        if case .deny(let reason) = grant.decision(on: tool.reference, tool.subject(of: changed)) {
            return .failure(Refusal(text: "what \(decision.by) made of it is not permitted: \(reason). Go on without"))
        }
        context.log(NodeLogLine(.engine, "tool \(tool.reference): \(decision.by) has changed the arguments"))
        return .success(changed)
    }

    /// A text of a model on one line of the log.
    private static func line(_ text: String) -> String {
        String(decoding: text.utf8.prefix(300).map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
    }

    private func perform(
        _ tool: any AgentTool, _ arguments: JSONObject, _ call: ToolCall, key: String, isOnce: Bool = false
    ) async -> CallEnd {
        let intent = CallIntent(
            kind: .tool, name: tool.reference,
            request: ["tool": .string(tool.reference), "arguments": .object(arguments)], isOnce: isOnce)
        let digest = Self.digest(of: tool, arguments)
        let site = ToolSite(
            context: context, environment: environment,
            idempotencyKey: "\(context.idempotencyKey)/\(key)/\(digest)")
        context.log(
            NodeLogLine(
                .engine,
                "tool \(tool.reference) \(intent.request["arguments"]?.jsonText(.compact, limit: 200) ?? "{…}")"))
        let outcome: CallOutcome
        do throws(CallRefusal) {
            outcome = try await context.calls.perform(intent) {
                let result = await tool.run(arguments, site)
                return CallOutcome(reply: result.reply, failed: result.isError, answeredBy: result.answeredBy)
            }
        } catch {
            switch error {
            case .budget(let text):
                return .overBudget(
                    ToolAnswer(call: call, text: "not done: \(text)", isError: true, isRefused: true), text)
            case .notOnTape(let text): return .stop(.notOnTape(text))
            case .stopped(let text): return .stop(.stopped(text))
            }
        }
        let result = ToolResult(reply: outcome.reply)
        if result.isError {
            context.log(NodeLogLine(.engine, "tool \(tool.reference) failed: \(Self.line(result.text))"))
        }
        if let loss = result.loss, loss.endsNode { return .stop(.lost(loss.reason, result.text)) }
        return .answer(
            ToolAnswer(call: call, text: UntrustedText.result(result.text, of: call.name), isError: result.isError))
    }
}
