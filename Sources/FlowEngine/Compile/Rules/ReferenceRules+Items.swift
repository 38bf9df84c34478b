// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension NodeOptions {
    /// Whether a condition may skip the node as a whole. One on the item skips items only.
    var maySkip: Bool {
        guard let when else { return false }
        return !(foreach?.isUsed(in: when.expression) ?? false)
    }
}

extension ReferenceRules {
    /// The type of an item of a fan-out: that of the elements of its list, as far as that is known.
    mutating func elementType(of node: Int, _ foreach: ForeachDefinition) -> ValueType {
        guard foreach.shape == .list else { return .any }
        if let known = itemTypes[node] { return known }
        // A list that refers to the node itself is told elsewhere and ends here.
        itemTypes[node] = .any
        let scope = FieldScope(types(at: .items(node), for: foreach.items))
        let (type, faults) = foreach.items.check(in: scope)
        guard faults.isEmpty, case .array(let element) = type else { return .any }
        itemTypes[node] = element
        return element
    }

    /// Whether an item of a fan-out may leave nothing while the node succeeds.
    func hasGaps(_ node: NodeDefinition) -> Bool {
        guard let foreach = node.options.foreach else { return false }
        return foreach.failureMode == .continue || node.options.when.map { foreach.isUsed(in: $0.expression) } ?? false
    }

    /// The paths of a node's files; of a fan-out, a list of them with one for each item.
    func artifactType(of node: NodeDefinition) -> ValueType {
        var fields: [String: ValueType] = [:]
        for name in kinds[node.kind]?.artifactNames(of: node) ?? [] { fields[name] = .string }
        for artifact in node.options.artifacts {
            fields[artifact.name] = artifact.optional ? .optional(.string) : .string
        }
        if node.options.foreach != nil {
            let gaps = hasGaps(node)
            fields = fields.mapValues { .array(gaps ? .optional(.string) : $0) }
        }
        return .object(fields, open: false)
    }
}
