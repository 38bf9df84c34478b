// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What nodes do, made up.
extension SimulatedRun {
    // MARK: Attempts

    mutating func startAttempt(_ node: Int, attempt: Int) async {
        running[node] = attempt
        let definition = machine.definition(of: node)
        let name = machine.name(of: node)
        let context: NodeContext
        do {
            context = try self.context(of: node, attempt: attempt)
        } catch {
            running[node] = nil
            return send(.failed(node, attempt: attempt, Self.failure(of: error, doing: "rendering the node's values")))
        }
        let drawn = length(of: node)
        let length = definition.options.timeout.map { min($0, drawn) } ?? drawn
        let wanted = scenario.failure(of: name, definition.id)
        if let wanted, wanted.reason != .rejected || definition.kind != "approval",
            injected[node, default: 0] < wanted.times
        {
            injected[node, default: 0] += 1
            var failure = NodeFailure(wanted.reason, "simulated \(wanted.reason.rawValue)")
            if wanted.reason == .exitCode { failure.exitCode = 1 }
            if wanted.reason == .rateLimit, values.random.chance(50) {
                failure.retryAfter = Milliseconds(values.random.number(in: 1000...10_000))
            }
            let time = wanted.reason == .timeout ? definition.options.timeout ?? length : length
            return plan(.ends(node: node, attempt: attempt, .failed(failure), nil), at: now.advanced(by: time))
        }
        count(context, node)
        guard let kind = site.kinds[definition.kind], !kind.usesSlot else {
            if definition.kind == "workflow" || definition.kind == "plan" {
                running[node] = nil
                return send(.waiting(node, attempt: attempt, .run("simulated")))
            }
            let record = result(of: node, context: context)
            return plan(
                .ends(node: node, attempt: attempt, .succeeded(NodeResult()), record), at: now.advanced(by: length))
        }
        // A kind that needs no slot does no work of its own: it is run as it is, with this run's time.
        let outcome = await Self.timed(kind, now).run(context)
        running[node] = nil
        guard case .succeeded(let result) = outcome else { return finish(node, attempt: attempt, outcome, nil) }
        do {
            let record = try NodeAttempt.record(result.outputs, of: context, artifacts: [], secrets: site.secrets)
            finish(node, attempt: attempt, outcome, record)
        } catch {
            send(.failed(node, attempt: attempt, Self.failure(of: error, doing: "taking the outputs")))
        }
    }

    private static func timed(_ kind: any NodeKind, _ now: Timestamp) -> any NodeKind {
        switch kind.name {
        case "wait": WaitKind(now: { now })
        case "approval": ApprovalKind(now: { now })
        default: kind
        }
    }

    /// The tokens and the cost of an attempt.
    private mutating func count(_ context: NodeContext, _ node: Int) {
        guard let estimate = site.estimates[context.definition.id] else { return }
        var fact = facts[node] ?? Fact()
        if let tokens = estimate.tokens {
            var written = values.random.number(in: tokens)
            if let most = context.fields["max_tokens"]?.integerValue { written = min(written, most) }
            fact.tokens += written + site.promptTokens(context)
        }
        if let usd = estimate.usd { fact.usd += Double.random(in: usd, using: &values.random) }
        facts[node] = fact
    }

    /// What a node's success puts out. Samples mostly agree; in a run that goes well they do, and a `repeat` comes to an
    /// end.
    mutating func result(of node: Int, context: NodeContext?) -> NodeRecord {
        let options = machine.definition(of: node).options
        if case .samples? = options.foreach?.shape {
            let parent = Int(machine.nodes[node].planNode)
            if let sample = samples[parent], !scenario.isWild || values.random.chance(75) { return sample }
            let record = made(node, context)
            samples[parent] = samples[parent] ?? record
            return record
        }
        let record = made(node, context)
        guard !scenario.isWild, let repetition = options.repetition,
            Int(machine.nodes[node].repeats) + 1 >= repetition.most
        else { return record }
        for _ in 0..<50 {
            let other = made(node, context)
            if (try? ends(repetition, node, other)) == .bool(true) { return other }
        }
        return record
    }

    /// Outputs of the declared types and files by name.
    private mutating func made(_ node: Int, _ context: NodeContext?) -> NodeRecord {
        let definition = machine.definition(of: node)
        let outputs = site.outputs(of: definition, &values)
        let artifacts = site.artifacts(of: definition, &values)
        let context = context ?? (try? self.context(of: node, attempt: Int(machine.nodes[node].attempt)))
        if let context,
            let record = try? NodeAttempt.record(outputs, of: context, artifacts: artifacts, secrets: site.secrets)
        {
            return record
        }
        // An output computed from a value whose type nobody knows: made up as declared.
        var made = outputs
        for output in definition.options.outputs {
            made[output.name] = values.value(output.type, "nodes.\(definition.id).outputs.\(output.name)")
        }
        return NodeRecord(outputs: made, artifacts: artifacts)
    }

