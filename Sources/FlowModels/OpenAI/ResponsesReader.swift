// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// Reads answers of the responses API.
package struct ResponsesReader: WireReader {
    /// Thoughts that no call has taken along yet.
    private var thoughts: [JSONValue] = []
    /// The items whose text, or whose arguments, came in pieces.
    private var heard: Set<Int> = []

    package init() {}

    package mutating func read(_ type: String, _ json: JSONValue) -> [WireEvent] {
        let type = json["type"]?.stringValue ?? type
        let index = json["output_index"]?.count ?? 0
        switch type {
        case "response.created", "response.in_progress":
            return model(of: json["response"])
        case "response.output_text.delta":
            heard.insert(index)
            return json["delta"]?.stringValue.map { [.text($0)] } ?? []
        case "response.refusal.delta":
            heard.insert(index)
            return json["delta"]?.stringValue.map { [.refusal($0)] } ?? []
        case "response.output_item.added":
            guard let item = json["item"], item["type"]?.stringValue == "function_call" else { return [] }
            return [.call(opening(item, index))]
        case "response.function_call_arguments.delta":
            heard.insert(index)
            return [.call(CallPiece(index: index, arguments: json["delta"]?.stringValue ?? ""))]
        case "response.output_item.done":
            return json["item"].map { rest(of: $0, index) } ?? []
        case "response.completed", "response.incomplete", "response.failed":
            return json["response"].map { ending($0) } ?? []
        case "error":
            return [.failed(ServiceFailure(inStream: json["error"] == nil ? ["error": json] : json).error(key: nil))]
        default: return []
        }
    }

    package mutating func readWhole(_ json: JSONValue) -> [WireEvent]? {
        json["output"]?.arrayValue == nil ? nil : ending(json)
    }

    private func model(of response: JSONValue?) -> [WireEvent] {
        response?["model"]?.stringValue.map { [.model($0)] } ?? []
    }

    private mutating func opening(_ item: JSONValue, _ index: Int) -> CallPiece {
        defer { thoughts = [] }
        return CallPiece(
            index: index, id: item["call_id"]?.stringValue ?? item["id"]?.stringValue,
            name: item["name"]?.stringValue, token: thoughts.isEmpty ? nil : JSONValue.array(thoughts).jsonText())
    }

    /// What a whole item says that was not heard in pieces.
    private mutating func rest(of item: JSONValue, _ index: Int) -> [WireEvent] {
        let isNew = heard.insert(index).inserted
        switch item["type"]?.stringValue {
        case "reasoning":
            // The id names what the service has kept, which is nothing.
            if isNew, item["encrypted_content"]?.stringValue != nil, case .object(var thought) = item {
                thought["id"] = nil
                thought["status"] = nil
                thoughts.append(.object(thought))
            }
            return []
        case "function_call":
            var piece = opening(item, index)
            piece.arguments = isNew ? item["arguments"]?.stringValue ?? "" : ""
            return [.call(piece)]
        case "message":
            guard isNew else { return [] }
            return (item["content"]?.arrayValue ?? []).flatMap { part -> [WireEvent] in
                if let text = part["text"]?.stringValue { return [.text(text)] }
                return part["refusal"]?.stringValue.map { [.refusal($0)] } ?? []
            }
        default: return []
        }
    }

    private mutating func ending(_ response: JSONValue) -> [WireEvent] {
        var found = model(of: response)
        if let usage = response["usage"], !usage.isNull {
            found.append(
                .usage(
                    UsagePiece(
                        prompt: usage["input_tokens"]?.count, completion: usage["output_tokens"]?.count,
                        cached: usage["input_tokens_details"]?["cached_tokens"]?.count,
                        reasoning: usage["output_tokens_details"]?["reasoning_tokens"]?.count)))
        }
        if response["status"]?.stringValue == "failed" {
            return found + [.failed(ServiceFailure(inStream: response).error(key: nil))]
        }
        for (index, item) in (response["output"]?.arrayValue ?? []).enumerated() where !heard.contains(index) {
            found += rest(of: item, index)
        }
        let reason: FinishReason =
            switch response["incomplete_details"]?["reason"]?.stringValue {
            case "max_output_tokens", "max_tokens": .length
            case "content_filter": .contentFilter
            case let other?: FinishReason(rawValue: other)
            case nil: .stop
            }
        return found + [.finished(reason), .end]
    }
}
