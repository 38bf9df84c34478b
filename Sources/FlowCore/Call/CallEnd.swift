// SPDX-License-Identifier: Apache-2.0

/// The end of a call, as the log keeps it.
public struct CallEnd: Sendable, Hashable {
    /// The content that holds the reply, or the failure.
    public var reply: Digest
    public var failed: Bool
    /// Who answered, as it names itself.
    public var answeredBy: String?
    /// The provider of the model that answered, as the settings name it.
    public var provider: String?
    public var usage: ModelUsage
    /// What the call has cost; nothing for one that a tape answered.
    public var charge: CallCharge
    /// From the beginning of the call to its answer.
    public var latency: Milliseconds
    /// Whether the answer is that of an earlier run.
    public var isTaped: Bool

    /// An end.
    public init(
        reply: Digest, failed: Bool = false, answeredBy: String? = nil, provider: String? = nil,
        usage: ModelUsage = ModelUsage(), charge: CallCharge = CallCharge(), latency: Milliseconds = .zero,
        isTaped: Bool = false
    ) {
        self.reply = reply
        self.failed = failed
        self.answeredBy = answeredBy
        self.provider = provider
        self.usage = usage
        self.charge = charge
        self.latency = latency
        self.isTaped = isTaped
    }
}

extension CallEnd {
    /// Adds the facts to the JSON of an event.
    func write(to object: inout JSONObject) {
        object["reply"] = .string(reply.hex)
        if failed { object["failed"] = true }
        object["answered_by"] = answeredBy.map { .string($0) }
        object["provider"] = provider.map { .string($0) }
        object["usage"] = usage.json
        charge.write(to: &object)
        object["latency"] = .integer(latency.count)
        if isTaped { object["taped"] = true }
    }

    /// The facts in the JSON of an event; nil when it has none.
    init?(json: JSONValue) {
        guard let reply = json["reply"]?.stringValue.flatMap({ Digest(hex: $0) }) else { return nil }
        self.init(
            reply: reply, failed: json["failed"]?.boolValue ?? false, answeredBy: json["answered_by"]?.stringValue,
            provider: json["provider"]?.stringValue, usage: ModelUsage(json: json["usage"] ?? .null),
            charge: CallCharge(json: json),
            latency: Milliseconds(json["latency"]?.integerValue ?? 0), isTaped: json["taped"]?.boolValue ?? false)
    }
}

extension ModelUsage {
    /// The usage as JSON; what is nothing is left out.
    public var json: JSONValue {
        var object = JSONObject()
        func add(_ key: String, _ count: Int) { if count != 0 { object[key] = .integer(Int64(count)) } }
        add("prompt", promptTokens)
        add("completion", completionTokens)
        add("cached", cachedTokens)
        add("reasoning", reasoningTokens)
        if estimated { object["estimated"] = true }
        return .object(object)
    }

    /// The usage of a JSON object that `json` made; what is missing is nothing.
    public init(json: JSONValue) {
        func count(_ key: String) -> Int { Int(clamping: json[key]?.integerValue ?? 0) }
        self.init(
            promptTokens: count("prompt"), completionTokens: count("completion"), cachedTokens: count("cached"),
            reasoningTokens: count("reasoning"), estimated: json["estimated"]?.boolValue ?? false)
    }

    /// Prompt and completion together, or the largest number.
    public var totalTokens: Int {
        let (sum, overflow) = promptTokens.addingReportingOverflow(completionTokens)
        return overflow ? .max : sum
    }
}
