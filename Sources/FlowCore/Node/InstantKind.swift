// SPDX-License-Identifier: Apache-2.0

/// A kind that has its outcome at once: it holds no slot, and the loop of a run itself runs it.
public protocol InstantKind: NodeKind {
    /// What one attempt comes to. Must not block.
    func outcome(_ context: NodeContext) -> NodeOutcome
}

extension InstantKind {
    public var usesSlot: Bool { false }
    public func run(_ context: NodeContext) async -> NodeOutcome { outcome(context) }
}
