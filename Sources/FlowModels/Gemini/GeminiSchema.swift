// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// JSON Schema in the words of the API's own kind of schema, for versions that do not take JSON Schema.
enum GeminiSchema {
    private static let kept: Set<String> = [
        "description", "format", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern",
        "required", "title", "nullable",
    ]

    /// The schema, without what has no word there: it restricts less, and the caller checks the answer anyway.
    static func of(_ schema: JSONValue) -> JSONValue {
        guard case .object(let rules) = schema else { return [:] }
        var result = JSONObject()
        for rule in rules {
            switch rule.key {
            case "type":
                if let types = rule.value.arrayValue {
                    let others = types.filter { $0 != .string("null") }
                    if others.count < types.count { result["nullable"] = true }
                    if others.count == 1 { result["type"] = others[0] }
                } else {
                    result["type"] = rule.value
                }
            case "properties":
                result["properties"] = .object(
                    JSONObject(
                        (rule.value.objectValue ?? JSONObject()).map {
                            JSONObject.Member(key: $0.key, value: of($0.value))
                        }))
            case "items": result["items"] = of(rule.value)
            case "anyOf", "oneOf": result["anyOf"] = .array((rule.value.arrayValue ?? []).map { of($0) })
            case "const":
                result["enum"] = [rule.value]
                if result["type"] == nil, rules["type"] == nil { result["type"] = .string(rule.value.typeName) }
            case "enum": result["enum"] = rule.value
            case let key where kept.contains(key): result[key] = rule.value
            default: break
            }
        }
        return .object(result)
    }
}
