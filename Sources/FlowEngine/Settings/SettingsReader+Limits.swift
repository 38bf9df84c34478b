// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Budgets and quotas that runs share.
extension SettingsReader {
    mutating func readBudgets(_ list: YAMLNode) {
        guard reader.isSound(list), document.kind(of: list) == .sequence else { return }
        var names: Set<String> = []
        for node in document.elements(of: list) where reader.isSound(node) && document.kind(of: node) == .mapping {
            guard let scope = scope(of: node) else { continue }
            var budget = SharedBudget(
                scope: scope, period: text(node, "period").flatMap(BudgetPeriod.init(rawValue:)) ?? .total)
            budget.dollars = number(node, "usd")
            budget.tokens = integer(node, "tokens")
            budget.calls = integer(node, "calls")
            budget.onExceed = text(node, "on_exceed").flatMap(SharedBudget.Excess.init(rawValue:)) ?? .stop
            if budget.dollars == nil, budget.tokens == nil, budget.calls == nil {
                missing(node, "a budget has at least one of `usd`, `tokens` and `calls`")
            } else if !names.insert(budget.name).inserted {
                reader.report(
                    Diagnostic(
                        .conflictingKeys, "there is a budget `\(budget.name)` already", at: reader.span(node),
                        help: ["one budget can have several limits"]))
            } else {
                limits.budgets.append(budget)
            }
        }
    }

    mutating func readQuotas(_ list: YAMLNode) {
        guard reader.isSound(list), document.kind(of: list) == .sequence else { return }
        for node in document.elements(of: list) where reader.isSound(node) && document.kind(of: node) == .mapping {
            guard let scope = scope(of: node) else { continue }
            let quota = RunQuota(
                scope: scope, runs: integer(node, "runs"),
                disk: text(node, "disk").flatMap { ByteCount(parsing: $0)?.bytes })
            if quota.runs == nil, quota.disk == nil {
                missing(node, "a quota has at least one of `runs` and `disk`")
            } else {
                limits.quotas.append(quota)
            }
        }
    }

    private mutating func missing(_ node: YAMLNode, _ text: String) {
        reader.report(Diagnostic(.missingKey, text, at: reader.span(node)))
    }

    /// Which runs count; nil when that is said wrongly.
    private mutating func scope(of node: YAMLNode) -> SharedBudget.Scope? {
        switch text(node, "scope") {
        case "project":
            guard let session = value(node, "session") else { return .project }
            reader.report(
                Diagnostic(
                    .conflictingKeys, "`session` goes with `scope: session`", at: reader.span(session)))
            return nil
        case "session":
            guard let place = value(node, "session") else { return .session(nil) }
            let name = document.string(of: place)
            if SessionSummary.isName(name) { return .session(name) }
            reader.report(
                Diagnostic(
                    .badIdentifier, "`\(name)` is no name of a session", at: reader.span(place),
                    help: ["a name has lower-case letters, digits, `-` and `_`; at most 64"]))
            return nil
        default: return nil
        }
    }
}
