// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Google's `generateContent` API, always as a stream.
package struct GeminiWire: WireFormat {
    /// The version of the API, a part of its path.
    private let version: String

    package init(version: String = "v1beta") { self.version = version }

    package func path(model: String) -> String {
        let name = model.contains("/") ? model : "models/\(model)"
        return "/\(version)/\(Self.escaped(name)):streamGenerateContent?alt=sse"
    }

    /// A name as a part of a path: what could end the path or begin a query is written as a number.
    private static func escaped(_ name: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/@".utf8)
        return name.utf8.reduce(into: "") { text, byte in
            if plain.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
    }

    package func headers(key: String?) -> [(name: String, value: String)] {
        key.map { [(name: "x-goog-api-key", value: $0)] } ?? []
    }

    package func reader(for request: ModelRequest) -> any WireReader { GeminiReader() }

    /// The API takes a schema for the answer only where there are no tools.
    package func answerTool(for request: ModelRequest) -> AnswerTool? {
        request.tools.isEmpty ? nil : request.schema.map { AnswerTool(schema: $0, beside: request.tools) }
    }

    package func body(of request: ModelRequest, model: String, words: WireWords) -> JSONValue {
        let answerTool = answerTool(for: request)
        let tools = request.tools + (answerTool.map { [$0.spec] } ?? [])
        var body = JSONObject()
        let system = request.messages.filter { $0.role == .system && !$0.content.isEmpty }.map(\.content)
        if !system.isEmpty {
            body["systemInstruction"] = ["parts": [["text": .string(system.joined(separator: "\n\n"))]]]
        }
        body["contents"] = .array(GeminiContents.of(request.messages, keepsThoughts: words.has(.keptThoughts)))
        if !tools.isEmpty {
            body["tools"] = [
                [
                    "functionDeclarations": .array(
                        tools.map { tool in
                            var declaration = JSONObject()
                            declaration["name"] = .string(tool.name)
                            declaration["description"] = .string(tool.description)
                            if words.has(.jsonToolSchema) {
                                declaration["parametersJsonSchema"] = tool.parameters
                            } else if !(tool.parameters["properties"]?.objectValue?.isEmpty ?? true) {
                                declaration["parameters"] = GeminiSchema.of(tool.parameters)
                            }
                            return .object(declaration)
                        })
                ]
            ]
            body["toolConfig"] = Self.choice(request, answerTool).map { ["functionCallingConfig": $0] }
        }
        let generation = generation(request, model, words)
        if !generation.isEmpty { body["generationConfig"] = .object(generation) }
        return .object(body)
    }

    private static func choice(_ request: ModelRequest, _ answerTool: AnswerTool?) -> JSONValue? {
        switch (request.toolChoice, answerTool) {
        case (.named(let name), _): ["mode": "ANY", "allowedFunctionNames": [.string(name)]]
        case (.none, let tool?): ["mode": "ANY", "allowedFunctionNames": [.string(tool.spec.name)]]
        case (.none, nil): ["mode": "NONE"]
        case (.required, _), (.auto, .some): ["mode": "ANY"]
        case (.auto, nil): nil
        }
    }

    private func generation(_ request: ModelRequest, _ model: String, _ words: WireWords) -> JSONObject {
        var config = JSONObject()
        config["maxOutputTokens"] = request.maxTokens.map { .integer(Int64($0)) }
        if words.has(.temperature) { config["temperature"] = request.temperature.map { .number($0) } }
        if words.has(.topP) { config["topP"] = request.topP.map { .number($0) } }
        // The field has 32 bits.
        if words.has(.seed) { config["seed"] = request.seed.map { .integer(Int64(Int32(truncatingIfNeeded: $0))) } }
        if !request.stop.isEmpty { config["stopSequences"] = .array(request.stop.map { .string($0) }) }
        if let effort = request.reasoningEffort, words.has(.reasoningEffort) {
            config["thinkingConfig"] = Self.thinking(effort, model)
        }
        if let schema = request.schema, request.tools.isEmpty {
            config["responseMimeType"] = "application/json"
            if words.has(.jsonSchema) {
                config["responseJsonSchema"] = schema
            } else if words.has(.jsonObject) {
                config["responseSchema"] = GeminiSchema.of(schema)
            }
        }
        return config
    }

    /// Models from 3 on have levels of thinking, older ones a number of tokens.
    private static func thinking(_ effort: String, _ model: String) -> JSONValue {
        if let tokens = Int(effort) { return ["thinkingBudget": .integer(Int64(tokens))] }
        if model.contains("gemini-2") {
            let budgets: [String: Int64] = ["none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576]
            if let budget = budgets[effort] { return ["thinkingBudget": .integer(budget)] }
        }
        return ["thinkingLevel": .string(effort)]
    }

    package func otherWords(
        than words: WireWords, after failure: ServiceFailure, of request: ModelRequest
    ) -> WireWords? {
        guard failure.isComplaint else { return nil }
        let hasSchema = request.schema != nil && request.tools.isEmpty
        let hasKept = request.messages.contains { $0.toolCalls.contains { $0.token != nil } }
        return words.without(
            firstOf: [
                (.jsonSchema, "responseJsonSchema", hasSchema), (.jsonSchema, "response_json_schema", hasSchema),
                (.jsonObject, "schema", hasSchema && !words.has(.jsonSchema)), (.jsonSchema, "schema", hasSchema),
                (.jsonToolSchema, "parametersJsonSchema", !request.tools.isEmpty),
                (.jsonToolSchema, "parameters_json_schema", !request.tools.isEmpty),
                (.keptThoughts, "hought_signature", hasKept), (.keptThoughts, "thoughtSignature", hasKept),
                (.reasoningEffort, "hinking", request.reasoningEffort != nil),
                (.seed, "seed", request.seed != nil), (.topP, "top", request.topP != nil),
                (.temperature, "temperature", request.temperature != nil),
            ], named: failure.complaint)
    }
}
