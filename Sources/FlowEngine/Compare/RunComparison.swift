// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Two to six runs beside each other: the first is the base, and each other one is compared with it.
public struct RunComparison: Sendable, Hashable {
    /// A run that is compared.
    public struct Run: Sendable, Hashable {
        /// `A` for the base, then `B` to `F`.
        public var letter: String
        public var id: String
        public var workflow: String
        public var status: RunStatus
        public var reason: String?
        public var createdAt: Timestamp
        /// From the start to the end; nil while there is none.
        public var duration: Milliseconds?
        /// How many nodes and items have a row.
        public var nodes: Int
        /// How many of them were taken over from another run.
        public var reused: Int
        /// All attempts of all nodes.
        public var attempts: Int
        /// The digest of the source.
        public var source: Digest
        /// The run's place in the tree of runs, with its hypothesis; nil of a run that comes from no other.
        public var branch: BranchSummary?
    }

    /// The runs, the base first.
    public var runs: [Run]
    /// The other runs against the base, in their order.
    public var pairs: [RunPair]
    /// Whether what is the same is there too.
    public var showsAll: Bool

    /// How many runs can be compared.
    public static let counts = 2...6
}

/// One run against the base.
public struct RunPair: Sendable, Hashable {
    /// The letters of the base and of the other run.
    public var base: String
    public var other: String
    /// What differs in the definition of the workflow itself.
    public var definition: [DefinitionChange] = []
    /// Files that belong to the workflow and differ, by their path.
    public var sourceFiles: [String] = []
    public var inputs: [ValueChange] = []
    public var options: [ValueChange] = []
    /// Nodes that differ, in the order of the base, what is only in the other run after it.
    public var nodes: [NodePair] = []
    /// How many nodes do not differ.
    public var sameNodes = 0
    /// The outputs of the workflow.
    public var outputs: [ValueChange] = []
    public var metrics: [MetricChange] = []
    public var samples: [SampleComparison] = []

    /// The nodes that differ although nothing before them does, in order.
    public var firstDivergences: [String] { nodes.lazy.filter(\.isFirst).map(\.node) }

    /// Whether nothing differs but times.
    public var isSame: Bool {
        definition.isEmpty && sourceFiles.isEmpty && !inputs.contains { $0.kind != .same }
            && !options.contains { $0.kind != .same } && !nodes.contains(where: \.differs)
            && !outputs.contains { $0.kind != .same }
    }
}

/// A node or an item of one in two runs.
public struct NodePair: Sendable, Hashable {
    /// Why a node differs.
    public enum Cause: String, Sendable, Hashable, CaseIterable {
        case same
        /// Its own definition or an input it reads differs, or its outputs were given by a person.
        case patched
        /// A node that it depends on differs.
        case upstream
        /// Neither, and yet its results differ.
        case nondeterministic
        case onlyInBase = "only_in_base"
        case onlyInOther = "only_in_other"
    }

    /// What became of the node in one run.
    public struct Side: Sendable, Hashable {
        /// Nil when nothing has happened to the node.
        public var status: NodeStatus?
        public var attempts = 0
        /// From the start of the first attempt to the end.
        public var duration: Milliseconds?
        /// The failure, or the reason for skipping, omitting or waiting.
        public var message: String?
        public var usage: ModelCost?
        /// Whether the result was taken over from another run.
        public var isReused: Bool { status == .reused }
    }

    public var node: String
    public var kind: String
    public var cause: Cause
    /// What the cause is, such as `definition of run`, `input days`, `after fetch`.
    public var reasons: [String] = []
    /// Whether the node is a first divergence: its result differs, and that of no node before it.
    public var isFirst = false
    /// Whether status or result differ.
    public var resultDiffers = false
    public var base = Side()
    public var other = Side()
    public var definition: [DefinitionChange] = []
    /// The values that its templates gave, where they differ.
    public var rendered: [ValueChange] = []
    public var outputs: [ValueChange] = []
    public var files: [FileChange] = []

    /// Whether anything but the time differs.
    public var differs: Bool { cause != .same || resultDiffers || !definition.isEmpty || attemptsDiffer }

    /// Whether both ran, and not equally often.
    public var attemptsDiffer: Bool {
        base.status == other.status && !base.isReused && base.attempts != other.attempts
    }
}

/// A part of a definition, such as a node's `run` or `needs`, that differs.
public struct DefinitionChange: Sendable, Hashable {
    public var part: String
    /// The texts; nil where the part is not there.
    public var old: String?
    public var new: String?
}

/// A value that differs at a path, such as `items[3].price`.
public struct ValueChange: Sendable, Hashable {
    /// What became of it.
    public enum Kind: String, Sendable, Hashable { case same, changed, added, removed }

    /// Elements of arrays are named by their place in the other run, and what is only in the base by its place there.
    public var path: String
    public var old: JSONValue?
    public var new: JSONValue?

    /// What became of the value.
    public var kind: Kind {
        switch (old, new) {
        case (nil, _): .added
        case (_, nil): .removed
        default: old == new ? .same : .changed
        }
    }
}

/// A kept file that differs.
public struct FileChange: Sendable, Hashable {
    /// The file in one run.
    public struct Side: Sendable, Hashable {
        public var digest: Digest
        /// In bytes.
        public var size: Int64
        public var mediaType: String?
        public var file: String
        /// The bytes of an image, where a page is to show them.
        public var image: [UInt8]?
    }

    public var name: String
    public var old: Side?
    public var new: Side?
    /// The differences of two small texts as `diff -u` prints them.
    public var text: String?
}

/// Tokens and money that a node has used up.
public struct ModelCost: Sendable, Hashable {
    public var promptTokens: Int64 = 0
    public var completionTokens: Int64 = 0
    /// US dollars; nil where it is not known.
    public var dollars: Double?
}

/// An output with a goal in two runs.
public struct MetricChange: Sendable, Hashable {
    /// What is to be said of the change.
    public enum Verdict: String, Sendable, Hashable { case better, worse, same }

    /// `outputs.NAME` of the workflow or `NODE.NAME`.
    public var name: String
    public var goal: OutputGoal
    public var old: Double
    public var new: Double

    /// New less old.
    public var delta: Double { new - old }

    /// The change in percent of the old value; nil where that is zero.
    public var percent: Double? { old == 0 ? nil : delta / abs(old) * 100 }

    /// Whether the change goes towards the goal.
    public var verdict: Verdict {
        new == old ? .same : (new > old) == (goal == .max) ? .better : .worse
    }
}

/// The numbers that a node with several results gave in two runs.
public struct SampleComparison: Sendable, Hashable {
    /// `NODE.OUTPUT`, with the member of a sample after it.
    public var name: String
    public var old: SampleStatistics
    public var new: SampleStatistics
    /// Of the hypothesis that both come from the same source; nil where there are too many or too few numbers.
    public var p: Double?
    /// Whether all ways to share the numbers out were counted.
    public var isExact: Bool

    /// The difference of the means, new less old.
    public var delta: Double { new.mean - old.mean }
}
