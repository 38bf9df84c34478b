// SPDX-License-Identifier: Apache-2.0

/// A derived run in the tree of runs, with what people say of it.
public struct BranchSummary: Sendable, Hashable {
    /// What has become of a hypothesis.
    public enum Verdict: String, Sendable, Hashable, CaseIterable {
        case open, supported, refuted, abandoned
    }

    public var run: String
    /// The run that it was derived from.
    public var parent: String
    public var kind: Derivation.Kind
    /// The branch's name; unique among the living branches of a root.
    public var name: String?
    public var hypothesis: String?
    public var verdict: Verdict
    public var conclusion: String?
    /// Whether it is the run that its line goes on from.
    public var isHead: Bool

    /// A branch about which nothing has been said yet.
    public init(
        run: String, parent: String, kind: Derivation.Kind, name: String? = nil, hypothesis: String? = nil,
        verdict: Verdict = .open, conclusion: String? = nil, isHead: Bool = false
    ) {
        self.run = run
        self.parent = parent
        self.kind = kind
        self.name = name
        self.hypothesis = hypothesis
        self.verdict = verdict
        self.conclusion = conclusion
        self.isHead = isHead
    }
}

extension BranchSummary {
    /// Whether a text can be the name of a branch: names stand in the place of runs on command lines.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.first != 0x2D
            && text.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "-_".unicodeScalars.contains($0)
            }
    }
}
