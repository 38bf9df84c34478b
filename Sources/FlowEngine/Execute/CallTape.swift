// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// The calls of an earlier run, as answers for the same calls of another one: matched by node and request, in their order.
///
/// Calls of attempts that nobody saw the end of are not on it: what came of their answers is not in the earlier run.
final class CallTape: Sendable {
    /// A call of the earlier run.
    private struct Entry {
        var start: CallStart
        var end: CallEnd
        var isUsed = false
    }

    private struct State {
        var entries: [String: [Entry]] = [:]
        /// By node and request: the places of the entries that are left, the next one last.
        var left: [String: [Digest: [Int]]] = [:]
        /// The runs of sub-workflows that are left, by node, the next one last.
        var children: [String: [String]] = [:]
        /// By node: the words of people, and their answers by call.
        var messages: [String: [String]] = [:]
        var answers: [String: [String: ApprovalDecision]] = [:]
    }

    /// What is read of a run.
    private struct Recording {
        var calls: [String: [(CallStart, CallEnd)]] = [:]
        var children: [String: [String]] = [:]
        var messages: [String: [String]] = [:]
        var answers: [String: [String: ApprovalDecision]] = [:]
    }

    /// The earlier run.
    let run: String
    private let store: any RunStore
    private let state: Mutex<State>

    private init(run: String, store: any RunStore, recording: Recording) {
        self.run = run
        self.store = store
        var state = State()
        state.children = recording.children.mapValues { $0.reversed() }
        state.messages = recording.messages
        state.answers = recording.answers
        for (node, calls) in recording.calls {
            state.entries[node] = calls.map { Entry(start: $0.0, end: $0.1) }
            for (place, call) in calls.enumerated().reversed() {
                state.left[node, default: [:]][call.0.request, default: []].append(place)
            }
        }
        self.state = Mutex(state)
    }

    /// The tape of a run, with the calls of nodes that it has taken over from others.
    static func load(_ run: String, from store: any RunStore) async throws(StoreError) -> CallTape {
        var recording = try await recording(of: run, nodes: nil, store)
        let inherited = try await RunLineage(store: store).inherited(by: run)
        for (origin, nodes) in Dictionary(grouping: inherited, by: \.value.origin) where origin != run {
            let other = try await Self.recording(of: origin, nodes: Set(nodes.map(\.key)), store)
            recording.calls.merge(other.calls) { own, _ in own }
            recording.children.merge(other.children) { own, _ in own }
            recording.messages.merge(other.messages) { own, _ in own }
            recording.answers.merge(other.answers) { own, _ in own }
        }
        return CallTape(run: run, store: store, recording: recording)
    }

    /// What some nodes of a run were answered, or all of them.
    private static func recording(
        of run: String, nodes: Set<String>?, _ store: any RunStore
    ) async throws(StoreError) -> Recording {
        var recording = Recording()
        var lost: Set<String> = []
        var last: Int64 = 0
        // Calls that are asked about, and the nodes whose conversations go on after a crash because they were.
        var asked: [String: String] = [:]
        var conversing: Set<String> = []
        // Items belong to their node.
        func isWanted(_ node: String) -> Bool { nodes?.contains(String(node.prefix { $0 != "[" })) ?? true }
        while true {
            let page = try await store.events(of: run, after: last, limit: 10_000)
            for recorded in page {
                switch recorded.event {
                case .nodeInterrupted(let node, let attempt):
                    if !conversing.contains(node) { lost.insert("\(attempt) \(node)") }
                case .nodeWaiting(let node, _, .approval(let request)):
                    asked[node] = request.call
                    if request.call != nil { conversing.insert(node) }
                case .approvalDecided(let node, let decision):
                    if let call = asked[node] { recording.answers[node, default: [:]][call] = decision }
                case .nodeFailed(let node, _, _, _), .nodeRepeated(let node, _, _, _): conversing.remove(node)
                case .runRewound(let rewind): conversing.subtract(rewind.nodes)
                case .intervened(let node, let intervention):
                    if case .inject(let text) = intervention.action {
                        recording.messages[node, default: []].append(text)
                    }
                case .nodeWaiting(let node, _, .run(let child)) where isWanted(node):
                    recording.children[node, default: []].append(child)
                default: break
                }
            }
            guard page.count == 10_000, let next = page.last?.sequence else { break }
            last = next
        }
        for call in try await store.calls(of: run) where isWanted(call.node) {
            // The calls of parts are on the tapes of their own runs.
            guard call.start.kind != .part, let end = call.end, !lost.contains("\(call.attempt) \(call.node)") else {
                continue
            }
            recording.calls[call.node, default: []].append((call.start, end))
        }
        return recording
    }

