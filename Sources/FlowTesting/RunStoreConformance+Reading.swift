// SPDX-License-Identifier: Apache-2.0

import FlowEngine

extension RunStoreConformance {
    static let reading: [Check] = [
        Check(name: "gives nothing for what is not there") { store in
            try requireEqual(await store.run("r"), nil, "run")
            try requireEqual(await store.runs(RunQuery()), [], "runs")
            try requireEqual(await store.events(of: "r", after: 0, limit: 9), [], "events")
            try requireEqual(await store.nodes(of: "r"), [], "nodes")
            try requireEqual(await store.calls(of: "r"), [], "calls")
            try requireEqual(await store.content(digest), nil, "content")
        },
        Check(name: "gives the calls of a run in the order of their starts") { store in
            let start = CallStart(
                kind: .model, name: awkward, request: digest(3),
                reservation: CallCharge(tokens: .max, money: Money(picodollars: .max), isPriced: false))
            let end = CallEnd(
                reply: digest(4), failed: true, answeredBy: awkward, provider: awkward,
                usage: ModelUsage(
                    promptTokens: .max, completionTokens: 2, cachedTokens: 3, reasoningTokens: 4, estimated: true),
                charge: CallCharge(tokens: 5, money: Money(picodollars: 6)), latency: Milliseconds(7), isTaped: true)
            let other = CallStart(kind: .tool, name: "t", request: digest(5))
            let events: [RunEvent] = [
                .nodeStarted(node: awkward, attempt: 1), .nodeStarted(node: "b", attempt: 2),
                .callStarted(node: awkward, attempt: 1, index: 1, call: start),
                .callStarted(node: "b", attempt: 2, index: 1, call: other),
                .callEnded(node: "b", attempt: 2, index: 1, end: CallEnd(reply: digest(6))),
                .callStarted(node: awkward, attempt: 1, index: 2, call: other),
                .callEnded(node: awkward, attempt: 1, index: 1, end: end),
                .callEnded(node: "nobody", attempt: 1, index: 1, end: end),
                // What was told first counts.
                .callStarted(node: "b", attempt: 3, index: 1, call: start),
                .callEnded(node: "b", attempt: 2, index: 1, end: end),
            ]
            var log = creation("r").events
            for event in events { log.append(recorded(Int64(log.count + 1), event)) }
            try await store.commit(StoreBatch(run: "r", events: log, summary: summary("r")))
            try await store.commit(creation("other"))
            let calls = try await store.calls(of: "r")
            try requireEqual(calls, CallSummary.calls(in: log), "calls")
            try requireEqual(calls.map(\.node), [awkward, "b", awkward], "nodes of calls")
            try requireEqual(calls.map { $0.end?.reply }, [digest(4), digest(6), nil], "replies")
            try requireEqual(calls.first?.end, end, "an end")
            try requireEqual(await store.calls(of: "other"), [], "calls of another run")
        },
        Check(name: "gives events page by page") { store in
            try await store.commit(StoreBatch(run: "r", events: starts(1...25), summary: summary("r")))
            var found: [RecordedEvent] = []
            while true {
                let page = try await store.events(of: "r", after: found.last?.sequence ?? 0, limit: 10)
                try require(page.count <= 10, "a page of \(page.count)")
                if page.isEmpty { break }
                found += page
            }
            try requireEqual(found, starts(1...25), "events")
            for (after, limit, count) in [
                (0, 0, 0), (0, -1, 0), (-5, 2, 2), (24, 10, 1), (25, 10, 0), (Int64.max, 10, 0), (Int64.min, .max, 25),
            ] as [(Int64, Int, Int)] {
                let found = try await store.events(of: "r", after: after, limit: limit).count
                try requireEqual(found, count, "events after \(after), limit \(limit)")
            }
        },
        Check(name: "keeps every field of a run") { store in
            var run = summary("r", workflow: awkward)
            try await store.commit(StoreBatch(run: "r", summary: run))
            try requireEqual(await store.run("r"), run, "new run")
            for status in RunStatus.allCases.sorted(by: { !$0.isTerminal && $1.isTerminal }) {
                run.status = status
                run.startedAt = Timestamp(milliseconds: 1)
                run.endedAt = Timestamp(milliseconds: .max)
                (run.nodeCount, run.endedCount, run.interruptions) = (1_000_000, 7, 3)
                (run.failedNode, run.reason) = (awkward, "")
                try await store.commit(StoreBatch(run: "r", summary: run))
                try requireEqual(await store.run("r"), run, "changed run")
                if status.isTerminal { break }
            }
        },
        Check(name: "keeps the tree of runs, and what is said of branches last") { store in
            for run in ["root", "a", "b", "other"] { try await store.commit(creation(run)) }
            var a = BranchSummary(run: "a", parent: "root", kind: .branch, name: awkward, hypothesis: "h")
            let b = BranchSummary(run: "b", parent: "a", kind: .replay)
            try await store.commit(StoreBatch(run: "a", branch: a))
            try await store.commit(StoreBatch(run: "b", branch: b))
            (a.verdict, a.conclusion, a.isHead) = (.refuted, "no", true)
            try await store.commit(StoreBatch(run: "a", branch: a))
            try requireEqual(await store.branch("a"), a, "changed branch")
            try requireEqual(await store.branch("other"), nil, "a run that comes from no other")
            try requireEqual(await store.branches(of: nil), [a, b], "all")
            try requireEqual(await store.branches(of: ["root", "nobody"]), [a], "of a parent")
            let lost = BranchSummary(run: "other", parent: "nobody", kind: .branch)
            var isRefused = false
            do throws(StoreError) {
                try await store.commit(StoreBatch(run: "other", branch: lost))
            } catch {
                isRefused = true
            }
            try require(isRefused, "a branch of a run that is not there was taken")
            try requireEqual(await store.branch("other"), nil, "a branch of a run that is not there")
        },
        Check(name: "keeps nodes in the order in which they came") { store in
            try await store.commit(creation("r"))
            try await store.commit(creation("other"))
            let names = ["zeta", "alpha", awkward, "each[\u{E9}]", "each[e\u{301}]", ""]
            var nodes = names.map { NodeSummary(node: $0, kind: "run", status: .running, attempt: 1) }
            for node in nodes {
                try await store.commit(StoreBatch(run: "r", nodes: [node]))
                try await store.commit(StoreBatch(run: "other", nodes: [node]))
            }
            nodes[1].status = .succeeded
            nodes[1].result = digest
            nodes[0].message = awkward
            nodes[0].startedAt = Timestamp(milliseconds: 5)
            nodes[0].endedAt = Timestamp(milliseconds: 6)
            nodes[0].attempt = 2
            try await store.commit(StoreBatch(run: "r", nodes: [nodes[1], nodes[0]]))
            try requireEqual(await store.nodes(of: "r"), nodes, "nodes")
            let running = NodeOverview(counts: [.running: 5, .succeeded: 1], rows: nodes)
            try requireEqual(await store.overview(of: "r", settled: []), running, "overview")
            var open = nodes
            open.remove(at: 1)
            try requireEqual(
                await store.overview(of: "r", settled: [.succeeded, .failed]),
                NodeOverview(counts: running.counts, rows: open), "overview without what is settled")
            let last = try await store.events(of: "r", after: 0, limit: 100).last?.sequence
            try requireEqual(await store.lastSequence(of: "r"), last, "last sequence")
            try requireEqual(await store.lastSequence(of: "nobody"), 0, "last sequence of no run")
            try requireEqual(await store.overview(of: "nobody", settled: []).total, 0, "nodes of no run")
        },
        Check(name: "keeps contents by their digest") { store in
            try await store.commit(creation("r"))
            let sizes = [0, 1, 1000, 32 << 10, (32 << 10) + 1, 1 << 20]
            let contents = sizes.map { size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) } }
            let named = contents.map { (digest: digest(of: $0), bytes: $0) }
            try await store.commit(StoreBatch(run: "r", contents: named))
            // Again, and in another run: the same content is no conflict.
            try await store.commit(StoreBatch(run: "q", contents: named + named, summary: summary("q")))
            for (digest, bytes) in named {
                try require(await store.content(digest) == bytes, "a content of \(bytes.count) bytes is not the same")
            }
        },
        Check(name: "refuses a content under a wrong digest") { store in
            for size in [10, 100_000] {
                let bytes = [UInt8](repeating: 7, count: size)
                let batch = StoreBatch(run: "r", contents: [(digest, bytes)], summary: summary("r"))
                try await requireRefusal(.corrupt, batch, by: store, "\(size) bytes")
            }
            try requireEqual(await store.content(digest), nil, "content")
            try requireEqual(await store.run("r"), nil, "run")
        },
        Check(name: "keeps long payloads") { store in
            let keys = (0..<50_000).map { "key \($0)" }
            let events = [
                recorded(1, .nodeExpanded(node: "each", keys: keys, items: digest)),
                recorded(2, .nodeSkipped(node: "n", reason: String(repeating: "\u{1F600}", count: 500_000))),
            ]
            try await store.commit(StoreBatch(run: "r", events: events, summary: summary("r")))
            let found = try await store.events(of: "r", after: 0, limit: 9)
            try require(found == events, "the events are not the same")
        },
        Check(name: "lists the newest runs first") { store in
            for number in 0..<100 {
                // A clock that goes back does not change the order.
                let row = summary("r\(number)", at: number == 50 ? 0 : Int64(number))
                try await store.commit(StoreBatch(run: row.id, summary: row))
            }
            try await store.commit(StoreBatch(run: "r3", summary: summary("r3", status: .failed)))
            let newest = (0..<100).reversed().map { "r\($0)" }
            try requireEqual(await store.runs(RunQuery(limit: 1000)).map(\.id), newest, "all")
            try requireEqual(await store.runs(RunQuery()).map(\.id), Array(newest.prefix(50)), "without a limit")
            for limit in [0, -1] { try requireEqual(await store.runs(RunQuery(limit: limit)), [], "limit \(limit)") }
        },
        Check(name: "filters runs") { store in
            let rows = [
                summary("ab1", workflow: "x", status: .running), summary("ab2", workflow: "y", status: .failed),
                summary("b%_", workflow: "x", status: .failed), summary("b\u{E9}1", workflow: "\u{E9}"),
                summary("be\u{301}1", workflow: "e\u{301}"), summary("b\u{10FFFF}", workflow: "X"),
                summary("AB3", workflow: "", status: .waiting),
            ]
            for row in rows { try await store.commit(StoreBatch(run: row.id, summary: row)) }
            let cases: [(RunQuery, [String])] = [
                (RunQuery(statuses: [.failed]), ["b%_", "ab2"]),
                (RunQuery(statuses: [.failed, .waiting]), ["AB3", "b%_", "ab2"]),
                (RunQuery(statuses: [.paused]), []),
                (RunQuery(workflow: "x"), ["b%_", "ab1"]),
                (RunQuery(workflow: "\u{E9}"), ["b\u{E9}1"]),
                (RunQuery(workflow: ""), ["AB3"]),
                (RunQuery(idPrefix: "ab"), ["ab2", "ab1"]),
                (RunQuery(idPrefix: "ab1"), ["ab1"]),
                (RunQuery(idPrefix: "ab11"), []),
                (RunQuery(idPrefix: "b%"), ["b%_"]),
                (RunQuery(idPrefix: "a_"), []),
                (RunQuery(idPrefix: "be"), ["be\u{301}1"]),
                (RunQuery(idPrefix: "b\u{E9}"), ["b\u{E9}1"]),
                (RunQuery(idPrefix: "b\u{10FFFF}"), ["b\u{10FFFF}"]),
                (RunQuery(idPrefix: ""), rows.reversed().map(\.id)),
                (RunQuery(statuses: [.failed], workflow: "x", idPrefix: "b"), ["b%_"]),
                (RunQuery(statuses: [.running, .failed], limit: 1), ["b\u{10FFFF}"]),
            ]
            for (query, expected) in cases {
                // By bytes: a text that only looks the same is not the same.
                let found = try await store.runs(query).map { Array($0.id.utf8) }
                try requireEqual(found, expected.map { Array($0.utf8) }, "\(query)")
            }
        },
        Check(name: "tells ids apart by their bytes") { store in
            for id in ["\u{E9}", "e\u{301}"] { try await store.commit(creation(id)) }
            try await store.commit(StoreBatch(run: "e\u{301}", events: starts(2...3)))
            try requireEqual(await store.events(of: "\u{E9}", after: 0, limit: 9).count, 1, "events of the first")
            try requireEqual(await store.events(of: "e\u{301}", after: 0, limit: 9).count, 3, "events of the second")
        },
    ]
}
