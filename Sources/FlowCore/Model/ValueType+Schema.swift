// SPDX-License-Identifier: Apache-2.0

extension ValueType {
    /// The static type of the values that fit a JSON Schema, as far as the type can say it.
    public init(schema: JSONValue) {
        guard case .object(let rules) = schema else {
            self = .any
            return
        }
        switch rules["type"] {
        case .string("null")?: self = .null
        case .string("boolean")?: self = .boolean
        case .string("integer")?: self = .integer
        case .string("number")?: self = .number
        case .string("string")?: self = .string
        case .string("array")?: self = .array(rules["items"].map { ValueType(schema: $0) } ?? .any)
        case .string("object")?: self = Self.object(rules)
        case .array(let names)?:
            // One type or null is the usual way to say that a value may be missing.
            let others = names.filter { $0 != .string("null") }
            guard others.count == 1, others.count < names.count, let only = others.first else {
                self = .any
                return
            }
            var inner = rules
            inner["type"] = only
            self = .optional(ValueType(schema: .object(inner)))
        default:
            let words = rules["enum"]?.arrayValue ?? rules["const"].map { [$0] } ?? []
            let parts = rules["anyOf"]?.arrayValue ?? rules["oneOf"]?.arrayValue ?? []
            let types = words.map { ValueType(of: $0) } + parts.map { ValueType(schema: $0) }
            self = types.dropFirst().reduce(types.first ?? .any) { $0.joined(with: $1) }
        }
    }

    private static func object(_ rules: JSONObject) -> ValueType {
        let required = Set((rules["required"]?.arrayValue ?? []).compactMap(\.stringValue))
        var fields: [String: ValueType] = [:]
        for property in rules["properties"]?.objectValue ?? JSONObject() {
            let type = ValueType(schema: property.value)
            switch type {
            case .any, .optional: fields[property.key] = type
            default: fields[property.key] = required.contains(property.key) ? type : .optional(type)
            }
        }
        let others = rules["additionalProperties"]
        if fields.isEmpty, let others, others.objectValue != nil { return .map(ValueType(schema: others)) }
        return .object(fields, open: others != .bool(false))
    }
}
