// SPDX-License-Identifier: Apache-2.0

/// Whether two groups of numbers differ by more than chance would have them: a permutation test of the difference of
/// the means, two-sided.
///
/// If both groups come from the same source, each way to share all n + m numbers out to groups of n and m is as likely as
/// any other. p is the part of them whose means lie at least as far apart as those that were seen. Nothing is assumed of
/// the distribution. Where there are at most 20,000 ways, all are counted and p is exact; else 20,000 are drawn with a
/// fixed seed and p = (hits + 1) / (draws + 1), which is never zero.
///
/// Sources: R. A. Fisher, The Design of Experiments, 1935, §21; E. J. G. Pitman, Significance tests which may be applied to
/// samples from any populations, J. R. Stat. Soc. Suppl. 4, 1937; for the + 1: B. Phipson and G. K. Smyth, Permutation
/// P-values should never be zero, Stat. Appl. Genet. Mol. Biol. 9, 2010.
struct PermutationTest {
    /// The most ways that are counted, and the number of draws when there are more.
    static let mostWays = 20_000
    /// With more numbers than this no p is worked out: any difference that matters is plain then.
    static let mostNumbers = 4000

    let p: Double
    let isExact: Bool

    /// The test of two groups; nil when one is empty, when there are less than three or too many numbers, or when one is
    /// not finite.
    init?(_ a: [Double], _ b: [Double]) {
        let count = a.count + b.count
        guard !a.isEmpty, !b.isEmpty, count > 2, count <= Self.mostNumbers, (a + b).allSatisfy(\.isFinite) else {
            return nil
        }
        // The smaller group is chosen from all; its sum decides, because the sum of all is the same every time.
        let chosen = min(a.count, b.count)
        let all = a + b
        let total = all.reduce(0, +)
        func distance(_ sum: Double) -> Double {
            abs(sum / Double(chosen) - (total - sum) / Double(count - chosen))
        }
        let seen = distance((a.count <= b.count ? a : b).reduce(0, +))
        // Sums of the same numbers in another order differ in their last bits.
        let least = seen - 1e-12 * all.reduce(0) { $0 + abs($1) }
        if let ways = Self.ways(of: chosen, from: count) {
            isExact = true
            var hits = 0
            var places = Array(0..<chosen)
            while true {
                if distance(places.reduce(0) { $0 + all[$1] }) >= least { hits += 1 }
                guard Self.advance(&places, below: count) else { break }
            }
            p = Double(hits) / Double(ways)
        } else {
            isExact = false
            var random = SplitMix(state: 0x9E37_79B9_7F4A_7C15)
            var numbers = all
            var hits = 0
            for _ in 0..<Self.mostWays {
                var sum = 0.0
                // The first steps of a Fisher-Yates shuffle draw the group.
                for place in 0..<chosen {
                    numbers.swapAt(place, place + Int(random.next() % UInt64(count - place)))
                    sum += numbers[place]
                }
                if distance(sum) >= least { hits += 1 }
            }
            p = Double(hits + 1) / Double(Self.mostWays + 1)
        }
    }

    /// The number of ways to choose, or nil if it is above `mostWays`.
    static func ways(of chosen: Int, from count: Int) -> Int? {
        var ways = 1
        for step in 0..<chosen {
            // Always whole: the product of k neighbours divides by k!.
            ways = ways * (count - step) / (step + 1)
            if ways > mostWays { return nil }
        }
        return ways
    }

    /// Goes on to the next choice in lexicographic order; false after the last.
    private static func advance(_ places: inout [Int], below count: Int) -> Bool {
        for index in places.indices.reversed() where places[index] < count - places.count + index {
            places[index] += 1
            for next in index + 1..<places.count { places[next] = places[next - 1] + 1 }
            return true
        }
        return false
    }
}

/// A generator whose numbers are the same on every machine (S. Vigna's SplitMix64).
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
