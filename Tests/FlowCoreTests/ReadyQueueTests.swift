// SPDX-License-Identifier: Apache-2.0

import FlowTesting
import Testing

@testable import FlowCore

struct ReadyQueueTests {
    private struct Entry {
        var priority: Int
        var height: Int32
        var node: Int
    }

    /// The same order as sorting, also when nodes come and go in between.
    @Test func theMostUrgentNodeComesFirst() {
        for seed in 0..<200 as Range<UInt64> {
            var random = FlowTesting.SeededGenerator(seed: seed)
            var queue = ReadyQueue()
            var model: [Entry] = []
            for node in 0..<200 {
                if random.chance(60) {
                    let entry = Entry(
                        priority: random.pick([.min, -1, 0, 0, 1, .max]), height: Int32(random.below(4)), node: node)
                    queue.insert(node, priority: entry.priority, height: entry.height)
                    model.append(entry)
                    model.sort { ($1.priority, $1.height, $0.node) < ($0.priority, $0.height, $1.node) }
                } else {
                    queue.removeFirst()
                    if !model.isEmpty { model.removeFirst() }
                }
                #expect(queue.first == model.first?.node, "seed \(seed)")
                #expect(queue.isEmpty == model.isEmpty)
            }
        }
    }

    @Test func nothingComesOfAnEmptyQueue() {
        var queue = ReadyQueue()
        queue.removeFirst()
        #expect(queue.first == nil)
        #expect(queue.isEmpty)
    }
}
