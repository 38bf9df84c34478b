// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A tool as a server describes it. All of it was written by the server's author.
public struct MCPTool: Sendable, Hashable {
    public var name: String
    public var description: String
    /// A JSON Schema of an object: the arguments.
    public var inputSchema: JSONValue
    /// A JSON Schema of what is in `structured` of a result.
    public var outputSchema: JSONValue?
    /// Arguments that are repeated in headers of HTTP: their place in the arguments, and the header's name.
    var mirrored: [MirroredArgument]

    struct MirroredArgument: Sendable, Hashable {
        var path: [String]
        var header: String
    }

    /// The longest schema that is taken, in bytes of its JSON text, and the deepest.
    private static let largestSchema = 64 << 10
    private static let deepestSchema = 32

    /// A tool; nil when the description cannot be used.
    init?(json: JSONValue) {
        guard let name = json["name"]?.stringValue, !name.isEmpty, name.utf8.count <= 128,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            let schema = json["inputSchema"], schema.objectValue != nil,
            schema.jsonText(.compact, limit: Self.largestSchema) != nil, Self.depth(schema) <= Self.deepestSchema,
            let mirrored = Self.mirrored(schema)
        else { return nil }
        self.name = name
        self.mirrored = mirrored
        description = String((json["description"]?.stringValue ?? "").prefix(8000))
        inputSchema = schema
        outputSchema = json["outputSchema"].flatMap { schema in
            schema.objectValue != nil && schema.jsonText(.compact, limit: Self.largestSchema) != nil ? schema : nil
        }
    }

    private static func depth(_ value: JSONValue) -> Int {
        switch value {
        case .array(let items): 1 + (items.map(depth).max() ?? 0)
        case .object(let object): 1 + (object.members.map { depth($0.value) }.max() ?? 0)
        default: 0
        }
    }

    // MARK: Headers

    private static let annotation = "x-mcp-header"

    /// The annotated arguments; nil when an annotation is not allowed where it stands, so that the tool must not be
    /// used: its server would not find what it looks for.
    private static func mirrored(_ schema: JSONValue) -> [MirroredArgument]? {
        var found: [MirroredArgument] = []
        guard collect(schema, path: [], &found) else { return nil }
        let names = Set(found.map { $0.header.lowercased() })
        return names.count == found.count ? found : nil
    }

    /// Walks schemas; `path` is nil below anything but `properties`. Keywords whose values are data are not entered.
    private static func collect(_ schema: JSONValue, path: [String]?, _ found: inout [MirroredArgument]) -> Bool {
        guard let rules = schema.objectValue else { return true }
        if let annotation = rules[Self.annotation] {
            guard let path, !path.isEmpty, let header = annotation.stringValue, isToken(header),
                ["string", "integer", "boolean"].contains(rules["type"]?.stringValue ?? "")
            else { return false }
            found.append(MirroredArgument(path: path, header: header))
        }
        let data: Set<String> = ["default", "examples", "const", "enum", "$ref", "$dynamicRef", annotation]
        let maps: Set<String> = ["patternProperties", "dependentSchemas", "$defs", "definitions"]
        for rule in rules where !data.contains(rule.key) {
            if rule.key == "properties" {
                for property in rule.value.objectValue ?? JSONObject() {
                    guard collect(property.value, path: path.map { $0 + [property.key] }, &found) else { return false }
                }
            } else if maps.contains(rule.key) {
                for member in rule.value.objectValue ?? JSONObject() {
                    guard collect(member.value, path: nil, &found) else { return false }
                }
            } else if let list = rule.value.arrayValue {
                for item in list where !collect(item, path: nil, &found) { return false }
            } else if !collect(rule.value, path: nil, &found) {
                return false
            }
        }
        return true
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// The headers that repeat arguments of a call.
    func headers(for arguments: JSONObject) -> [(name: String, value: String)] {
        mirrored.compactMap { mirror in
            var value = JSONValue.object(arguments)
            for key in mirror.path {
                guard let next = value[key] else { return nil }
                value = next
            }
            let text: String
            switch value {
            case .string(let string): text = string
            case .bool, .integer, .number: text = value.jsonText()
            default: return nil
            }
            return (name: "Mcp-Param-\(mirror.header)", value: HeaderText.encoded(text))
        }
    }
}
