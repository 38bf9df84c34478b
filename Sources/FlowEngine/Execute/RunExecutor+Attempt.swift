// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

extension RunExecutor {
    /// Starts an attempt beside the loop; its outcome comes back as an arrival.
    func startAttempt(_ node: Int, attempt: Int) async {
        let definition = definition(of: node)
        guard let kind = site.kinds[definition.kind] else {
            let failure = NodeFailure(.unavailable, "this engine has no kind `\(definition.kind)`")
            send(.input(.failed(node, attempt: attempt, failure)))
            return
        }
        if let missing = missingResource(of: node) {
            send(.input(.failed(node, attempt: attempt, missing)))
            return
        }
        let context: NodeContext
        let files: [UsedFile]
        do {
            context = try await self.context(of: node, attempt: attempt)
            files = try await usedFiles(of: node)
        } catch let error as StoreError {
            fail(error)
            return
        } catch {
            send(.input(.failed(node, attempt: attempt, failure(of: error, doing: "rendering the node's values"))))
            return
        }
        // The engine may have begun to end while values were read.
        guard !isStopping, stopReason == nil else { return }
        let job = NodeAttempt(site: site, kind: kind, context: context, files: files)
        // The task is kept in `attempts` and awaited by `stop`; it always sends exactly one arrival.
        attempts[node] = Task.detached(executorPreference: site.tasks) { [weak self] in
            let outcome = await job.run()
            await self?.attemptEnded(node, attempt: attempt, outcome)
        }
    }

    private func attemptEnded(_ node: Int, attempt: Int, _ outcome: NodeAttempt.Outcome) {
        attempts[node] = nil
        // After a failure of the store nothing is taken in; who waits for the last attempt is told.
        guard stopReason == nil else { return settle() }
        switch outcome {
        case .storeFailed(let error): fail(error)
        case .succeeded(let record): send(.succeeded(node: node, attempt: attempt, record: record))
        // While the engine ends, an attempt fails because it is ended: `stop` records it as interrupted.
        case .failed where isStopping: break
        case .failed(let failure): send(.input(.failed(node, attempt: attempt, failure)))
        case .waiting(let wait): send(.input(.waiting(node, attempt: attempt, wait)))
        }
    }

    /// Waits for the run of a sub-workflow beside the loop.
    func watch(_ child: String, for node: Int) async {
        let children = site.children
        // Ends with the child's run or with the engine, which ends all executors.
        Task.detached(executorPreference: site.tasks) { [weak self] in
            for await standing in await children.standings(of: child) {
                await self?.childStands(node, child: child, standing)
            }
            let outcome = await children.outcome(of: child)
            await self?.childEnded(node, child: child, outcome)
        }
    }

    private func isAwaited(_ child: String, at node: Int) -> Bool {
        if case .run(child) = machine.waits[node] { true } else { false }
    }

    /// Whether the cancellation of the run is one of this node: what runs at the end goes on in spite of it.
    private func isCancelledWithRun(_ node: Int) -> Bool {
        machine.cancellation != nil && Int(machine.nodes[node].planNode) < site.plan.finallyStart
    }

    private func childStands(_ node: Int, child: String, _ standing: RunStanding) {
        guard isAwaited(child, at: node) else { return }
        if case .waiting(let nodes) = standing { blockedChildren[node] = nodes } else { blockedChildren[node] = nil }
        settle()
    }

    private func childEnded(_ node: Int, child: String, _ outcome: ChildOutcome) {
        guard isAwaited(child, at: node) else { return }
        blockedChildren[node] = nil
        switch outcome {
        // The engine ends: the child is found again when the run is resumed.
        case .stopped: break
        case .storeFailed(let error): fail(error)
        case .failed(let reason):
            cancelling.remove(node)
            send(.input(.childEnded(node, result: nil, failure: NodeFailure(.child, reason))))
        case .ended(.succeeded, let record, _): send(.childSucceeded(node: node, record: record))
        case .ended(.cancelled, _, _) where isCancelledWithRun(node) || cancelling.contains(node):
            cancelling.remove(node)
            send(.input(.childEnded(node, result: nil, failure: nil)))
        case .ended(let status, _, let reason):
            cancelling.remove(node)
            let text = "run \(child) \(status.rawValue)\(reason.map { ": \($0)" } ?? "")"
            send(.input(.childEnded(node, result: nil, failure: NodeFailure(.child, text))))
        }
    }

    // MARK: Values

    /// The record of a node that has succeeded; nil for others.
    func record(of node: Int) async throws(StoreError) -> NodeRecord? {
        if let record = records[node] { return record }
        guard let digest = rows.results[node] else { return nil }
        // May be of this very batch, and not in the store yet.
        if digest == NodeRecord.emptyDigest { return .empty }
        guard let bytes = try await site.store.content(digest), let json = try? JSONValue.parse(bytes) else {
            throw StoreError(.corrupt, "the result of `\(name(of: node))` (\(digest)) is not in the store")
        }
        let record = NodeRecord(json: json)
        if site.isReferenced(Int(machine.nodes[node].planNode)) { records[node] = record }
        return record
    }

