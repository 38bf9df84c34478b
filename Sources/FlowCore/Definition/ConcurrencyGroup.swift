// SPDX-License-Identifier: Apache-2.0

/// Runs that exclude each other: those whose key is the same text.
public struct ConcurrencyGroup: Sendable, Hashable {
    /// What a new run does while another of its group has not ended.
    public enum Conflict: String, Sendable, Hashable, CaseIterable {
        /// It waits until the other has ended.
        case queue
        /// It cancels the other.
        case cancel
        /// It is refused.
        case fail
    }

    /// A template over the workflow's inputs.
    public var key: Template
    public var onConflict: Conflict
    public var span: SourceSpan

    /// A group.
    public init(key: Template, onConflict: Conflict = .queue, span: SourceSpan = .none) {
        self.key = key
        self.onConflict = onConflict
        self.span = span
    }
}
