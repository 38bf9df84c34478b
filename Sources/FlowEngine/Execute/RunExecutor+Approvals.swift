// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Questions to people in the loop: what is shown, and what an answer puts out.
extension RunExecutor {
    /// The most of a value that a question before a node shows, in bytes of JSON text.
    private static let mostShown = 16_384

    /// The question that is put before a node begins.
    func question(
        _ gate: ApprovalPolicy.Gate, before node: Int, at now: Timestamp
    ) async throws(StoreError) -> RunInput {
        do {
            let context = try await context(of: node, attempt: Int(machine.nodes[node].attempt) + 1)
            var show = JSONObject()
            func add(_ name: String, _ value: JSONValue) {
                if value.isNull { return }
                let text = value.jsonText(.compact)
                show[name] =
                    text.utf8.count <= Self.mostShown
                    ? value : .string("\(text.prefix(1000))… (\(text.utf8.count) bytes)")
            }
            add(context.definition.kind, context.body)
            for member in context.fields { add(member.key, member.value) }
            if !context.with.isEmpty { add("with", .object(context.with)) }
            if let failure = rows.failures[node] { add("last_failure", .string(failure.message)) }
            let name = name(of: node)
            let prompt = gate.checkpoint == .afterPlanning ? "Shall this plan be carried out?" : "Shall `\(name)` run?"
            let request = ApprovalRequest(prompt: gate.prompt ?? prompt, show: show, checkpoint: gate.checkpoint)
            return .asked(
                node, site.approvals.completed(request, submitter: site.options.startedBy, at: now))
        } catch let error as StoreError {
            throw error
        } catch {
            return .evaluationFailed(node, failure(of: error, doing: "rendering the node's values"))
        }
    }

    /// Takes in that a moment has come. What a gate puts out when its workflow takes silence for a yes is its result.
    func wake(_ node: Int, _ batch: inout RunBatch) {
        guard case .approval(let request) = machine.waits[node], request.checkpoint == .gate,
            request.onDeadline == .approve, let deadline = request.deadline, deadline <= batch.now
        else {
            advance(.woken(node), &batch)
            return
        }
        let decision = ApprovalDecision(approved: true, by: "deadline", at: batch.now)
        let record = NodeRecord(outputs: request.outputs(of: decision))
        let digest = keep(record, &batch)
        advance(.expired(node, result: digest), &batch)
        remember(record, digest, of: node)
    }

    /// Takes an answer: what it puts out becomes the node's result, if that is what the answer leads to.
    @discardableResult
    func decide(_ node: Int, _ decision: ApprovalDecision, _ batch: inout RunBatch) -> EngineError? {
        guard case .approval(let request) = machine.waits[node] else {
            return EngineError(
                advance(.decided(node, decision, result: NodeRecord.emptyDigest), &batch)
                    ?? RunError(.notWaitingForApproval, "no answer is awaited there"))
        }
        var decision = decision
        decision.comment = decision.comment.map { site.secrets.blanked($0) }
        if let values = decision.values, case .object(let safe) = site.secrets.blanked(.object(values)) {
            decision.values = safe
        }
        decision.evidence = request.evidence
        if let problem = request.complete(&decision) { return EngineError(.refused, problem) }
        if decision.resolution == .modified, request.checkpoint.isBeforeNode || request.checkpoint == .onError,
            let values = decision.values, let problem = changeProblem(values, of: node)
        {
            return EngineError(.refused, problem)
        }
        let record = NodeRecord(outputs: request.outputs(of: decision))
        let digest = keep(record, &batch)
        if let error = advance(.decided(node, decision, result: digest), &batch) { return EngineError(error) }
        remember(record, digest, of: node)
        return nil
    }

    /// Whether a node waits for an answer.
    func asks(at name: String) -> Bool {
        if let node = machine.index(of: name), case .approval = machine.waits[node] { true } else { false }
    }

