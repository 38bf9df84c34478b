// SPDX-License-Identifier: Apache-2.0

/// How often nodes were tried again, and with what success, over the logs of runs.
public struct RetryStatistics: Sendable, Hashable {
    /// Nodes, and items of a `foreach`, that were started.
    public private(set) var steps = 0
    /// Those of them that failed and were tried again.
    public private(set) var retried = 0
    public private(set) var retriedAndSucceeded = 0
    /// All attempts of all steps.
    public private(set) var attempts = 0
    /// Failed attempts by what went wrong.
    public private(set) var categories: [ErrorCategory: Int] = [:]

    /// Nothing has run.
    public init() {}

    /// Adds the facts of one run, all of them.
    public mutating func add(_ events: some Sequence<RunEvent>) {
        var started: Set<String> = []
        var again: Set<String> = []
        for event in events {
            switch event {
            case .nodeStarted(let node, _):
                attempts += 1
                started.insert(node)
            case .nodeFailed(let node, let attempt, let failure, let retryAt):
                // Of an attempt that never ran, such as one whose values could not be worked out, there is nothing to say.
                guard attempt > 0 else { break }
                categories[ErrorAnalysis(failure).category, default: 0] += 1
                if retryAt != nil { again.insert(node) }
            case .nodeSucceeded(let node, _, _) where again.contains(node): retriedAndSucceeded += 1
            default: break
            }
        }
        steps += started.count
        retried += again.count
    }

    /// The part of the steps that were tried again which succeeded, from 0 to 1; nil when none was.
    public var successRate: Double? { retried == 0 ? nil : Double(retriedAndSucceeded) / Double(retried) }

    /// The attempts of a step on average; nil when none ran.
    public var meanAttempts: Double? { steps == 0 ? nil : Double(attempts) / Double(steps) }
}
