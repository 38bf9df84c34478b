// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ModelReply {
    /// The reply as JSON, from which the same reply can be made again.
    var recordedJSON: JSONValue {
        var object = JSONObject()
        object["text"] = .string(text)
        object["json"] = json
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map(\.recordedJSON)) }
        object["finish_reason"] = .string(finishReason.rawValue)
        object["usage"] = usage.json
        object["model"] = .string(model)
        let (seconds, attoseconds) = latency.components
        object["latency"] = [.integer(seconds), .integer(attoseconds)]
        return .object(object)
    }

    /// The reply of a JSON object that `recordedJSON` made; nil for anything else.
    init?(recordedJSON json: JSONValue) {
        guard let text = json["text"]?.stringValue, let model = json["model"]?.stringValue else { return nil }
        var calls: [ToolCall] = []
        for item in json["tool_calls"]?.arrayValue ?? [] {
            guard let call = ToolCall(recordedJSON: item) else { return nil }
            calls.append(call)
        }
        let latency = json["latency"]?.arrayValue?.compactMap(\.integerValue) ?? []
        self.init(
            text: text, json: json["json"], toolCalls: calls,
            finishReason: FinishReason(rawValue: json["finish_reason"]?.stringValue ?? ""),
            usage: ModelUsage(json: json["usage"] ?? .null), model: model,
            latency: latency.count == 2
                ? Duration(secondsComponent: latency[0], attosecondsComponent: latency[1]) : .zero)
    }
}

extension ModelError {
    /// The error as JSON, from which the same error can be made again.
    var recordedJSON: JSONValue {
        var object = JSONObject()
        object["kind"] = .string(kind.rawValue)
        object["message"] = .string(message)
        object["retry_after"] = retryAfter.map { .integer($0.count) }
        return .object(object)
    }

    /// The error of a JSON object that `recordedJSON` made; nil for anything else.
    init?(recordedJSON json: JSONValue) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init(rawValue:)) else { return nil }
        self.init(
            kind, json["message"]?.stringValue ?? "",
            retryAfter: json["retry_after"]?.integerValue.map { Milliseconds($0) })
    }
}
