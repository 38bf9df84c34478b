// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Reads answers of the chat completions API.
package struct ChatReader: WireReader {
    package let terminator: String? = "[DONE]"
    /// The index of the last call, for services that give none.
    private var lastCall = -1

    package init() {}

    package mutating func read(_ type: String, _ json: JSONValue) -> [WireEvent] {
        if let error = json["error"], !error.isNull {
            return [.failed(ServiceFailure(inStream: json).error(key: nil))]
        }
        return events(of: json, message: "delta")
    }

    package mutating func readWhole(_ json: JSONValue) -> [WireEvent]? {
        json["choices"]?.arrayValue == nil ? nil : events(of: json, message: "message")
    }

    /// What the first choice of a chunk, or of an answer in one piece, says.
    private mutating func events(of chunk: JSONValue, message: String) -> [WireEvent] {
        var found: [WireEvent] = []
        if let name = chunk["model"]?.stringValue, !name.isEmpty { found.append(.model(name)) }
        if let usage = chunk["usage"], !usage.isNull { found.append(.usage(Self.usage(usage))) }
        guard let choice = chunk["choices"]?.arrayValue?.first(where: { ($0["index"]?.integerValue ?? 0) == 0 }) else {
            return found
        }
        let said = choice[message]
        if let text = said?["content"]?.stringValue, !text.isEmpty { found.append(.text(text)) }
        if let text = said?["refusal"]?.stringValue, !text.isEmpty { found.append(.refusal(text)) }
        for call in said?["tool_calls"]?.arrayValue ?? [] {
            let id = call["id"]?.stringValue
            // What counts is only which pieces belong together.
            let given = (call["index"]?.count).map { Swift.min($0, 1 << 20) }
            let index = given ?? (id == nil && lastCall >= 0 ? lastCall : lastCall + 1)
            lastCall = index
            let function = call["function"]
            // A few services give the arguments as an object instead of as text.
            let arguments = function?["arguments"].map { $0.stringValue ?? ($0.isNull ? "" : $0.jsonText()) }
            found.append(
                .call(
                    CallPiece(
                        index: index, id: id, name: function?["name"]?.stringValue, arguments: arguments ?? "")))
        }
        if let reason = choice["finish_reason"]?.stringValue {
            found += [.finished(FinishReason(rawValue: reason)), .end]
        }
        return found
    }

    private static func usage(_ json: JSONValue) -> UsagePiece {
        UsagePiece(
            prompt: json["prompt_tokens"]?.count, completion: json["completion_tokens"]?.count,
            cached: json["prompt_tokens_details"]?["cached_tokens"]?.count,
            reasoning: json["completion_tokens_details"]?["reasoning_tokens"]?.count)
    }
}
