// SPDX-License-Identifier: Apache-2.0

/// What the compiler knows of the names an expression may use.
public protocol TypeScope {
    /// The type of a first name such as `inputs`; nil if there is no such name.
    func type(ofRoot name: String) -> ValueType?

    /// The first names, for proposals.
    var rootNames: [String] { get }
}

/// The fields of an object as names.
public struct FieldScope: TypeScope, Sendable {
    /// The types of the names.
    public var types: [String: ValueType]

    /// A scope of these names.
    public init(_ types: [String: ValueType]) { self.types = types }

    /// The type of a name.
    public func type(ofRoot name: String) -> ValueType? { types[name] }

    /// The names in alphabetical order.
    public var rootNames: [String] { types.keys.sorted() }
}

extension ValueType {
    /// The type, or null.
    var orNull: ValueType {
        switch self {
        case .any, .null, .optional: self
        default: .optional(self)
        }
    }

    /// The type without null.
    var notNull: ValueType {
        if case .optional(let type) = self { type.notNull } else { self }
    }

    /// Whether a value of the type is known to be null sometimes.
    var mayBeNull: Bool {
        switch self {
        case .null, .optional: true
        default: false
        }
    }

    /// The least type known to hold the values of both; `any` if they have nothing in common.
    func joined(with other: ValueType) -> ValueType {
        if self == other { return self }
        switch (self, other) {
        case (.any, _), (_, .any): return .any
        case (.null, let type), (let type, .null): return type.orNull
        case (.optional(let a), let b), (let b, .optional(let a)): return a.joined(with: b.notNull).orNull
        case (.integer, .number), (.number, .integer): return .number
        case (.array(let a), .array(let b)): return .array(a.joined(with: b))
        case (.object, .object): return .anyObject
        default: return .any
        }
    }

    /// Whether a value of this type can equal one of the other.
    func isComparable(to other: ValueType) -> Bool {
        switch (self, other) {
        case (.any, _), (_, .any), (.null, _), (_, .null): true
        case (.optional(let a), let b), (let b, .optional(let a)): a.isComparable(to: b)
        case (.integer, .number), (.number, .integer), (.array, .array), (.object, .object): true
        default: self == other
        }
    }

    /// The type with its article, for messages.
    var phrase: String {
        switch self {
        case .any, .null: description
        case .integer, .array, .object: "an \(description)"
        case .optional(let type): "\(type.phrase) or null"
        default: "a \(description)"
        }
    }
}
