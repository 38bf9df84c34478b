// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Reads requests of the chat completions API, as clients send them, into requests to any model.
struct ChatRequestReader {
    /// What a client asks for.
    struct Asked {
        var request: ModelRequest
        var isStreamed: Bool
        /// Keys that change the answer and are not passed on.
        var ignored: [String]
        /// The name of the schema, for the log.
        var schemaName: String?
    }

    private static let known: Set<String> = [
        "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p",
        "seed", "stop", "reasoning_effort", "tools", "tool_choice", "parallel_tool_calls", "response_format", "n",
        // These do not change the answer.
        "user", "metadata", "store", "safety_identifier", "prompt_cache_key", "service_tier",
    ]
    private static let mostMessages = 10_000

    static func read(_ body: [UInt8]) throws(GatewayFault) -> Asked {
        guard let json = try? JSONValue.parse(body), let object = json.objectValue else {
            throw GatewayFault(400, "the body is no JSON object")
        }
        guard let list = object["messages"]?.arrayValue, !list.isEmpty, list.count <= mostMessages else {
            throw GatewayFault(400, "`messages` is a list of at least one message")
        }
        var request = ModelRequest(messages: [])
        for message in list { request.messages.append(try Self.message(message)) }
        request.model = object["model"]?.stringValue
        if let count = object["n"]?.integerValue, count != 1 { throw GatewayFault(400, "`n` may only be 1 here") }
        for key in ["functions", "function_call", "audio"] where !(object[key] ?? .null).isNull {
            throw GatewayFault(400, "`\(key)` is not taken here; use `tools`")
        }
        let most = object["max_completion_tokens"]?.integerValue ?? object["max_tokens"]?.integerValue
        request.maxTokens = most.map { Int(clamping: Swift.max(1, $0)) }
        request.temperature = object["temperature"]?.numberValue
        request.topP = object["top_p"]?.numberValue
        request.seed = object["seed"]?.integerValue
        request.reasoningEffort = object["reasoning_effort"]?.stringValue
        switch object["stop"] {
        case .string(let text)?: request.stop = [text]
        case .array(let texts)?: request.stop = texts.compactMap(\.stringValue)
        default: break
        }
        try readTools(object, &request)
        let name = try readForm(object["response_format"] ?? .null, &request)
        let ignored = object.filter { !known.contains($0.key) && !$0.value.isNull && !isNothing($0.value) }.map(\.key)
        return Asked(
            request: request, isStreamed: object["stream"]?.boolValue ?? false, ignored: ignored, schemaName: name)
    }

    /// What asks for nothing, such as a penalty of 0.
    private static func isNothing(_ value: JSONValue) -> Bool {
        value.numberValue == 0 || value == .bool(false) || value.objectValue?.isEmpty == true
    }

    // MARK: Messages

