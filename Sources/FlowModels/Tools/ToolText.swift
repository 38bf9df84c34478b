// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Tool calls that a model has written as text, because it or its server does not know better.
package enum ToolText {
    /// A call in a text.
    package struct Call: Sendable, Hashable {
        package var name: String
        package var arguments: JSONValue
    }

    /// The calls, if the whole text is nothing but calls of offered tools: one object of JSON, a list of them, or several
    /// between `<tool_call>` tags.
    package static func calls(in text: String, offered: [String]) -> [Call]? {
        if offered.isEmpty { return nil }
        if let parts = tagged(text) {
            let calls = parts.compactMap { call(JSONAnswer.parse($0), offered) }
            return calls.isEmpty || calls.count < parts.count ? nil : calls
        }
        guard let json = JSONAnswer.parse(text) else { return nil }
        if let list = json.arrayValue {
            let calls = list.compactMap { call($0, offered) }
            return calls.isEmpty || calls.count < list.count ? nil : calls
        }
        return call(json, offered).map { [$0] }
    }

    /// The contents of tags that make up the whole text.
    private static func tagged(_ text: String) -> [String]? {
        var rest = text.trimmed
        guard rest.hasPrefix("<tool_call>") else { return nil }
        var parts: [String] = []
        while rest.hasPrefix("<tool_call>") {
            rest = rest.dropFirst("<tool_call>".count)
            guard let end = rest.firstRange(of: "</tool_call>") else { return nil }
            parts.append(String(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...].drop(while: \.isWhitespace)
        }
        return rest.isEmpty ? parts : nil
    }

    private static func call(_ json: JSONValue?, _ offered: [String]) -> Call? {
        guard case .object(var object)? = json else { return nil }
        if object["type"]?.stringValue == "function", let inner = object["function"]?.objectValue { object = inner }
        let nameKeys = ["name", "tool", "function"]
        let argumentKeys = ["arguments", "parameters", "args", "input"]
        let allowed = Set(nameKeys + argumentKeys + ["id", "type"])
        // An object with other members is an answer that happens to have a name in it.
        guard object.allSatisfy({ allowed.contains($0.key) }),
            let name = nameKeys.lazy.compactMap({ object[$0]?.stringValue }).first, offered.contains(name),
            let arguments = argumentKeys.lazy.compactMap({ object[$0] }).first
        else { return nil }
        // Some write the arguments as they would stand on the wire: as a text.
        if case .string(let text) = arguments, let inner = try? JSONValue.parse(text) {
            return Call(name: name, arguments: inner)
        }
        return Call(name: name, arguments: arguments)
    }
}

extension String {
    fileprivate var trimmed: Substring {
        var text = self[...].drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
