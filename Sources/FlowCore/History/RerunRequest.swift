// SPDX-License-Identifier: Apache-2.0

/// What a person wants to have run again.
public struct RerunRequest: Sendable, Hashable {
    /// Nodes that run again, with all that is reachable from them.
    public var from: [String]
    /// Only what did not end well runs again, with all that is reachable from it; what was changed does not count.
    public var failedOnly: Bool
    /// Only these nodes run again; what is reachable from them keeps its result. Empty means no such limit.
    public var only: [String]
    /// Inputs whose values are others than those of the old run.
    public var changedInputs: Set<String>
    /// Nodes whose outputs a person gives.
    public var pins: Set<String>

    /// A request; by default what differs and what did not end well runs again.
    public init(
        from: [String] = [], failedOnly: Bool = false, only: [String] = [], changedInputs: Set<String> = [],
        pins: Set<String> = []
    ) {
        self.from = from
        self.failedOnly = failedOnly
        self.only = only
        self.changedInputs = changedInputs
        self.pins = pins
    }
}

/// How a node stood in the old run.
public struct NodeStanding: Sendable, Hashable {
    public var status: NodeStatus
    /// The digest of the node's result.
    public var result: Digest?
    /// The time from its first start to its end.
    public var duration: Milliseconds?

    /// A standing.
    public init(status: NodeStatus, result: Digest? = nil, duration: Milliseconds? = nil) {
        self.status = status
        self.result = result
        self.duration = duration
    }

    /// Whether the node ended so that it can be taken over. What was skipped, or could not run because of what was before
    /// it, is taken over unless something before it runs again.
    var canBeReused: Bool {
        switch status {
        case .succeeded, .reused, .skipped, .omitted: true
        default: false
        }
    }

    /// Whether the node may have had an effect on the world.
    var mayHaveRun: Bool {
        switch status {
        case .pending, .ready, .skipped, .omitted: false
        default: true
        }
    }
}

/// Why there is no plan of a re-run.
public struct RerunError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is the matter.
    public enum Code: String, Sendable, Hashable {
        /// A name that is no node of the new workflow.
        case unknownNode
        /// Two wishes that exclude each other.
        case conflict
    }

    public var code: Code
    public var description: String
    public var help: [String]

    /// A refusal, with what to do instead.
    public init(_ code: Code, _ description: String, help: [String] = []) {
        self.code = code
        self.description = description
        self.help = help
    }
}