    /// Ends an attempt of a node whose outputs a person has given; false where nobody has.
    func takePinned(_ node: Int, attempt: Int, _ batch: inout RunBatch) async throws(StoreError) -> Bool {
        guard let digest = machine.pinnedResult(of: node) else { return false }
        guard let bytes = try await content(digest, in: batch), let json = try? JSONValue.parse(bytes) else {
            throw StoreError(.corrupt, "the pinned result of `\(name(of: node))` is not in the store")
        }
        advance(.succeeded(node, attempt: attempt, result: digest), &batch)
        remember(NodeRecord(json: json), digest, of: node)
        return true
    }

    private func content(_ digest: Digest, in batch: RunBatch) async throws(StoreError) -> [UInt8]? {
        if let own = batch.contents.first(where: { $0.digest == digest }) { return own.bytes }
        return try await site.store.content(digest)
    }

    /// What is wrong with other values for keys of a node; nil for nothing.
    func changeProblem(_ change: JSONObject, of node: Int) -> String? {
        let definition = definition(of: node)
        guard let kind = site.kinds[definition.kind] else { return nil }
        let names = [kind.name] + kind.fields.map(\.name) + ["with"]
        for member in change {
            guard names.contains(member.key) else {
                let near = Spelling.nearest(to: member.key, among: names).map { "; did you mean `\($0)`?" } ?? ""
                return "`\(name(of: node))` has no key `\(member.key)`\(near) "
                    + "Its keys are \(names.joined(separator: ", "))"
            }
            if member.key == "with", member.value.objectValue == nil {
                return "`with` takes names with values, not \(member.value.typeName)"
            }
            if member.key == kind.name, definition.kind == "agent" {
                let context = NodeContext(
                    run: site.run, workflow: site.plan.definition.name, node: "", attempt: 1, definition: definition,
                    body: .null, directory: "", workflowDirectory: site.workflowDirectory)
                guard let agents = kind as? AgentKind, agents.knows(member.value.plainText, context) else {
                    return "the run keeps no agent `\(member.value.plainText)`: name it in the workflow"
                }
            }
        }
        return nil
    }
}

extension ApprovalRequest {
    /// The digest of what a person is shown.
    var evidence: Digest {
        let shown: JSONValue = ["prompt": .string(prompt), "show": .object(show)]
        return Digest(of: shown.jsonBytes(.canonical))
    }

    /// Checks and completes what is filled in; gives what is wrong with it.
    func complete(_ decision: inout ApprovalDecision) -> String? {
        guard decision.approved, checkpoint == .gate else { return nil }
        let given = decision.values ?? JSONObject()
        if form.isEmpty {
            // Without a form, what is shown can be changed.
            for member in given where show[member.key] == nil {
                let near = Spelling.nearest(to: member.key, among: show.keys).map { "; did you mean `\($0)`?" } ?? ""
                return "the question shows nothing named `\(member.key)`\(near)"
            }
            if !given.isEmpty { decision.resolution = .modified }
            return nil
        }
        let binding = InputBinder(inputs: form.compactMap { InputDefinition(name: $0.key, json: $0.value) }).bind(given)
        guard let values = binding.values else {
            let texts = binding.problems.map { problem in
                switch problem.code {
                case .unknownInput: "it has no field `\(problem.input)`"
                case .missingInput: "`\(problem.input)` is missing"
                default: problem.message
                }
            }
            return "the form is not filled in rightly: \(texts.joined(separator: "; "))"
        }
        decision.values = values
        return nil
    }

    /// What an `approval:` node puts out.
    func outputs(of decision: ApprovalDecision) -> JSONObject {
        var outputs = JSONObject()
        outputs["decision"] = .string(decision.resolution.rawValue)
        outputs["by"] = .string(decision.by)
        outputs["comment"] = .string(decision.comment ?? "")
        var values = form.isEmpty ? show : JSONObject()
        for member in decision.values ?? JSONObject() { values[member.key] = member.value }
        if !values.isEmpty { outputs["values"] = .object(values) }
        return outputs
    }
}
