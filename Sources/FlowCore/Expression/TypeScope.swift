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

    /// The type when a member is known not to be null.
    func narrowed(_ path: ArraySlice<String>) -> ValueType {
        guard let name = path.first else { return notNull }
        guard case .object(var fields, let open) = notNull, let field = fields[name] else { return self }
        fields[name] = field.narrowed(path.dropFirst())
        return .object(fields, open: open)
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
        case (.map(let a), .map(let b)): return .map(a.joined(with: b))
        case (.object(let a, let openA), .object(let b, let openB)):
            var fields: [String: ValueType] = [:]
            for (name, type) in a {
                fields[name] = b[name].map { type.joined(with: $0) } ?? (openB ? .any : type.orNull)
            }
            for (name, type) in b where a[name] == nil { fields[name] = openA ? .any : type.orNull }
            return .object(fields, open: openA || openB)
        case (.map(let type), .object(let fields, open: false)), (.object(let fields, open: false), .map(let type)):
            return .map(fields.values.reduce(type) { $0.joined(with: $1) })
        case (.map, .object), (.object, .map): return .anyObject
        default: return .any
        }
    }

    /// Whether a value of this type can equal one of the other.
    func isComparable(to other: ValueType) -> Bool {
        switch (self, other) {
        case (.any, _), (_, .any), (.null, _), (_, .null): true
        case (.optional(let a), let b), (let b, .optional(let a)): a.isComparable(to: b)
        case (.integer, .number), (.number, .integer), (.array, .array): true
        case (.object, .object), (.map, .map), (.object, .map), (.map, .object): true
        default: self == other
        }
    }

    /// The type with its article, for messages.
    var phrase: String {
        switch self {
        case .any, .null: description
        case .integer, .array, .object, .map: "an \(description)"
        case .optional(let type): "\(type.phrase) or null"
        default: "a \(description)"
        }
    }
}
