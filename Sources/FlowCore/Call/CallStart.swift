// SPDX-License-Identifier: Apache-2.0

/// A call that begins, as the log keeps it.
public struct CallStart: Sendable, Hashable {
    public var kind: CallIntent.Kind
    /// The model's name as it was asked for, or the tool's name.
    public var name: String
    /// The content that holds the request.
    public var request: Digest
    /// The most that the call can cost.
    public var reservation: CallCharge
    /// How many words of people are in the conversation that the call belongs to.
    public var heard: Int

    /// A call that begins.
    public init(
        kind: CallIntent.Kind, name: String, request: Digest, reservation: CallCharge = CallCharge(), heard: Int = 0
    ) {
        self.kind = kind
        self.name = name
        self.request = request
        self.reservation = reservation
        self.heard = heard
    }
}

extension CallStart {
    /// Adds the facts to the JSON of an event.
    func write(to object: inout JSONObject) {
        object["kind"] = .string(kind.rawValue)
        object["name"] = .string(name)
        object["request"] = .string(request.hex)
        reservation.write(to: &object)
        if heard > 0 { object["heard"] = .integer(Int64(heard)) }
    }

    /// The facts in the JSON of an event; nil when it has none.
    init?(json: JSONValue) {
        guard let kind = json["kind"]?.stringValue.flatMap(CallIntent.Kind.init(rawValue:)),
            let request = json["request"]?.stringValue.flatMap({ Digest(hex: $0) })
        else { return nil }
        self.init(
            kind: kind, name: json["name"]?.stringValue ?? "", request: request, reservation: CallCharge(json: json),
            heard: Int(clamping: json["heard"]?.integerValue ?? 0))
    }
}

extension CallCharge {
    func write(to object: inout JSONObject) {
        object["tokens"] = .integer(Int64(tokens))
        object["picodollars"] = .integer(money.picodollars)
        if !isPriced { object["unpriced"] = true }
    }

    init(json: JSONValue) {
        self.init(
            tokens: Int(clamping: json["tokens"]?.integerValue ?? 0),
            money: Money(picodollars: json["picodollars"]?.integerValue ?? 0),
            isPriced: json["unpriced"]?.boolValue != true)
    }
}
