// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// What a conversation was answered before a person was asked in the middle of it: the attempt that goes on with it gets
/// the same answers again, and no call is made twice.
final class CallMemory: Sendable {
    /// What is known of a call.
    enum Past: Sendable {
        case ended(CallEnd)
        /// The engine ended while it was made: nobody knows what came of it.
        case begun
    }

    private struct Entry {
        var start: CallStart
        var past: Past
        var isUsed = false
    }

    private let entries: Mutex<[Entry]>
    private let store: any RunStore

    init(_ calls: [CallSummary], store: any RunStore) {
        entries = Mutex(calls.map { Entry(start: $0.start, past: $0.end.map { .ended($0) } ?? .begun) })
        self.store = store
    }

    /// What became of the next call with a request; nil when there was none.
    func take(_ request: Digest) -> Past? {
        entries.withLock { entries in
            guard let place = entries.firstIndex(where: { !$0.isUsed && $0.start.request == request }) else {
                return nil
            }
            entries[place].isUsed = true
            return entries[place].past
        }
    }

    /// How many words of people the conversation had heard before its next turn; nil when that turn is a new one.
    var heard: Int? {
        entries.withLock { $0.first { !$0.isUsed && $0.start.kind == .model }?.start.heard }
    }

    /// What a call was answered.
    func reply(to end: CallEnd) async throws(CallRefusal) -> JSONValue {
        guard let bytes = try? await store.content(end.reply), let reply = try? JSONValue.parse(bytes) else {
            throw .stopped("the reply \(end.reply) of an earlier call is not in the store any more")
        }
        return reply
    }
}

extension RunExecutor {
    /// What a node's conversation was answered so far; nil when it begins.
    func memory(of node: Int) async throws(StoreError) -> CallMemory? {
        guard let first = machine.conversation(of: node) else { return nil }
        let name = name(of: node)
        let calls = try await site.store.calls(of: site.run).filter { $0.node == name && $0.attempt >= first }
        return CallMemory(calls, store: site.store)
    }

    /// The words of people to a node's agent, after the first ones.
    func messages(for node: Int, after count: Int) -> [String] { Array(machine.messages(for: node).dropFirst(count)) }

    /// The answer to a question about a call.
    func answer(to call: String, of node: Int) -> ApprovalDecision? { machine.answer(to: call, of: node) }
}
