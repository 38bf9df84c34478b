// SPDX-License-Identifier: Apache-2.0

/// Limits of what a run or a node may use up.
public struct BudgetDefinition: Sendable, Hashable {
    /// What happens at a limit.
    public enum Excess: String, Sendable, Hashable, CaseIterable {
        /// No new work begins, and agents are told to come to an end.
        case wrapUp = "wrap_up"
        case pause, stop
    }

    /// US dollars.
    public var dollars: Double?
    public var tokens: Int?
    public var time: Milliseconds?
    /// The part of a limit, from 0 to 1, at which a warning is given.
    public var warnAt: Double
    public var onExceed: Excess
    public var span: SourceSpan

    /// A budget.
    public init(
        dollars: Double? = nil, tokens: Int? = nil, time: Milliseconds? = nil, warnAt: Double = 0.8,
        onExceed: Excess = .wrapUp, span: SourceSpan = .none
    ) {
        self.dollars = dollars
        self.tokens = tokens
        self.time = time
        self.warnAt = warnAt
        self.onExceed = onExceed
        self.span = span
    }
}
