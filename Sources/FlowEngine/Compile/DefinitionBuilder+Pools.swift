// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// What nodes share: pools, mutexes, the machine; and the limits of a run.
extension DefinitionBuilder {
    func pools(_ node: YAMLNode?) -> [PoolDefinition] {
        pairs(node).compactMap { key, value in
            guard let units = integer(value) ?? integer(self.value(of: value, "units")) else { return nil }
            return PoolDefinition(name: document.string(of: key), units: units, span: reader.span(key))
        }
    }

    func demands(_ fields: FieldValues) -> [PoolDemand] {
        var demands: [PoolDemand] = []
        for item in many(fields["pool"]) {
            let nameNode = document.kind(of: item) == .mapping ? value(of: item, "name") : item
            guard let nameNode, reader.isSound(nameNode) else { continue }
            let units = document.kind(of: item) == .mapping ? integer(value(of: item, "units")) ?? 1 : 1
            demands.append(
                PoolDemand(pool: document.string(of: nameNode), units: units, span: reader.span(nameNode)))
        }
        for item in many(fields["mutex"]) where reader.isSound(item) {
            demands.append(.mutex(document.string(of: item), span: reader.span(item)))
        }
        guard let resources = fields["resources"], document.kind(of: resources) == .mapping else { return demands }
        // Processors are counted in thousandths, memory in MiB.
        if let node = value(of: resources, "cpus"), let cpus = number(node), cpus > 0 {
            demands.append(.machine("cpus", units: Int((cpus * 1000).rounded(.up)), span: reader.span(node)))
        }
        if let node = value(of: resources, "memory"), let size = text(node).flatMap({ ByteCount(parsing: $0) }) {
            demands.append(
                .machine("memory", units: Int(clamping: (size.bytes + 1_048_575) / 1_048_576), span: reader.span(node)))
        }
        if let node = value(of: resources, "gpus"), let count = integer(node), count > 0 {
            demands.append(.machine("gpus", units: count, span: reader.span(node)))
        }
        return demands
    }

    /// The items of a value that may stand alone.
    func many(_ node: YAMLNode?) -> [YAMLNode] {
        guard let node else { return [] }
        return document.kind(of: node) == .sequence ? Array(document.elements(of: node)) : [node]
    }

    func cache(_ node: YAMLNode) -> CachePolicy {
        if document.kind(of: node) == .scalar {
            return CachePolicy(mode: CachePolicy.Mode(rawValue: document.string(of: node)) ?? .lineage)
        }
        return CachePolicy(
            mode: text(value(of: node, "mode")).flatMap(CachePolicy.Mode.init(rawValue:)) ?? .lineage,
            ttl: duration(value(of: node, "ttl")), salt: text(value(of: node, "salt")),
            sparesEffects: value(of: node, "external").map { document.scalar(of: $0) == .bool(true) } ?? false)
    }

    mutating func budget(_ node: YAMLNode?) -> BudgetDefinition? {
        guard let node, document.kind(of: node) == .mapping else { return nil }
        var budget = BudgetDefinition(
            dollars: number(value(of: node, "usd")), tokens: integer(value(of: node, "tokens")),
            time: duration(value(of: node, "time")), span: reader.span(node))
        if let warning = value(of: node, "warn_at") {
            let text = document.string(of: warning)
            if let part = Self.part(text) {
                budget.warnAt = part
            } else {
                reader.report(
                    Diagnostic(
                        .outOfRange, "`warn_at` is a part of the limit, from 1% to 100%", at: reader.span(warning),
                        help: ["write `80%`"]))
            }
        }
        budget.onExceed =
            text(value(of: node, "on_exceed")).flatMap(BudgetDefinition.Excess.init(rawValue:)) ?? .wrapUp
        return budget
    }

    /// The part that `80%` stands for.
    static func part(_ text: String) -> Double? {
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 else {
            return nil
        }
        return percent / 100
    }

    mutating func group(_ node: YAMLNode?) -> ConcurrencyGroup? {
        guard let node, document.kind(of: node) == .mapping else { return nil }
        let conflict = value(of: node, "on_conflict")
        guard let key = value(of: node, "group") else {
            if let conflict {
                reader.report(
                    Diagnostic(
                        .conflictingKeys, "`on_conflict` says nothing without a `group`", at: reader.span(conflict),
                        help: ["add `group: NAME`"]))
            }
            return nil
        }
        return ConcurrencyGroup(
            key: template(key, .string, site: .workflowGroup),
            onConflict: text(conflict).flatMap(ConcurrencyGroup.Conflict.init(rawValue:)) ?? .queue,
            span: reader.span(key))
    }
}
