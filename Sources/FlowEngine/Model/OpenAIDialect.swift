// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The words in which a chat completions server is asked. Servers differ in two fields, and say so with status 400.
struct OpenAIDialect: Equatable {
    /// How a schema is asked for.
    enum SchemaForm {
        case jsonSchema, jsonObject
    }

    var schemaForm = SchemaForm.jsonSchema
    /// Newer services refuse `max_tokens`, older ones do not know its successor.
    var usesCompletionTokens = false

    /// The dialect to try after a refusal; nil when other words would not help.
    func adapted(to exchange: OpenAIExchange, hasSchema: Bool) -> OpenAIDialect? {
        guard exchange.status == 400, !exchange.isTooLong else { return nil }
        var other = self
        if !usesCompletionTokens, exchange.errorText.contains("max_completion_tokens") {
            other.usesCompletionTokens = true
        } else if hasSchema, schemaForm == .jsonSchema {
            other.schemaForm = .jsonObject
        } else {
            return nil
        }
        return other
    }

    /// The body of the request.
    func body(of request: ModelRequest, model: String) -> JSONValue {
        var body = JSONObject()
        body["model"] = .string(model)
        body["messages"] = .array(
            request.messages.map { ["role": .string($0.role.rawValue), "content": .string($0.content)] })
        body["stream"] = true
        body["stream_options"] = ["include_usage": true]
        if let count = request.maxTokens {
            body[usesCompletionTokens ? "max_completion_tokens" : "max_tokens"] = .integer(Int64(count))
        }
        if let temperature = request.temperature { body["temperature"] = .number(temperature) }
        if let seed = request.seed { body["seed"] = .integer(seed) }
        if !request.stop.isEmpty { body["stop"] = .array(request.stop.map { .string($0) }) }
        if let schema = request.schema {
            switch schemaForm {
            case .jsonSchema:
                body["response_format"] = [
                    "type": "json_schema",
                    "json_schema": [
                        "name": "answer", "strict": .bool(Self.isStrict(schema)), "schema": schema,
                    ],
                ]
            case .jsonObject: body["response_format"] = ["type": "json_object", "schema": schema]
            }
        }
        return .object(body)
    }

    /// Whether a service that is strict about schemas takes this one: each object lists all its properties as required
    /// and allows no others.
    private static func isStrict(_ schema: JSONValue) -> Bool {
        guard case .object(let rules) = schema else { return true }
        if let properties = rules["properties"]?.objectValue {
            let required = Set((rules["required"]?.arrayValue ?? []).compactMap(\.stringValue))
            guard rules["additionalProperties"] == .bool(false), required == Set(properties.keys),
                properties.allSatisfy({ isStrict($0.value) })
            else { return false }
        } else if rules["type"] == .string("object") {
            return false
        }
        let inner = (rules["anyOf"]?.arrayValue ?? []) + (rules["items"].map { [$0] } ?? [])
        return rules["oneOf"] == nil && rules["allOf"] == nil && inner.allSatisfy(isStrict)
    }
}