    mutating func finish(_ node: Int, attempt: Int, _ outcome: NodeOutcome, _ record: NodeRecord?) {
        switch outcome {
        case .succeeded:
            if let record, iterate(node, attempt: attempt, record: record) { return }
            send(.succeeded(node, attempt: attempt, result: .zero))
            if let record { remember(record, of: node) }
        case .failed(let failure): send(.failed(node, attempt: attempt, failure))
        case .waiting(let wait):
            send(.waiting(node, attempt: attempt, wait))
            if case .approval(let request) = wait { ask(node, request) }
        }
    }

    /// Judges what an attempt of a `repeat` put out. True when the node runs again, or fails because it never came to an
    /// end.
    mutating func iterate(_ node: Int, attempt: Int, record: NodeRecord) -> Bool {
        guard let repetition = machine.definition(of: node).options.repetition else { return false }
        let iteration = Int(machine.nodes[node].repeats) + 1
        let failure: NodeFailure
        do {
            switch try ends(repetition, node, record) {
            case .bool(true): return false
            case .bool(false) where iteration < repetition.most:
                previous[node] = record
                let next = now.advanced(by: repetition.delay)
                send(.repeated(node, attempt: attempt, result: .zero, at: next))
                return true
            case .bool(false):
                if repetition.onExhausted == .continue { return false }
                let text = "`\(repetition.until.text)` does not hold after \(iteration) iterations"
                failure = NodeFailure(.notConverged, text)
            case let value:
                let text = "`until: \(repetition.until.text)` gives \(value.typeName), not a boolean"
                failure = NodeFailure(.expression, text)
            }
        } catch {
            failure = Self.failure(of: error, doing: "evaluating `until`")
        }
        if machine.nodes[node].status == .waiting {
            send(.childEnded(node, result: nil, failure: failure))
        } else {
            send(.failed(node, attempt: attempt, failure))
        }
        return true
    }

    /// What the condition of a `repeat` gives for the outputs of an iteration.
    private func ends(_ repetition: RepeatDefinition, _ node: Int, _ record: NodeRecord) throws -> JSONValue {
        var scope = try scope(of: node)
        scope.outputs = record.outputs
        return try repetition.until.expression.evaluate(in: scope, limits: .standard)
    }

    /// People answer, as many as the question asks for. A person who may refuse lets a node that has failed run again now
    /// and then.
    mutating func answer(_ node: Int, _ request: ApprovalRequest, approved: Bool) {
        var decision = ApprovalDecision(approved: approved, by: "simulation", comment: "simulated", at: now)
        if request.checkpoint == .onError, approved, scenario.isWild, values.random.chance(50) {
            decision.resolution = .retry
        }
        var filled = JSONObject()
        for field in request.form {
            guard let input = InputDefinition(name: field.key, json: field.value) else { continue }
            filled[field.key] = values.value(input, candidates: [])
        }
        if !filled.isEmpty { decision.values = filled }
        let record = NodeRecord(outputs: request.outputs(of: decision))
        let people = request.approvers.filter { !request.barred.contains($0) }
        for place in 0..<Swift.max(1, request.quorum) {
            guard machine.waits[node] == .approval(request) else { break }
            decision.by =
                people.isEmpty ? (place == 0 ? "simulation" : "simulation \(place + 1)") : people[place % people.count]
            // Where nobody may answer, or too few, the deadline decides.
            guard place < Swift.max(1, people.count) || people.isEmpty else { return }
            if !people.isEmpty || request.approvers.isEmpty { send(.decided(node, decision, result: .zero)) }
        }
        remember(record, of: node)
    }

    /// Somebody answers, or nobody does before the deadline.
    mutating func ask(_ node: Int, _ request: ApprovalRequest) {
        let name = machine.name(of: node)
        let isForced = scenario.failure(of: name, machine.definition(of: node).id)?.reason == .rejected
        let mayRefuse = scenario.isWild && site.options.failures.isEmpty
        if request.deadline != nil, mayRefuse, values.random.chance(20) { return }
        let approved = !isForced && !(mayRefuse && values.random.chance(20))
        var moment = now.advanced(by: length(of: node))
        if let deadline = request.deadline { moment = min(moment, deadline.advanced(by: Milliseconds(-1))) }
        plan(.answer(node: node, approved: approved), at: max(moment, now))
    }

    /// The run of a sub-workflow ends.
    mutating func watch(_ node: Int) {
        plan(.childEnds(node: node, failure: nil), at: now.advanced(by: length(of: node)))
    }

    mutating func cancel(_ node: Int, attempt: Int) {
        running[node] = nil
        if case .run? = machine.waits[node] {
            send(.childEnded(node, result: nil, failure: nil))
        } else {
            send(.cancelled(node, attempt: attempt))
        }
    }

    /// Keeps a record if it has become the node's result.
    mutating func remember(_ record: NodeRecord, of node: Int) {
        if machine.nodes[node].status == .succeeded { records[node] = record }
    }
}
