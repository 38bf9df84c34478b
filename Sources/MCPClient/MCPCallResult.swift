// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a tool gave back. All of it is data from outside.
public struct MCPCallResult: Sendable, Hashable {
    /// The texts of the result; what is not text is named in brackets.
    public var text: String
    /// The result as a value, if the tool has one.
    public var structured: JSONValue?
    /// Whether the tool failed.
    public var isError: Bool
    /// The version of the protocol that was spoken.
    public var version: String

    /// A result of its parts.
    public init(text: String, structured: JSONValue? = nil, isError: Bool = false, version: String = "") {
        self.text = text
        self.structured = structured
        self.isError = isError
        self.version = version
    }

    /// Reads the result of `tools/call`.
    init(_ result: JSONObject, version: String) {
        var parts: [String] = []
        for block in (result["content"]?.arrayValue ?? []).prefix(1000) { parts.append(Self.text(of: block)) }
        text = parts.joined(separator: "\n")
        structured = result["structuredContent"]
        if text.isEmpty, let structured { text = structured.jsonText() }
        isError = result["isError"]?.boolValue ?? false
        self.version = version
    }

    private static func text(of block: JSONValue) -> String {
        let kind = block["type"]?.stringValue ?? "?"
        switch kind {
        case "text": return block["text"]?.stringValue ?? ""
        case "resource":
            let resource = block["resource"]
            if let text = resource?["text"]?.stringValue { return text }
            return "[resource \(resource?["uri"]?.stringValue ?? "")]"
        case "resource_link": return "[resource \(block["uri"]?.stringValue ?? "")]"
        default:
            let bytes = (block["data"]?.stringValue?.utf8.count ?? 0) / 4 * 3
            return "[\(kind) \(block["mimeType"]?.stringValue ?? ""), \(bytes) bytes]"
        }
    }
}
