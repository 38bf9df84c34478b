// SPDX-License-Identifier: Apache-2.0

/// A call of a run: derived from the events, kept for quick reading.
public struct CallSummary: Sendable, Hashable {
    public var node: String
    public var attempt: Int
    /// From 1, through all attempts of the node.
    public var index: Int
    public var start: CallStart
    public var startedAt: Timestamp
    /// Nil of a call that goes on, or whose end nobody saw.
    public var end: CallEnd?
    public var endedAt: Timestamp?

    /// A call that has begun.
    public init(node: String, attempt: Int, index: Int, start: CallStart, startedAt: Timestamp) {
        self.node = node
        self.attempt = attempt
        self.index = index
        self.start = start
        self.startedAt = startedAt
    }

    /// What the call costs: what was set aside for it as long as no end is known.
    public var charge: CallCharge { end?.charge ?? start.reservation }

    /// The calls that a log tells of, in the order in which they began.
    public static func calls(in events: some Sequence<RecordedEvent>) -> [CallSummary] {
        var calls: [CallSummary] = []
        var places: [Key: Int] = [:]
        for recorded in events {
            switch recorded.event {
            case .callStarted(let node, let attempt, let index, let start):
                // What is told first counts.
                let key = Key(node: node, index: index)
                guard places[key] == nil else { break }
                places[key] = calls.count
                calls.append(
                    CallSummary(node: node, attempt: attempt, index: index, start: start, startedAt: recorded.at))
            case .callEnded(let node, _, let index, let end):
                guard let place = places[Key(node: node, index: index)], calls[place].end == nil else { break }
                calls[place].end = end
                calls[place].endedAt = recorded.at
            default: break
            }
        }
        return calls
    }

    private struct Key: Hashable {
        var node: [UInt8]
        var index: Int

        /// Texts that only look the same are not the same node.
        init(node: String, index: Int) {
            self.node = Array(node.utf8)
            self.index = index
        }
    }
}

extension RunStore {
    /// The calls of a run, read from its events.
    public func calls(of run: String) async throws(StoreError) -> [CallSummary] {
        var events: [RecordedEvent] = []
        var last: Int64 = 0
        while true {
            let page = try await self.events(of: run, after: last, limit: 10_000)
            events += page.filter { recorded in
                switch recorded.event {
                case .callStarted, .callEnded: true
                default: false
                }
            }
            guard page.count == 10_000, let next = page.last?.sequence else { break }
            last = next
        }
        return CallSummary.calls(in: events)
    }
}
