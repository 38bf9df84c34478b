// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What a call counts for beside the run that makes it: the runs that this one is a part of, its session, the project.
///
/// A call passes the desks from the outside in: the topmost run first, then the runs below it, then what runs share, then
/// the run itself. Each sets the reservation aside before the next is asked, and none lets a call through that does not fit.
struct CallScopes: Sendable {
    var parent: ParentScope?
    var shared: SharedBudgets?

    /// Whether there is nothing to be asked.
    var isEmpty: Bool { parent == nil && shared == nil }
}

/// The run that a run is a part of, with the node there that stands for it.
struct ParentScope: Sendable {
    weak let engine: Engine?
    let run: String
    let node: String

    /// The content of a part's call: which node of which run makes it. The reply says nothing; it stands where it is made.
    private static func request(_ child: String, _ node: String) -> [UInt8] {
        JSONValue.object(
            JSONObject([
                JSONObject.Member(key: "node", value: .string(node)),
                JSONObject.Member(key: "run", value: .string(child)),
            ])
        ).jsonBytes(.canonical)
    }

    static let reply: [UInt8] = JSONValue.null.jsonBytes(.compact)

    private func executor() async throws(CallRefusal) -> RunExecutor? {
        guard let engine else { return nil }
        do throws(EngineError) { return try await engine.load(run, observer: NoObserver()) } catch {
            throw .stopped("run \(run), which this one is a part of: \(error.description)")
        }
    }

    /// Sets a call's reservation aside in this run and in those above it; nil where none of them has a budget.
    func reserve(_ call: CallStart, of child: String, node childNode: String) async throws(CallRefusal) -> PartHold? {
        guard let executor = try await executor() else { return nil }
        let outer = try await executor.site.scopes.parent?.reserve(call, of: run, node: node)
        // Where a run further up counts the call, the runs between keep it too: what is open can be told from them.
        guard let place = await executor.placeForParts(of: node, always: outer != nil) else { return outer }
        let desk = AttemptDesk(executor: executor, node: place, name: node, attempt: 0)
        let request = Self.request(child, childNode)
        let start = CallStart(
            kind: .part, name: child, request: Digest(of: request), reservation: call.reservation)
        do throws(CallRefusal) {
            guard case .admitted(let index) = try await desk.ask(.begin(start, (start.request, request))) else {
                throw .stopped("run \(run) did not take the call")
            }
            return PartHold(desk: desk, index: index, outer: outer)
        } catch {
            await outer?.settle(CallCharge())
            throw error
        }
    }

    /// Why an agent should come to its end, as the runs above see it.
    func warning() async -> String? {
        guard let executor = try? await executor() else { return nil }
        if let place = await executor.placeForParts(of: node, always: false),
            let text = await executor.budgetWarning(of: place)
        {
            return text
        }
        return await executor.site.scopes.parent?.warning()
    }

    /// The executor of the topmost run.
    func top() async throws(CallRefusal) -> RunExecutor? {
        guard let executor = try await executor() else { return nil }
        return try await executor.site.scopes.parent?.top() ?? executor
    }
}

/// What is set aside for a call of a part in the runs above it.
final class PartHold: Sendable {
    private let desk: AttemptDesk
    private let index: Int
    private let outer: PartHold?

    init(desk: AttemptDesk, index: Int, outer: PartHold?) {
        self.desk = desk
        self.index = index
        self.outer = outer
    }

    /// Puts what the call has cost in the place of what was set aside. An engine that ends meanwhile leaves it to the next.
    func settle(_ charge: CallCharge) async {
        let end = CallEnd(reply: Digest(of: ParentScope.reply), charge: charge)
        _ = try? await desk.ask(.end(index: index, end, (end.reply, ParentScope.reply)))
        await outer?.settle(charge)
    }
}

extension RunExecutor {
    /// The node for which the calls of its part count; nil when it has ended, or there is no budget that they count for.
    func placeForParts(of name: String, always: Bool) -> Int? {
        guard let node = machine.index(of: name), machine.takesParts(node), always || machine.hasBudget(node) else {
            return nil
        }
        return node
    }

    /// Gives the calls of parts that were open when the last engine died their ends: what the runs of the parts say that
    /// their calls have cost, less what was told of it before.
    func settleLostParts(_ batch: inout RunBatch) async throws(StoreError) {
        let lost = lostParts
        lostParts = []
        guard !lost.isEmpty else { return }
        var rows: [String: [CallSummary]] = [:]
        for row in try await site.store.calls(of: site.run) where row.start.kind == .part {
            rows[row.start.name, default: []].append(row)
        }
        for (child, calls) in rows.sorted(by: { $0.key < $1.key }) {
            let open = calls.compactMap { row -> (node: Int, number: Int)? in
                guard row.end == nil, let node = machine.index(of: row.node),
                    lost.contains(where: { $0.node == node && $0.number == row.index })
                else { return nil }
                return (node, row.index)
            }
            guard !open.isEmpty else { continue }
            let told = calls.filter { row in
                !open.contains { machine.index(of: row.node) == $0.node && $0.number == row.index }
            }.reduce(CallCharge()) { $0 + $1.charge }
            let all = try await site.store.calls(of: child).reduce(CallCharge()) { $0 + $1.charge }
            var rest = CallCharge(
                tokens: Swift.max(0, all.tokens &- told.tokens), money: Swift.max(.zero, all.money - told.money),
                isPriced: all.isPriced)
            let reply = Digest(of: ParentScope.reply)
            batch.contents.append((reply, ParentScope.reply))
            for (node, number) in open {
                let attempt = Int(machine.nodes[node].attempt)
                let end = CallEnd(reply: reply, charge: rest)
                advance(.callEnded(node, attempt: attempt, index: number, end), &batch)
                rest = CallCharge()
            }
        }
    }
}
