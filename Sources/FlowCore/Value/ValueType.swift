// SPDX-License-Identifier: Apache-2.0

/// What the compiler knows of a value before a run: the static type of an input, an output or an expression.
public indirect enum ValueType: Sendable, Hashable {
    /// Nothing is known; every use is allowed.
    case any
    case null
    case boolean
    case integer
    case number
    case string
    case array(ValueType)
    /// An object with the given fields. When `open`, it may hold others, of type `any`.
    case object([String: ValueType], open: Bool)
    /// An object with any keys, whose values are all of the type.
    case map(ValueType)
    /// The type, or null.
    case optional(ValueType)

    /// An object of which no field is known.
    public static let anyObject = ValueType.object([:], open: true)

    /// The type as diagnostics name it.
    public var description: String {
        switch self {
        case .any: "any"
        case .null: "null"
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .array(.any): "array"
        case .array(let element): "array of \(element.description)"
        case .object, .map: "object"
        case .optional(let type): "\(type.description) or null"
        }
    }

    /// The static type of a known value.
    public init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .integer: self = .integer
        case .number: self = .number
        case .string: self = .string
        case .array(let elements):
            guard let first = elements.first else {
                self = .array(.any)
                return
            }
            var joined = ValueType(of: first)
            for element in elements.dropFirst() where joined != .any {
                joined = joined.joined(with: ValueType(of: element))
            }
            self = .array(joined)
        case .object(let object):
            var fields: [String: ValueType] = [:]
            for member in object { fields[member.key] = ValueType(of: member.value) }
            self = .object(fields, open: false)
        }
    }

    /// Whether a value of this type may stand where `other` is asked for. Unknown types are given the benefit of doubt.
    public func fits(_ other: ValueType) -> Bool {
        switch (self, other) {
        case (.any, _), (_, .any): true
        case (.null, .optional): true
        case (.optional(let a), .optional(let b)): a.fits(b)
        case (_, .optional(let b)): fits(b)
        case (.integer, .number): true
        case (.array(let a), .array(let b)): a.fits(b)
        case (.object(let a, let openA), .object(let b, _)):
            b.allSatisfy { name, type in a[name].map { $0.fits(type) } ?? (openA || type.mayBeNull) }
        case (.map(let a), .map(let b)): a.fits(b)
        case (.map(let a), .object(let b, _)): b.values.allSatisfy { a.fits($0) }
        case (.object(let a, _), .map(let b)): a.values.allSatisfy { $0.fits(b) }
        default: self == other
        }
    }
}
