// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Reads answers of Google's `generateContent` API.
package struct GeminiReader: WireReader {
    private var callCount = 0

    package init() {}

    package mutating func read(_ type: String, _ json: JSONValue) -> [WireEvent] {
        if let error = json["error"], !error.isNull {
            return [.failed(ServiceFailure(inStream: json).error(key: nil))]
        }
        var found: [WireEvent] = []
        if let name = json["modelVersion"]?.stringValue { found.append(.model(name)) }
        if let usage = json["usageMetadata"] { found.append(.usage(Self.usage(usage))) }
        if let reason = json["promptFeedback"]?["blockReason"]?.stringValue {
            found.append(.refusal("the question was blocked (\(reason))"))
            return found + end(.contentFilter)
        }
        let candidate = json["candidates"]?.arrayValue?.first { ($0["index"]?.integerValue ?? 0) == 0 }
        for part in candidate?["content"]?["parts"]?.arrayValue ?? [] {
            if let call = part["functionCall"] {
                let piece = CallPiece(
                    index: callCount, id: call["id"]?.stringValue, name: call["name"]?.stringValue,
                    arguments: call["args"].map { $0.isNull ? "" : $0.jsonText() } ?? "",
                    token: (part["thoughtSignature"] ?? part["thought_signature"])?.stringValue)
                callCount += 1
                found.append(.call(piece))
            } else if part["thought"]?.boolValue != true, let text = part["text"]?.stringValue, !text.isEmpty {
                found.append(.text(text))
            }
        }
        if let reason = candidate?["finishReason"]?.stringValue {
            let message = candidate?["finishMessage"]?.stringValue
            found += finish(reason, message)
        }
        return found
    }

    package mutating func readWhole(_ json: JSONValue) -> [WireEvent]? {
        // Without `alt=sse` a stream is a list.
        if let chunks = json.arrayValue { return chunks.flatMap { read("message", $0) } }
        return json["candidates"] == nil && json["promptFeedback"] == nil ? nil : read("message", json)
    }

    private func finish(_ reason: String, _ message: String?) -> [WireEvent] {
        switch reason {
        case "FINISH_REASON_UNSPECIFIED": return []
        case "STOP": return end(.stop)
        case "MAX_TOKENS": return end(.length)
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY":
            return [.refusal(message ?? "the answer was blocked (\(reason))")] + end(.contentFilter)
        case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL":
            // Asked again, models mostly get it right.
            let said = message.map { ": " + String($0.prefix(300)) } ?? ""
            return [
                .failed(
                    ModelError(.schemaMismatch, "the model wrote a tool call that cannot be read (\(reason))\(said)"))
            ]
        default: return end(FinishReason(rawValue: reason.lowercased()))
        }
    }

    private func end(_ reason: FinishReason) -> [WireEvent] {
        [.finished(reason), .end]
    }

    private static func usage(_ json: JSONValue) -> UsagePiece {
        let thoughts = json["thoughtsTokenCount"]?.count
        let said = json["candidatesTokenCount"]?.count
        let completion: Int? =
            if said == nil, thoughts == nil {
                json["totalTokenCount"] == nil ? nil : 0
            } else {
                (said ?? 0).clampedSum(thoughts ?? 0)
            }
        return UsagePiece(
            prompt: json["promptTokenCount"]?.count, completion: completion,
            cached: json["cachedContentTokenCount"]?.count, reasoning: thoughts)
    }
}