    private static func message(_ json: JSONValue) throws(GatewayFault) -> ModelMessage {
        let word = json["role"]?.stringValue ?? ""
        let role: ModelMessage.Role
        switch word {
        case "system", "developer": role = .system
        case "user": role = .user
        case "assistant": role = .assistant
        case "tool": role = .tool
        default: throw GatewayFault(400, "the role `\(word.prefix(40))` is not known here")
        }
        var message = ModelMessage(role, "")
        message.name = json["name"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        switch json["content"] {
        case .string(let text)?: message.content = text
        case nil, .null?: break
        case .array(let parts)?: for part in parts { try add(part, to: &message) }
        default: throw GatewayFault(400, "`content` is a text or a list of parts")
        }
        if message.content.isEmpty, let text = json["refusal"]?.stringValue { message.content = text }
        for call in json["tool_calls"]?.arrayValue ?? [] {
            guard let name = call["function"]?["name"]?.stringValue else {
                throw GatewayFault(400, "a tool call has no function")
            }
            message.toolCalls.append(
                ToolCall(
                    id: call["id"]?.stringValue ?? "", name: name, arguments: arguments(call["function"]?["arguments"]))
            )
        }
        if role == .tool {
            message.toolCallID = json["tool_call_id"]?.stringValue
            message.toolName = message.name
            message.name = nil
        }
        return message
    }

    /// The arguments as a value; text that is no JSON stays a text.
    private static func arguments(_ json: JSONValue?) -> JSONValue {
        guard case .string(let text)? = json else { return json ?? .object(JSONObject()) }
        if text.isEmpty { return .object(JSONObject()) }
        return (try? JSONValue.parse(text)) ?? .string(text)
    }

    private static func add(_ part: JSONValue, to message: inout ModelMessage) throws(GatewayFault) {
        switch part["type"]?.stringValue {
        case "text", "input_text", nil:
            let text = part["text"]?.stringValue ?? part.stringValue ?? ""
            message.content += message.content.isEmpty ? text : "\n" + text
        case "refusal": message.content += part["refusal"]?.stringValue ?? ""
        case "image_url":
            let url = part["image_url"]?["url"]?.stringValue ?? part["image_url"]?.stringValue ?? ""
            guard let image = DataAddress.image(url) else {
                throw GatewayFault(400, "a picture must be in the request, as `data:image/…;base64,…`")
            }
            message.images.append(image)
        case let other?: throw GatewayFault(400, "parts of the type `\(other.prefix(40))` are not taken here")
        }
    }

    // MARK: Tools and forms

    private static func readTools(_ object: JSONObject, _ request: inout ModelRequest) throws(GatewayFault) {
        for tool in object["tools"]?.arrayValue ?? [] {
            guard tool["type"]?.stringValue ?? "function" == "function", let function = tool["function"],
                let name = function["name"]?.stringValue
            else { throw GatewayFault(400, "only tools of the type `function` are taken here") }
            request.tools.append(
                ToolSpec(
                    name: name, description: function["description"]?.stringValue ?? "",
                    parameters: function["parameters"] ?? ["type": "object", "properties": [:]]))
        }
        guard !request.tools.isEmpty else { return }
        switch object["tool_choice"] {
        case .string("none")?: request.toolChoice = .none
        case .string("required")?: request.toolChoice = .required
        case .object(let choice)?:
            guard let name = choice["function"]?["name"]?.stringValue else {
                throw GatewayFault(400, "`tool_choice` names no function")
            }
            request.toolChoice = .named(name)
        default: break
        }
        request.allowsParallelTools = object["parallel_tool_calls"]?.boolValue ?? true
    }

    /// The schema in any of the forms in which clients ask for JSON. Its name, if it has one.
    private static func readForm(_ form: JSONValue, _ request: inout ModelRequest) throws(GatewayFault) -> String? {
        switch form["type"]?.stringValue {
        case nil, "text": return nil
        case "json_object":
            request.schema = form["schema"].flatMap { $0.isNull ? nil : $0 } ?? ["type": "object"]
            return request.schema?["title"]?.stringValue
        case "json_schema":
            guard let inner = form["json_schema"], let schema = inner["schema"], schema.objectValue != nil else {
                throw GatewayFault(400, "`response_format` has no schema")
            }
            request.schema = schema
            return schema["title"]?.stringValue ?? inner["name"]?.stringValue
        case let other?:
            throw GatewayFault(400, "`response_format` of the type `\(other.prefix(40))` is not known here")
        }
    }
}

/// Pictures in addresses that hold them.
enum DataAddress {
    /// The picture of `data:TYPE;base64,TEXT`; nil for anything else.
    static func image(_ url: String) -> ModelImage? {
        guard url.hasPrefix("data:image/"), let comma = url.firstIndex(of: ",") else { return nil }
        let head = url[url.index(url.startIndex, offsetBy: 5)..<comma]
        guard head.hasSuffix(";base64") else { return nil }
        guard let bytes = bytes(url[url.index(after: comma)...].utf8) else { return nil }
        return ModelImage(mediaType: String(head.prefix { $0 != ";" }), bytes: bytes)
    }

    private static func bytes(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var isPadding = false
        for character in text {
            if character == UInt8(ascii: "=") {
                isPadding = true
                continue
            }
            guard !isPadding, let digit = digit(character) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
            bits &= 0xFF
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case 0x41...0x5A: character - 0x41
        case 0x61...0x7A: character - 0x61 + 26
        case 0x30...0x39: character - 0x30 + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
