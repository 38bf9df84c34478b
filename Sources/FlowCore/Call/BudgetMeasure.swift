// SPDX-License-Identifier: Apache-2.0

/// What a budget counts.
public enum BudgetMeasure: String, Sendable, Hashable, CaseIterable {
    case dollars = "usd"
    case tokens
    /// Questions to models and uses of tools; only budgets that several runs share count them.
    case calls
    /// The time in which at least one node ran.
    case time
}
