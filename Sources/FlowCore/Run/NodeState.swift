// SPDX-License-Identifier: Apache-2.0

/// What the machine knows of one node, or of one item of a `foreach`.
public struct NodeState: Sendable, Hashable {
    public internal(set) var status: NodeStatus = .pending
    /// The number of the last attempt; 0 before the first.
    public internal(set) var attempt: Int32 = 0
    /// Attempts that failed, for the retry policy. Interrupted attempts do not count.
    public internal(set) var failures: Int32 = 0
    /// The node of the plan.
    public internal(set) var planNode: Int32
    /// The place among the items of a `foreach`; -1 for a node that is no item.
    public internal(set) var item: Int32 = -1
    /// Needs that have not ended.
    var open: Int32 = 0
    /// Whether the node stands in the queue for a slot.
    var isQueued = false
    /// Whether the node stands in line for a place among its siblings, or for units of a pool.
    var isParked = false
    /// Whether the node, an item, has its place among its siblings.
    var hasPlace = false
    /// Whether the node has what it takes of the pools.
    var hasUnits = false
    /// Iterations of a `repeat` that have ended and were not the last.
    public internal(set) var repeats: Int32 = 0
    /// Whether a need has ended in a way that the node cannot use.
    var isDoomed = false
    /// Whether the question that is asked before the node begins has been answered.
    var isGateOpen = false
    /// Whether its items, not itself, do the work.
    var isExpanded = false

    /// Whether an attempt of the node itself runs, not only those of its items.
    public var isAttemptRunning: Bool { status == .running && !isExpanded }

    init(planNode: Int32) { self.planNode = planNode }
}

/// The items of a `foreach` at run time.
struct Expansion: Sendable {
    /// The machine's index of the first item; the others follow.
    var first: Int
    var keys: [String]
    var items: Digest
    /// Items that have not ended.
    var open: Int
    /// Items that stand in the queue for a slot or run.
    var active = 0
    var maxParallel: Int
    /// Items that are prepared and wait for one of their siblings.
    var parked: [Int] = []
    var parkedHead = 0
    var firstFailed: Int?

    /// Gives an item a place beside its siblings, or puts it in line for one.
    mutating func admit(_ item: Int) -> Bool {
        guard active >= maxParallel else {
            active += 1
            return true
        }
        parked.append(item)
        return false
    }

    mutating func unpark() -> Int? {
        guard parkedHead < parked.count else {
            parked.removeAll(keepingCapacity: true)
            parkedHead = 0
            return nil
        }
        parkedHead += 1
        return parked[parkedHead - 1]
    }
}
