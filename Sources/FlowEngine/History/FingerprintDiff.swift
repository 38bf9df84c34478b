// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Why the results of a node differ between two runs: the parts of its fingerprint that do.
public struct FingerprintDiff: Sendable {
    /// One difference.
    public struct Entry: Sendable, Hashable {
        /// The part, such as `with.rows` or `nodes.load`.
        public var part: String
        /// Where in the part, such as `outputs.rows[2]` or `outputs.text line 4`; empty for all of it.
        public var path: String
        /// Nil where there is nothing.
        public var old: JSONValue?
        public var new: JSONValue?
        /// Whether the difference can mean another result.
        public var isEssential: Bool
    }

    /// What came out of a comparison.
    public enum Verdict: String, Sendable, Hashable {
        /// Something that the result depends on differs.
        case explained
        /// Nothing differs, neither what it depends on nor the result.
        case same
        /// The results differ although nothing that they depend on does.
        case nondeterministic
        /// One of the runs has no result to compare.
        case noResult
    }

    public var node: String
    public var old: NodeFingerprint
    public var new: NodeFingerprint
    /// The differences of what the node depends on.
    public private(set) var entries: [Entry] = []
    /// How many more there are in large values.
    public private(set) var hiddenCount = 0
    /// The differences of the results.
    public private(set) var results: [Entry] = []
    public private(set) var verdict: Verdict

    /// Compares a node of two runs.
    public init(old: NodeFingerprint, new: NodeFingerprint) {
        node = new.node
        self.old = old
        self.new = new
        verdict = .same
        for change in DefinitionDiff.changes(from: old.parts, to: new.parts) {
            guard let before = change.old, let after = change.new else {
                entries.append(
                    Entry(
                        part: change.part, path: "", old: change.old, new: change.new, isEssential: change.isEssential))
                continue
            }
            let diff = JSONDiff(before, after, limit: 20, showsLines: true)
            hiddenCount += diff.hiddenCount
            entries += diff.changes.map {
                Entry(part: change.part, path: $0.path, old: $0.old, new: $0.new, isEssential: change.isEssential)
            }
        }
        if let before = old.result, let after = new.result {
            let diff = JSONDiff(
                NodeFingerprint.comparable(before), NodeFingerprint.comparable(after), limit: 20, showsLines: true)
            results = diff.changes.map {
                Entry(part: "result", path: $0.path, old: $0.old, new: $0.new, isEssential: true)
            }
        }
        if entries.contains(where: \.isEssential) {
            verdict = .explained
        } else if old.result == nil || new.result == nil {
            verdict = .noResult
        } else if !results.isEmpty {
            verdict = .nondeterministic
        }
    }
}
