// SPDX-License-Identifier: Apache-2.0

import FlowEngine

extension RunStoreConformance {
    static let writing: [Check] = [
        Check(name: "appends events and gives them back in order") { store in
            try await store.commit(creation("r"))
            try await store.commit(StoreBatch(run: "r", events: starts(2...4)))
            try await store.commit(StoreBatch(run: "r", events: starts(5...5)))
            let events = try await store.events(of: "r", after: 0, limit: 100)
            try requireEqual(events, creation("r").events + starts(2...5), "events")
        },
        Check(name: "keeps every event as it was") { store in
            let events = sampleEvents.enumerated().map { recorded(Int64($0.offset) + 1, $0.element) }
            try await store.commit(StoreBatch(run: "r", events: events, summary: summary("r")))
            let found = try await store.events(of: "r", after: 0, limit: events.count)
            for (found, event) in zip(found, events) {
                try requireEqual(found, event, "event")
                // Texts that only look the same are equal to Swift.
                try requireEqual(found.event.json.jsonBytes(), event.event.json.jsonBytes(), "bytes of the event")
            }
            try requireEqual(found.count, events.count, "number of events")
        },
        Check(name: "refuses events that do not continue") { store in
            try await requireRefusal(
                .conflict, StoreBatch(run: "r", events: starts(2...2), summary: summary("r")), by: store,
                "a start at 2")
            try require(await store.run("r") == nil, "a refused run is there")
            try await store.commit(creation("r"))
            for range in [1...1, 3...3, 0...0, Int64.max...Int64.max] as [ClosedRange<Int64>] {
                try await requireRefusal(
                    .conflict, StoreBatch(run: "r", events: starts(range)), by: store, "sequence \(range.lowerBound)")
            }
            try await requireRefusal(
                .conflict, StoreBatch(run: "r", events: starts(2...2) + starts(4...4)), by: store, "a hole")
            try await requireRefusal(
                .conflict, StoreBatch(run: "r", events: starts(2...2) + starts(2...2)), by: store, "a repetition")
            try await store.commit(StoreBatch(run: "r", events: starts(2...2)))
            try requireEqual(await store.events(of: "r", after: 0, limit: 9).count, 2, "number of events")
        },
        Check(name: "stores nothing of a refused batch") { store in
            let content = Array("a content".utf8)
            let digest = digest(of: content)
            try await store.commit(creation("r"))
            var changed = summary("r", status: .failed)
            changed.reason = "changed"
            let batch = StoreBatch(
                run: "r", events: starts(3...3), contents: [(digest, content)], summary: changed,
                nodes: [NodeSummary(node: "n", kind: "run", status: .running)])
            try await requireRefusal(.conflict, batch, by: store, "a hole")
            try requireEqual(await store.run("r"), summary("r"), "row of the run")
            try requireEqual(await store.nodes(of: "r"), [], "nodes")
            try requireEqual(await store.content(digest), nil, "content")
        },
        Check(name: "refuses to create a run twice") { store in
            try await store.commit(creation("r"))
            try await requireRefusal(.conflict, creation("r"), by: store, "the same creation again")
            try await requireRefusal(.conflict, creation("r", workflow: "other"), by: store, "another creation")
            try requireEqual(await store.runs(RunQuery()), [summary("r")], "runs")
            try requireEqual(await store.events(of: "r", after: 0, limit: 9), creation("r").events, "events")
        },
        Check(name: "refuses a batch for a run that is not there") { store in
            try await requireRefusal(.missing, StoreBatch(run: "r", events: starts(1...1)), by: store, "events")
            let node = NodeSummary(node: "n", kind: "run", status: .running)
            try await requireRefusal(.missing, StoreBatch(run: "r", nodes: [node]), by: store, "a node")
        },
        Check(name: "keeps the end of a run and of a node") { store in
            for status in RunStatus.allCases where status.isTerminal {
                let id = status.rawValue
                try await store.commit(creation(id, status: status))
                try await requireRefusal(
                    .conflict, StoreBatch(run: id, summary: summary(id, status: .running)), by: store, "run \(id)")
                var same = summary(id, status: status)
                same.interruptions = 1
                try await store.commit(StoreBatch(run: id, summary: same))
                try requireEqual(await store.run(id), same, "run \(id)")
            }
            try await store.commit(creation("r"))
            for status in NodeStatus.allCases where status.isTerminal {
                var node = NodeSummary(node: status.rawValue, kind: "run", status: status)
                try await store.commit(StoreBatch(run: "r", nodes: [node]))
                node.status = status == .failed ? .succeeded : .failed
                let batch = StoreBatch(run: "r", events: starts(2...2), nodes: [node])
                try await requireRefusal(.conflict, batch, by: store, "node \(status)")
            }
            try requireEqual(await store.events(of: "r", after: 0, limit: 9).count, 1, "number of events")
            try requireEqual(
                await store.nodes(of: "r").map(\.status), NodeStatus.allCases.filter(\.isTerminal), "nodes")
        },
        Check(name: "lets many write at once, each run in its order") { store in
            let runs = 40
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<runs {
                    group.addTask {
                        let id = "r\(number)"
                        try await store.commit(creation(id))
                        for sequence in Int64(2)...21 {
                            try await store.commit(StoreBatch(run: id, events: starts(sequence...sequence)))
                        }
                    }
                }
                try await group.waitForAll()
            }
            for number in 0..<runs {
                let events = try await store.events(of: "r\(number)", after: 0, limit: 100)
                try requireEqual(events, creation("r\(number)").events + starts(2...21), "events of r\(number)")
            }
            try requireEqual(await store.runs(RunQuery(limit: 100)).count, runs, "number of runs")
        },
        Check(name: "lets one of two have a sequence") { store in
            try await store.commit(creation("r"))
            let winners = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let event = recorded(2, .runPaused(by: "\(number)"))
                        return (try? await store.commit(StoreBatch(run: "r", events: [event]))) != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            try requireEqual(winners, 1, "winners")
            try requireEqual(await store.events(of: "r", after: 0, limit: 9).count, 2, "number of events")
        },
        Check(name: "lets the others go on when one is refused") { store in
            for number in 0..<20 { try await store.commit(creation("r\(number)")) }
            let done = NodeSummary(node: "n", kind: "run", status: .succeeded)
            for number in 0..<20 { try await store.commit(StoreBatch(run: "r\(number)", nodes: [done])) }
            let results = await withTaskGroup(of: (Int, StoreError.Code?).self) { group in
                for number in 0..<20 {
                    group.addTask {
                        // Every third changes what has ended, every fifth leaves a hole.
                        let node = NodeSummary(
                            node: "n", kind: "run", status: number.isMultiple(of: 3) ? .failed : .succeeded)
                        let first: Int64 = number.isMultiple(of: 5) ? 3 : 2
                        do throws(StoreError) {
                            let batch = StoreBatch(
                                run: "r\(number)", events: starts(first...(first + 1)), nodes: [node])
                            try await store.commit(batch)
                            return (number, nil)
                        } catch {
                            return (number, error.code)
                        }
                    }
                }
                return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for number in 0..<20 {
                let isRefused = number.isMultiple(of: 3) || number.isMultiple(of: 5)
                try requireEqual(results[number], isRefused ? .conflict : nil, "answer to r\(number)")
                let count = try await store.events(of: "r\(number)", after: 0, limit: 9).count
                try requireEqual(count, isRefused ? 1 : 3, "number of events of r\(number)")
            }
        },
    ]
}
