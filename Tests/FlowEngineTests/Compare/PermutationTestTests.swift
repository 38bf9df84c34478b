// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

@Suite struct PermutationTestTests {
    @Test(
        "p is the part of all ways whose means lie as far apart",
        arguments: [
            // Of the 20 ways to choose three of six only the two extreme ones are as far apart.
            ([1, 2, 3], [4, 5, 6], 2.0 / 20), ([4, 5, 6], [1, 2, 3], 2.0 / 20), ([1, 1, 1], [1, 1, 1], 1),
            // 1 | 2 3: means 1 and 2.5; the other ways are 2 | 1 3 (equal) and 3 | 1 2 (as far).
            ([1], [2, 3], 2.0 / 3), ([1, 2], [3, 4], 2.0 / 6), ([0.1, 0.2], [0.2, 0.1], 1),
        ] as [([Double], [Double], Double)])
    func exact(_ a: [Double], _ b: [Double], _ p: Double) throws {
        let test = try #require(PermutationTest(a, b))
        #expect(test.isExact)
        #expect(abs(test.p - p) < 1e-12)
    }

    @Test("Where there are too many ways they are drawn, the same every time, and come near to the exact p")
    func drawn() throws {
        let a = (0..<12).map { Double($0) }
        let b = (0..<12).map { Double($0) + 3.5 }
        let test = try #require(PermutationTest(a, b))
        #expect(!test.isExact)
        #expect(test.p == PermutationTest(a, b)?.p)
        // The exact p by counting the sums of all 2,704,156 ways.
        #expect(abs(test.p - Self.exactP(a, b)) < 0.01)
        let far = try #require(PermutationTest(a, a.map { $0 + 100 }))
        #expect(far.p == 1.0 / 20_001)
    }

    /// Counts, for each number of chosen values, how many ways give each sum: an independent way to the same p.
    private static func exactP(_ a: [Double], _ b: [Double]) -> Double {
        let all = (a + b).map { Int($0 * 2) }
        var ways: [[Int: Double]] = Array(repeating: [:], count: a.count + 1)
        ways[0][0] = 1
        for value in all {
            for chosen in stride(from: a.count, to: 0, by: -1) {
                for (sum, count) in ways[chosen - 1] { ways[chosen][sum + value, default: 0] += count }
            }
        }
        let total = all.reduce(0, +)
        let seen = abs(2 * a.reduce(0) { $0 + Int($1 * 2) } - total)
        let counts = ways[a.count]
        let hits = counts.reduce(0) { $0 + (abs(2 * $1.key - total) >= seen ? $1.value : 0) }
        return hits / counts.values.reduce(0, +)
    }

    @Test("Under the hypothesis p is below 0.05 in about one case of twenty")
    func level() throws {
        var random = SeededGenerator(seed: 11)
        var below = 0
        for _ in 0..<1000 {
            let numbers = (0..<10).map { _ in Double.random(in: 0...1, using: &random) }
            if try #require(PermutationTest(Array(numbers[..<5]), Array(numbers[5...]))).p <= 0.05 { below += 1 }
        }
        #expect((25...75).contains(below))
    }

    @Test("There is no p without numbers, with what is not finite, or with too many")
    func refused() {
        #expect(PermutationTest([], [1, 2]) == nil)
        #expect(PermutationTest([1], [2]) == nil)
        #expect(PermutationTest([1, .infinity], [2, 3]) == nil)
        #expect(PermutationTest(Array(repeating: 1, count: 4000), [1]) == nil)
        #expect(PermutationTest.ways(of: 6, from: 12) == 924)
        #expect(PermutationTest.ways(of: 2000, from: 4000) == nil)
    }

    @Test("Mean and standard deviation keep their digits beside a large mean")
    func statistics() {
        let statistics = SampleStatistics([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
        #expect(statistics.count == 4)
        #expect(statistics.mean == 1e9 + 10)
        #expect(abs((statistics.deviation ?? 0) - 30.0.squareRoot()) < 1e-9)
        #expect(SampleStatistics([3]).deviation == nil)
    }
}
