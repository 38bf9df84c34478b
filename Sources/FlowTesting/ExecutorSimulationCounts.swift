// SPDX-License-Identifier: Apache-2.0

/// How often what happened in simulated lives.
public struct ExecutorSimulationCounts: Sendable, Hashable {
    /// What is counted, in the order in which it is told.
    public enum Entry: String, Sendable, Hashable, CaseIterable {
        case steps, facts, commits, attempts, requests
        case crashes
        case crashesBeforeCommit = "crashes with a write that is lost"
        case crashesAfterCommit = "crashes with a write that is kept"
        case recoveryCrashes = "crashes while an engine takes the run up"
        case stops = "orderly stops"
        case fullDisks = "full disks"
        case lostReplies = "lost replies"
        case failedReads = "failed reads"
        case slowWrites = "slow writes"
        case clockJumps = "clock jumps"
        case lateEnds = "late ends after a cancellation"
        case timeouts = "attempts that outlast their time"
        case strayWakes = "wakes out of turn"
        case repeatedStarts = "repeated starts"
        case refusedRequests = "refused requests"
        case interruptions, retries, iterations, waits, decisions
        case fanOuts = "fan-outs"
        case pauses, cancellations, calls
        case replays = "logs folded and compared"
    }

    private var numbers: [Int]

    /// Nothing has happened.
    public init() { numbers = [Int](repeating: 0, count: Entry.allCases.count) }

    /// How often something happened.
    public subscript(entry: Entry) -> Int {
        get { numbers[Self.places[entry] ?? 0] }
        set { numbers[Self.places[entry] ?? 0] = newValue }
    }

    /// Adds the numbers of other lives.
    public static func += (sum: inout Self, other: Self) {
        for place in sum.numbers.indices { sum.numbers[place] += other.numbers[place] }
    }

    private static let places = Dictionary(uniqueKeysWithValues: zip(Entry.allCases, 0...))
}
