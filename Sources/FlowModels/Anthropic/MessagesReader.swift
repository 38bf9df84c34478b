// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Reads answers of Anthropic's messages API.
package struct MessagesReader: WireReader {
    /// The thoughts, with the signatures without which they are not taken back.
    private var thoughts: [Int: JSONObject] = [:]
    /// Which calls have begun; the first takes the thoughts along.
    private var calls: [Int] = []

    package init() {}

    package mutating func read(_ type: String, _ json: JSONValue) -> [WireEvent] {
        let index = json["index"]?.count ?? 0
        switch json["type"]?.stringValue ?? type {
        case "message_start":
            return beginning(json["message"])
        case "content_block_start":
            return json["content_block"].map { start($0, index) } ?? []
        case "content_block_delta":
            return json["delta"].map { delta($0, index) } ?? []
        case "message_delta":
            return usage(json["usage"]) + finish(json["delta"]?["stop_reason"])
        case "message_stop": return closing() + [.end]
        case "error": return [.failed(ServiceFailure(inStream: json).error(key: nil))]
        default: return []
        }
    }

    package mutating func readWhole(_ json: JSONValue) -> [WireEvent]? {
        guard let blocks = json["content"]?.arrayValue else { return nil }
        var found = beginning(json)
        for (index, block) in blocks.enumerated() {
            found += start(block, index)
            if block["type"]?.stringValue == "text", let text = block["text"]?.stringValue, !text.isEmpty {
                found.append(.text(text))
            }
        }
        return found + finish(json["stop_reason"]) + closing() + [.end]
    }

    private func beginning(_ message: JSONValue?) -> [WireEvent] {
        (message?["model"]?.stringValue.map { [.model($0)] } ?? []) + usage(message?["usage"])
    }

    private mutating func start(_ block: JSONValue, _ index: Int) -> [WireEvent] {
        switch block["type"]?.stringValue {
        case "tool_use":
            calls.append(index)
            // In a stream the input is empty here, and comes in pieces.
            let input = block["input"]?.objectValue.map { $0.isEmpty ? "" : JSONValue.object($0).jsonText() }
            return [
                .call(
                    CallPiece(
                        index: index, id: block["id"]?.stringValue, name: block["name"]?.stringValue,
                        arguments: input ?? ""))
            ]
        case "thinking", "redacted_thinking":
            thoughts[index] = block.objectValue
            return []
        default: return []
        }
    }

    private mutating func delta(_ delta: JSONValue, _ index: Int) -> [WireEvent] {
        switch delta["type"]?.stringValue {
        case "text_delta":
            return delta["text"]?.stringValue.map { [.text($0)] } ?? []
        case "input_json_delta":
            // Only of the calls that are ours to make: the service has tools of its own.
            guard calls.contains(index), let piece = delta["partial_json"]?.stringValue else { return [] }
            return [.call(CallPiece(index: index, arguments: piece))]
        case "thinking_delta": append(delta["thinking"], to: "thinking", index)
        case "signature_delta": append(delta["signature"], to: "signature", index)
        default: break
        }
        return []
    }

    private mutating func append(_ piece: JSONValue?, to key: String, _ index: Int) {
        guard let piece = piece?.stringValue else { return }
        thoughts[index, default: JSONObject()][key] = .string((thoughts[index]?[key]?.stringValue ?? "") + piece)
    }

    /// Gives the first call the thoughts, which have to be sent back with it.
    private func closing() -> [WireEvent] {
        guard let first = calls.first else { return [] }
        let kept = thoughts.sorted { $0.key < $1.key }.map(\.value).filter {
            !($0["signature"]?.stringValue ?? $0["data"]?.stringValue ?? "").isEmpty
        }
        if kept.isEmpty { return [] }
        return [.call(CallPiece(index: first, token: JSONValue.array(kept.map { .object($0) }).jsonText()))]
    }

    private func usage(_ json: JSONValue?) -> [WireEvent] {
        guard let json, !json.isNull else { return [] }
        let cached = json["cache_read_input_tokens"]?.count
        let written = json["cache_creation_input_tokens"]?.count
        // What was read from the cache or written to it is not in the number of input tokens.
        let prompt = json["input_tokens"]?.count.map { $0.clampedSum(cached ?? 0).clampedSum(written ?? 0) }
        return [.usage(UsagePiece(prompt: prompt, completion: json["output_tokens"]?.count, cached: cached))]
    }

    private func finish(_ reason: JSONValue?) -> [WireEvent] {
        switch reason?.stringValue {
        case nil: []
        case "end_turn", "stop_sequence": [.finished(.stop)]
        case "max_tokens", "model_context_window_exceeded": [.finished(.length)]
        case "tool_use": [.finished(.toolCalls)]
        case "refusal": [.finished(.contentFilter)]
        case let other?: [.finished(FinishReason(rawValue: other))]
        }
    }
}
