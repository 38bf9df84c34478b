// SPDX-License-Identifier: Apache-2.0

/// One field of a workflow's input form.
public struct InputDefinition: Sendable, Hashable {
    /// What a field takes.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case string, text, integer, number, boolean, file, files, object, array
    }

    public var name: String
    public var kind: Kind
    public var label: String?
    public var help: String?
    public var placeholder: String?
    public var required: Bool
    public var fallback: JSONValue?
    /// The only values allowed; empty means any.
    public var choices: [JSONValue] = []
    public var minimum: Double?
    public var maximum: Double?
    public var pattern: String?
    public var minItems: Int?
    public var maxItems: Int?
    /// The JSON Schema that the value has to fit; only for objects and arrays.
    public var schema: JSONValue?
    /// File name extensions with their dot, lower case.
    public var accept: [String] = []
    public var span: SourceSpan

    /// A field.
    public init(
        name: String, kind: Kind, required: Bool = false, fallback: JSONValue? = nil, span: SourceSpan = .none
    ) {
        self.name = name
        self.kind = kind
        self.required = required
        self.fallback = fallback
        self.span = span
    }

    /// The static type of the field's value. A field that may be left empty is null then.
    public var valueType: ValueType {
        let type: ValueType =
            switch kind {
            case .string, .text, .file: .string
            case .integer: .integer
            case .number: .number
            case .boolean: .boolean
            case .files: .array(.string)
            case .object: schema.map { Self.type(of: $0, or: .anyObject) } ?? .anyObject
            case .array: schema.map { Self.type(of: $0, or: .array(.any)) } ?? .array(.any)
            }
        return required || fallback.map { !$0.isNull } ?? false ? type : .optional(type)
    }

    /// What a schema says of the values; `general` where it says nothing.
    private static func type(of schema: JSONValue, or general: ValueType) -> ValueType {
        let type = ValueType(schema: schema)
        return type == .any ? general : type
    }
}