    /// The item that an instance of a `foreach` stands for.
    func item(of node: Int) async throws(StoreError) -> (name: String, value: JSONValue, place: Int)? {
        let place = Int(machine.nodes[node].item)
        let parent = Int(machine.nodes[node].planNode)
        guard place >= 0, let foreach = site.plan.nodes[parent].options.foreach else { return nil }
        if itemLists[parent] == nil, let digest = machine.itemsDigest(of: parent) {
            guard let bytes = try await site.store.content(digest), let json = try? JSONValue.parse(bytes) else {
                throw StoreError(.corrupt, "the items of `\(site.plan.nodes[parent].id)` are not in the store")
            }
            itemLists[parent] = json.arrayValue
        }
        guard let items = itemLists[parent], items.indices.contains(place) else { return nil }
        return (foreach.variable, items[place], place)
    }

    /// What the expressions of a node see.
    func scope(of node: Int) async throws -> RunScope {
        let definition = definition(of: node)
        var values: [String: JSONValue] = [:]
        for name in ReferenceTable.names(in: definition) {
            guard let other = machine.index(of: name) else { continue }
            // Of a node that failed and has a fallback, what that one puts out.
            let source = machine.standIn(for: other)
            let record = try await record(of: source) ?? .empty
            values[name] = record.scopeValue(
                status: machine.nodes[other].status,
                folder: site.artifactFolder(of: self.name(of: source)))
        }
        let known = values
        var scope = RunScope(
            run: site.run, workflow: site.plan.definition.name, workflowDirectory: site.workflowDirectory,
            inputs: site.inputs, environment: JSONObject(), node: { known[$0] })
        scope.attempt = Int(machine.nodes[node].attempt)
        scope.status = machine.outlook.rawValue
        scope.failedNode = machine.failedNode.map { name(of: $0) } ?? ""
        if definition.options.repetition != nil {
            let previous = try await previousRecord(of: node)
            scope.iteration = (
                Int(machine.nodes[node].repeats) + 1, previous.map { .object($0.outputs) } ?? .null
            )
        }
        scope.item = try await item(of: node)
        var environment = JSONObject()
        scope.secrets = site.secrets.scopeValue
        for entry in site.plan.definition.env {
            environment[entry.name] = .string(try entry.template.render(in: scope).plainText)
        }
        scope.secrets = JSONObject()
        scope.environment = environment
        return scope
    }

    /// The values of an attempt, all templates rendered.
    func context(of node: Int, attempt: Int) async throws -> NodeContext {
        let definition = definition(of: node)
        let name = name(of: node)
        var scope = try await scope(of: node)
        scope.attempt = attempt
        let first = machine.conversation(of: node) ?? attempt
        // What goes on after a question says the same as before it.
        scope.attempt = first
        let change = machine.change(of: node)
        let body = try change[definition.kind].map(\.asBody) ?? definition.body.render(in: scope)
        var fields = JSONObject()
        for field in definition.fields where change[field.name] == nil {
            fields[field.name] = try field.template.render(in: scope)
        }
        for member in change where member.key != definition.kind && member.key != "with" {
            fields[member.key] = member.value
        }
        let outer = definition.options.outputs.contains { $0.value != nil } ? scope : nil
        scope.secrets = site.secrets.scopeValue
        var with = JSONObject()
        for entry in definition.options.with { with[entry.name] = try entry.template.render(in: scope) }
        for member in change["with"]?.objectValue ?? JSONObject() { with[member.key] = member.value }
        var environment: [String: String] = [:]
        for member in scope.environment { environment[member.key] = member.value.stringValue }
        for entry in definition.options.env {
            environment[entry.name] = try entry.template.render(in: scope).plainText
        }
        var context = NodeContext(
            run: site.run, workflow: site.plan.definition.name, node: name, attempt: attempt, definition: definition,
            body: body, fields: fields, with: with, environment: environment,
            directory: site.layout.work(name, attempt: first, of: site.run),
            workflowDirectory: site.workflowDirectory,
            idempotencyKey: idempotencyKey(of: node, name: name),
            approvesAll: site.approvals.autoApproves(definition), approvals: site.approvals,
            submitter: site.options.startedBy, feedback: site.options.feedback + machine.feedback(for: node),
            firstAttempt: first, lastFailure: rows.failures[node], scope: outer,
            calls: AttemptDesk(
                executor: self, node: node, name: name, attempt: attempt, memory: try await memory(of: node)))
        context.failures = rows.failedAttempts[node] ?? []
        if definition.kind == "agent", let last = context.failures.last {
            context.solved = try await SolvedErrors(store: site.store).advice(on: last.analysis)
        }
        return context
    }
}

extension JSONValue {
    /// A value that a person gives under the key of a kind: `true` is the text of a program, not a boolean.
    fileprivate var asBody: JSONValue {
        switch self {
        case .bool, .integer, .number: .string(plainText)
        default: self
        }
    }

    /// The value as text for an environment variable or a file: strings as they are, null as nothing, the rest as
    /// JSON.
    var plainText: String {
        switch self {
        case .string(let text): text
        case .null: ""
        default: jsonText(.compact)
        }
    }
}
