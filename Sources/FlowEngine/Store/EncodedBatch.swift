// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A batch as it is written: encoded by the caller, so that the one writer has little to do.
struct EncodedBatch: Sendable {
    /// Contents up to this many bytes lie in the database, larger ones are files: from there on a file is quicker
    /// and keeps the log of the database short.
    static let largestContentInDatabase = 32 << 10

    struct Content: Sendable {
        var digest: Digest
        var size: Int64
        /// Nil when the content is a file.
        var bytes: [UInt8]?
    }

    var run: String
    var events: [EncodedEvent] = []
    var contents: [Content] = []
    var summary: RunSummary?
    var nodes: [NodeSummary] = []
    var branch: BranchSummary?
    /// The session that a new run belongs to, and whether the run is a part of another one.
    var session: String?
    var isPart = false
    var claims: [Int64] = []
    var solved: [SolvedError] = []
    /// Whether its calls count for the budgets of the project: not those that were made elsewhere.
    var countsSpending = true

    /// Whether the batch says something about its run, which then must be there.
    var concernsRun: Bool { !events.isEmpty || !nodes.isEmpty || summary != nil || branch != nil }

    /// Encodes a batch. Large contents must be files before it is written.
    init(_ batch: StoreBatch) throws(StoreError) {
        precondition(batch.summary.map { $0.id.utf8.elementsEqual(batch.run.utf8) } ?? true, "the row of another run")
        run = batch.run
        summary = batch.summary
        nodes = batch.nodes
        branch = batch.branch
        (session, isPart, claims) = (batch.session, batch.isPart, batch.claims)
        solved = batch.solved
        events = batch.events.map { EncodedEvent($0) }
        for event in events where event.canonical.count > EventRow.limits.length {
            throw StoreError(.inputOutput, "event \(event.row.sequence) of run '\(run)' is too large to be stored")
        }
        for (digest, bytes) in batch.contents {
            let isSmall = bytes.count <= Self.largestContentInDatabase
            if isSmall { try Self.check(bytes, digest) }
            contents.append(Content(digest: digest, size: Int64(bytes.count), bytes: isSmall ? bytes : nil))
        }
    }

    /// A batch that records a content which is a file.
    init(file digest: Digest, size: Int64) {
        run = ""
        contents = [Content(digest: digest, size: size)]
    }

    /// Refuses a content that has another digest than it is given under.
    static func check(_ bytes: [UInt8], _ digest: Digest) throws(StoreError) {
        let found = Digest(of: bytes)
        guard found == digest else {
            throw StoreError(.corrupt, "the content given as \(digest) has the digest \(found)")
        }
    }
}