    /// Winds on behind what a run on this tape has been given already.
    func skipAnswers(of run: String) async throws(StoreError) {
        let given = try await Self.recording(of: run, nodes: nil, store)
        state.withLock { state in
            for (node, calls) in given.calls {
                for (start, _) in calls { _ = Self.take(start.request, of: node, &state) }
            }
            for (node, children) in given.children {
                for _ in children { _ = state.children[node]?.popLast() }
            }
        }
    }

    /// The answer of a person to a question about a call.
    func answer(to call: String, of node: String) -> ApprovalDecision? { state.withLock { $0.answers[node]?[call] } }

    /// The words of people that a node's agent heard before its next turn, after the first ones.
    func messages(for node: String, after count: Int) -> [String] {
        state.withLock { state in
            let whole = String(node.prefix { $0 != "[" })
            let all = (whole == node ? [] : state.messages[whole] ?? []) + (state.messages[node] ?? [])
            let next = state.entries[node]?.first { !$0.isUsed && $0.start.kind == .model }
            return Array(all.prefix(next?.start.heard ?? 0).dropFirst(count))
        }
    }

    /// The run that a node of the earlier run had for its sub-workflow.
    func child(of node: String) -> String? { state.withLock { $0.children[node]?.popLast() } }

    private static func take(_ request: Digest, of node: String, _ state: inout State) -> CallEnd? {
        guard let place = state.left[node]?[request]?.popLast() else { return nil }
        state.entries[node]?[place].isUsed = true
        return state.entries[node]?[place].end
    }

    /// The end and the reply of the next call of a node with this request.
    func answer(
        _ call: CallStart, _ request: JSONValue, of node: String
    ) async throws(CallRefusal) -> (CallEnd, reply: JSONValue) {
        guard let end = state.withLock({ Self.take(call.request, of: node, &$0) }) else {
            throw .notOnTape(await difference(call, request, of: node))
        }
        guard let bytes = try? await store.content(end.reply), let reply = try? JSONValue.parse(bytes) else {
            throw .notOnTape("the reply \(end.reply) of node `\(node)` is not in the store any more")
        }
        return (end, reply)
    }

    /// What is different in a call that the tape does not have.
    private func difference(_ call: CallStart, _ request: JSONValue, of node: String) async -> String {
        let (all, next) = state.withLock { state in
            let entries = state.entries[node] ?? []
            return (entries.count, entries.first { !$0.isUsed && $0.start.kind == call.kind })
        }
        let who =
            "the tape of run \(run) does not have this call of node `\(node)` to \(call.kind.rawValue) `\(call.name)`"
        guard let next else {
            return all == 0 ? "\(who): the node made no calls there" : "\(who): all \(all) calls of the node are used"
        }
        if next.start.name != call.name {
            return "\(who): the next one there is to `\(next.start.name)`"
        }
        guard let bytes = try? await store.content(next.start.request), let recorded = try? JSONValue.parse(bytes)
        else {
            return "\(who): the request of the next one cannot be read"
        }
        let diff = JSONDiff(recorded, request, limit: 3, showsLines: true)
        let parts = diff.changes.map { entry in
            "\(entry.path) was \(Self.shortened(entry.old)), is \(Self.shortened(entry.new))"
        }
        let more = diff.hiddenCount > 0 ? ", and \(diff.hiddenCount) more" : ""
        return "\(who): \(parts.joined(separator: "; "))\(more)"
    }

    private static func shortened(_ value: JSONValue?) -> String {
        guard let value else { return "nothing" }
        let text = value.jsonText(.compact)
        return text.count > 120 ? "\(text.prefix(120))…" : text
    }
}
