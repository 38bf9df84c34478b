// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What one turn of the loop commits.
struct RunBatch: Sendable {
    var now: Timestamp
    var events: [RecordedEvent] = []
    var contents: [(digest: Digest, bytes: [UInt8])] = []
    var hasEmptyRecord = false
    /// Nodes whose conditions hold, which need no slot, and which have not been told to the machine yet.
    var prepared: [Int] = []
    /// What was set aside of shared budgets for the calls that begin.
    var claims: [Int64] = []
    /// What the world is to see when it is durable.
    var later: [RunEffect] = []
    /// Who is to be told what became of their requests.
    var replies: [(RunExecutor.Reply, EngineError?)] = []
    /// Attempts that wait for what becomes of their calls, and what they are told when the batch is durable.
    var callReplies: [(CheckedContinuation<CallAnswer, Never>, CallAnswer)] = []

    /// Tells all who wait that it could not be written.
    func refuse(_ error: StoreError) {
        for (reply, _) in replies { reply.resume(returning: EngineError(error)) }
        for (reply, _) in callReplies { reply.resume(returning: .refused(.stopped(error.description))) }
    }
}

extension RunExecutor {
    /// A batch on its way to the disk.
    struct Writing {
        var batch: RunBatch
        var task: Task<StoreError?, Never>
    }
}
