// SPDX-License-Identifier: Apache-2.0

/// Nodes that want a slot, the most urgent first: by priority, then by the length of the chain that waits behind
/// them (critical path first), then in order of the file. A binary heap: O(log n) each way.
struct ReadyQueue: Sendable {
    private struct Entry: Sendable {
        var priority: Int32
        var height: Int32
        var node: Int32

        func precedes(_ other: Entry) -> Bool {
            (other.priority, other.height, node) < (priority, height, other.node)
        }
    }

    private var heap: [Entry] = []

    var isEmpty: Bool { heap.isEmpty }

    /// The most urgent node.
    var first: Int? { heap.first.map { Int($0.node) } }

    mutating func insert(_ node: Int, priority: Int, height: Int32) {
        heap.append(Entry(priority: Int32(clamping: priority), height: height, node: Int32(node)))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].precedes(heap[best]) {
                best = child
            }
            if best == parent { return }
            heap.swapAt(parent, best)
            parent = best
        }
    }
}
