// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// `set:` values computed by expressions.
public struct SetKind: InstantKind {
    public let name = "set"
    public let summary = "Values computed by expressions; each key becomes an output."
    public let body = FieldType.map(.any)

    /// The kind.
    public init() {}

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        guard case .object(let members) = node.body else {
            guard case .literal(let value) = node.body, case .object = value else { return .anyObject }
            return ValueType(of: value)
        }
        var fields: [String: ValueType] = [:]
        for member in members {
            if case .literal(let value) = member.value {
                fields[member.key] = ValueType(of: value)
            } else if case .text = member.value {
                fields[member.key] = .string
            } else {
                fields[member.key] = .any
            }
        }
        return .object(fields, open: false)
    }

    public func outcome(_ context: NodeContext) -> NodeOutcome {
        .succeeded(NodeResult(outputs: context.body.objectValue ?? JSONObject()))
    }
}
