// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the samples of a node agree on: a majority vote over whole outputs, compared as canonical JSON.
struct SampleVote {
    private let samples: [NodeRecord?]
    /// The first sample with the most frequent outputs.
    private let winner: NodeRecord?
    private let votes: Int

    /// The vote of these results; nil for samples that failed, which count as dissent.
    init(_ samples: [NodeRecord?]) {
        self.samples = samples
        var counts: [String: (count: Int, first: Int)] = [:]
        for (place, sample) in samples.enumerated() {
            guard let sample else { continue }
            let text = JSONValue.object(sample.outputs).jsonText(.canonical)
            counts[text] = ((counts[text]?.count ?? 0) + 1, counts[text]?.first ?? place)
        }
        // Of equally frequent outputs those that came first in order of the samples.
        let best = counts.values.max { ($0.count, -$0.first) < ($1.count, -$1.first) }
        winner = best.flatMap { samples[$0.first] }
        votes = best?.count ?? 0
    }

    /// From 0 to 1.
    var agreement: Double { samples.isEmpty ? 0 : Double(votes) / Double(samples.count) }

    /// Why the samples make no result.
    func failure(leastAgreement: Double) -> NodeFailure? {
        if winner == nil { return NodeFailure(.child, "all \(samples.count) samples failed") }
        guard agreement < leastAgreement else { return nil }
        return NodeFailure(
            .disagreement,
            "\(votes) of \(samples.count) samples agree, and `min_agreement` is \(leastAgreement)")
    }

    /// The outputs of the winner, with `agreement` and all `samples`.
    var outputs: JSONObject {
        var outputs = winner?.outputs ?? JSONObject()
        outputs["agreement"] = .number(agreement)
        outputs["samples"] = .array(samples.map { $0.map { .object($0.outputs) } ?? .null })
        return outputs
    }
}
