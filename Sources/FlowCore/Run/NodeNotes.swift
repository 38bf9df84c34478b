// SPDX-License-Identifier: Apache-2.0

/// What people have said of a node and changed of it, and where its conversation stands.
struct NodeNotes: Sendable, Hashable {
    /// Words for the agents of the node, the first one first.
    var feedback: [NodeFeedback] = []
    /// Keys of the node with other values than the workflow gives them.
    var change = JSONObject()
    /// What it puts out without running.
    var pinned: Digest?
    /// Words that an agent hears at its next turn.
    var messages: [String] = []
    /// How often the run has gone back behind the node.
    var rounds = 0
    /// The first attempt of a conversation that goes on over attempts, because people are asked in the middle of it.
    var conversation: Int?
    /// The answers to what was asked in it, by call.
    var answers: [String: ApprovalDecision] = [:]
}

extension JSONObject {
    /// Takes over the members of another object; those of `with` one by one.
    mutating func take(_ change: JSONObject) {
        for member in change {
            if member.key == "with", case .object(let new) = member.value, case .object(var old)? = self["with"] {
                for entry in new { old[entry.key] = entry.value }
                self["with"] = .object(old)
            } else {
                self[member.key] = member.value
            }
        }
    }
}

extension RunMachine {
    /// The node of whose items this one is, where it is one: what people say of it holds for its items too.
    private func whole(of node: Int) -> Int? { nodes[node].item >= 0 ? Int(nodes[node].planNode) : nil }

    private func notes(of node: Int) -> [NodeNotes] {
        guard !notes.isEmpty else { return [] }
        return [whole(of: node), node].compactMap { $0.flatMap { notes[$0] } }
    }

    /// What people have said to the agents of a node.
    public func feedback(for node: Int) -> [NodeFeedback] { runFeedback + notes(of: node).flatMap(\.feedback) }

    /// Keys of a node that people have given other values.
    public func change(of node: Int) -> JSONObject {
        var change = JSONObject()
        for note in notes(of: node) { change.take(note.change) }
        return change
    }

    /// The result that a node has without running.
    public func pinnedResult(of node: Int) -> Digest? { notes[node]?.pinned }

    /// The words that an agent of the node has been given while it works.
    public func messages(for node: Int) -> [String] { notes(of: node).flatMap(\.messages) }

    /// How often the run has gone back behind a node.
    public func rounds(of node: Int) -> Int { notes(of: node).first?.rounds ?? 0 }

    /// Whether what comes of a node depends on what people have said or done: it then stands for no other run.
    public func isTouched(_ node: Int) -> Bool {
        if !runFeedback.isEmpty { return true }
        return notes(of: node).contains { note in
            !note.feedback.isEmpty || !note.change.isEmpty || note.pinned != nil || !note.messages.isEmpty
                || note.rounds > 0
        }
    }

    /// The first attempt of the conversation that the present one goes on with; nil when it begins anew.
    public func conversation(of node: Int) -> Int? { notes[node]?.conversation }

    /// The answer to what an attempt asked about one of its calls.
    public func answer(to call: String, of node: Int) -> ApprovalDecision? { notes[node]?.answers[call] }

    mutating func openConversation(_ node: Int) {
        notes[node, default: NodeNotes()].conversation =
            notes[node]?.conversation ?? Int(nodes[node].attempt)
    }

    mutating func closeConversation(_ node: Int) {
        guard notes[node]?.conversation != nil else { return }
        notes[node]?.conversation = nil
        notes[node]?.answers = [:]
    }

    // MARK: Facts

    /// Takes in an answer to a node's question.
    mutating func note(_ decision: ApprovalDecision, of node: Int) {
        guard case .approval(let request) = waits[node] else { return }
        votes[node, default: []].append(decision)
        if let call = request.call { notes[node, default: NodeNotes()].answers[call] = decision }
        guard request.checkpoint != .gate, request.checkpoint != .tool else { return }
        switch decision.resolution {
        case .approved, .modified, .retry:
            if let text = decision.word { tell(node, NodeFeedback(by: decision.by, text: text)) }
            if decision.resolution == .modified, let values = decision.values {
                notes[node, default: NodeNotes()].change.take(values)
            }
        case .rejected, .skip, .abort, .sendBack: break
        }
    }

    /// Takes in an answer to the question of the run.
    mutating func note(_ decision: ApprovalDecision) {
        guard pauseQuestion != nil else { return }
        if decision.approved, let text = decision.word {
            runFeedback.append(NodeFeedback(by: decision.by, text: text))
        }
    }

    mutating func tell(_ node: Int, _ feedback: NodeFeedback) {
        notes[node, default: NodeNotes()].feedback.append(feedback)
    }
}

extension ApprovalDecision {
    /// The comment, if it says something.
    var word: String? { comment.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 } }
}
