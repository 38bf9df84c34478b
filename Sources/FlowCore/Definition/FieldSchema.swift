// SPDX-License-Identifier: Apache-2.0

/// One key of a mapping in a workflow file: what the reader checks, and what reference and editors print.
public struct FieldSchema: Sendable, Hashable {
    /// The key.
    public var name: String
    /// What may stand there.
    public var type: FieldType
    /// Whether the key must be there.
    public var required: Bool
    /// Whether `${{ … }}` may stand in it.
    public var templates: Bool
    /// What holds when the key is missing, as text for the reference.
    public var fallback: String?
    /// One sentence that says what the key means.
    public var summary: String

    /// A key with its type.
    public init(
        _ name: String, _ type: FieldType, required: Bool = false, templates: Bool = true, fallback: String? = nil,
        _ summary: String
    ) {
        self.name = name
        self.type = type
        self.required = required
        self.templates = templates
        self.fallback = fallback
        self.summary = summary
    }
}

/// The shape of a value in a workflow file.
public indirect enum FieldType: Sendable, Hashable {
    /// Any text. A plain number or boolean of YAML is taken as its text.
    case string
    case boolean
    case integer(ClosedRange<Int64>)
    case number(ClosedRange<Double>)
    /// A length of time with its unit, more than zero unless `allowsZero`.
    case duration(allowsZero: Bool)
    /// A number of bytes with its unit.
    case size
    /// A name: `[a-z][a-z0-9_]*`, at most 64 characters.
    case identifier
    /// A condition: an expression, with or without `${{ }}` around it.
    case condition
    /// Any value; expressions in it are compiled.
    case any
    /// Any value as it is written; `${{` has no meaning in it.
    case verbatim
    /// One of the given words.
    case choice([String])
    /// A path of a file beside the workflow that must exist when it is compiled.
    case file
    case list(FieldType)
    /// One value or a list of them; read as a list.
    case oneOrMany(FieldType)
    /// A mapping with free keys.
    case map(FieldType)
    /// A mapping with the given keys and no others.
    case object([FieldSchema])
    /// The first alternative whose YAML shape (scalar, sequence, mapping) fits.
    case oneOf([FieldType])

    /// The shape as diagnostics name it: "a list of strings".
    public var phrase: String {
        switch self {
        case .string: "a string"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .duration: "a duration such as `10s`"
        case .size: "a size such as `10MiB`"
        case .identifier: "a name"
        case .condition: "a condition"
        case .any, .verbatim: "a value"
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .file: "the path of a file"
        case .list: "a list"
        case .oneOrMany(let type): "\(type.phrase) or a list"
        case .map, .object: "a mapping"
        case .oneOf(let types): types.map(\.phrase).joined(separator: " or ")
        }
    }
}
