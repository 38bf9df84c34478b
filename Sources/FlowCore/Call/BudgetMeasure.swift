// SPDX-License-Identifier: Apache-2.0

/// What a budget counts.
public enum BudgetMeasure: String, Sendable, Hashable, CaseIterable {
    case dollars = "usd"
    case tokens
    /// The time in which at least one node ran.
    case time
}
