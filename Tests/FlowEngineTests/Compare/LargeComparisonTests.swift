// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct LargeComparisonTests {
    private static let count = 4000

    private static func rows(
        _ status: NodeStatus = .succeeded, _ values: [Int: Int] = [:]
    ) -> [(name: String, status: NodeStatus, n: Int)] {
        (0..<count).map { ("n\($0)", values[$0] == nil ? status : .succeeded, values[$0] ?? 1) }
    }

    @Test("Runs of one source: what differs is found, and no result is read that does not")
    func sameSource() async throws {
        let runs = try StoredRuns()
        let text = StoredRuns.chains(Self.count)
        try #require(NodeSlices(Array(text.utf8)) != nil)
        let a = try await runs.add("aa", text, rows: Self.rows())
        let b = try await runs.add("bb", text, rows: Self.rows(.reused, [5: 2, 6: 3, 17: 2, 3999: 7]))
        let pair = try await runs.compare([a, b])
        #expect(
            PlantedPair.lines(of: pair).map { $0.split(separator: " ").prefix(3).joined(separator: " ") } == [
                "n5 nondeterministic first", "n6 upstream n", "n17 nondeterministic first", "n3999 nondeterministic first",
            ])
        #expect(pair.sameNodes == Self.count - 4)
        // Two manifests, two forms, and two results for each of four nodes.
        #expect(runs.store.contents.withLock { $0 } <= 4 + 8)
    }

    @Test("A taken-over node is like one that succeeded")
    func reused() async throws {
        let runs = try StoredRuns()
        let text = StoredRuns.chains(Self.count)
        let a = try await runs.add("aa", text, rows: Self.rows())
        let b = try await runs.add("bb", text, rows: Self.rows(.reused))
        let pair = try await runs.compare([a, b])
        #expect(pair.isSame)
        #expect(pair.sameNodes == Self.count)
    }

    @Test("A large workflow cut into nodes gives what the whole gives", arguments: [true, false])
    func sliced(_ isCut: Bool) async throws {
        let runs = try StoredRuns()
        // A tab behind a comment sign keeps the text from being cut.
        let end = isCut ? "" : "#\t\n"
        let old = StoredRuns.chains(Self.count) + end
        let new = StoredRuns.chains(Self.count) { node in
            switch node {
            case 3: "  n3:\n    set: {n: 2}\n    needs: [n2]\n"
            // The same, written otherwise.
            case 20: "  n20: {set: {n: 1}, needs: []}\n"
            case 30: ""
            case 31: "  n31: {set: {n: 1}}\n"
            default: nil
            }
        } + "  more: {needs: [n3999], set: {n: 1}}\n" + end
        try #require((NodeSlices(Array(new.utf8)) != nil) == isCut)
        let a = try await runs.add("aa", old, rows: Self.rows())
        let b = try await runs.add(
            "bb", new, rows: Self.rows(.reused, [3: 2, 4: 2]).filter { $0.name != "n30" } + [("more", .succeeded, 1)])
        let pair = try await runs.compare([a, b])
        #expect(
            PlantedPair.lines(of: pair) == [
                "n3 patched first def:set n succeeded→succeeded", "n4 upstream n",
            ].map { $0.split(separator: " succeeded→succeeded")[0] }.map(String.init) + [
                "n30 only_in_base first succeeded→none", "n31 patched def:needs succeeded→reused",
                "more only_in_other first none→succeeded",
            ])
    }

    @Test(
        "A text that is not plain is not cut",
        arguments: [
            "nodes: {a: {set: {n: 1}}}\n", "include: [x.yaml]\nnodes:\n  a: {set: {n: 1}}\n",
            "nodes:\n  a: &x {set: {n: 1}}\n  b: *x\n", "nodes:\n  \"a\": {set: {n: 1}}\n",
            "nodes:\n  a: {switch: x}\n", "nodes:\n  a:\n    \"fallback\": b\n", "nodes:\n\ta: 1\n",
            "nodes:\n  a: {set: {n: 1}}\n  a: {set: {n: 1}}\n", "nodes:\n  a: {set:\n{n: 1}}\n", "flow: 1\n",
            "nodes:\n  a: 1\nnodes:\n  b: 1\n", "nodes:\n    a: 1\n  b: 1\n",
        ])
    func notCut(_ text: String) {
        #expect(NodeSlices(Array(text.utf8)) == nil)
    }
}
