// SPDX-License-Identifier: Apache-2.0

/// A node that runs again, with its last outputs at hand, until a condition holds.
public struct RepeatDefinition: Sendable, Hashable {
    /// What happens when the condition does not hold after the last iteration.
    public enum Exhaustion: String, Sendable, Hashable, CaseIterable {
        /// The node fails with the reason `not_converged`.
        case fail
        /// The node succeeds with the outputs of the last iteration.
        case `continue`
    }

    /// Is evaluated on the outputs of each iteration.
    public var until: ConditionDefinition
    /// The most iterations.
    public var most: Int
    /// The wait between two iterations.
    public var delay: Milliseconds
    public var onExhausted: Exhaustion

    /// A bounded repetition.
    public init(
        until: ConditionDefinition, most: Int, delay: Milliseconds = .zero, onExhausted: Exhaustion = .fail
    ) {
        self.until = until
        self.most = most
        self.delay = delay
        self.onExhausted = onExhausted
    }
}
