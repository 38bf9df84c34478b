// SPDX-License-Identifier: Apache-2.0

package import Hashing

/// The hashes that tie the events of a run together: each covers the one before it.
package enum EventChain {
    /// The link before the first event.
    package static func start(run: String) -> SHA256Digest { SHA256.hash("flow run\n" + run) }

    /// SHA-256 of the link before, the sequence and the time as 8 bytes each, big end first, and the canonical JSON.
    package static func link(
        after previous: SHA256Digest, sequence: Int64, at: Int64, canonical: [UInt8]
    ) -> SHA256Digest {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(48 + canonical.count)
        let words = previous.words
        for word in [words.0, words.1, words.2, words.3] {
            withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
        }
        for number in [sequence, at] { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
        bytes.append(contentsOf: canonical)
        return SHA256.hash(bytes)
    }
}

/// What a walk along the hashes of a run has found.
public struct ChainReport: Sendable, Hashable {
    /// The events that are there.
    public var count: Int64
    /// The first sequence whose event is changed or missing; nil when all is as it was written.
    public var firstBroken: Int64?

    /// A report.
    public init(count: Int64, firstBroken: Int64? = nil) {
        self.count = count
        self.firstBroken = firstBroken
    }
}
