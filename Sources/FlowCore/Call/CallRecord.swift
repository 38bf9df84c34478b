// SPDX-License-Identifier: Apache-2.0

/// What a node asks outside of itself while it runs: a model, or a tool. Each call is recorded whole.
public struct CallIntent: Sendable, Hashable {
    /// What is called.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case model, tool
        /// A call of the run of a sub-workflow. It counts for the budgets of the node that stands for that run, and is
        /// told in full where it is made.
        case part
    }

    public var kind: Kind
    /// The model's name as it was asked for, or the tool's name.
    public var name: String
    /// All that decides the answer: for a model the messages, parameters and tool schemas, for a tool its arguments.
    /// It must hold no secret.
    public var request: JSONValue
    /// The most that the call can cost. Budgets set it aside until the real charge is known.
    public var reservation: CallCharge
    /// A person was asked about this very call: it is not made a second time, not even after a crash in the middle of it.
    public var isOnce: Bool

    /// A call that is to be made.
    public init(
        kind: Kind, name: String, request: JSONValue, reservation: CallCharge = CallCharge(), isOnce: Bool = false
    ) {
        self.kind = kind
        self.name = name
        self.request = request
        self.reservation = reservation
        self.isOnce = isOnce
    }
}

/// What a call costs.
public struct CallCharge: Sendable, Hashable {
    /// Prompt and completion together.
    public var tokens: Int
    public var money: Money
    /// False when nobody knows the price of the tokens: `money` is then too little.
    public var isPriced: Bool

    /// A charge.
    public init(tokens: Int = 0, money: Money = .zero, isPriced: Bool = true) {
        self.tokens = tokens
        self.money = money
        self.isPriced = isPriced
    }

    /// Both together, clamped.
    public static func + (a: CallCharge, b: CallCharge) -> CallCharge {
        let (tokens, overflow) = a.tokens.addingReportingOverflow(b.tokens)
        return CallCharge(
            tokens: overflow ? (b.tokens < 0 ? .min : .max) : tokens, money: a.money + b.money,
            isPriced: a.isPriced && b.isPriced)
    }
}

/// How a call ended.
public struct CallOutcome: Sendable, Hashable {
    /// The reply, or the failure, in the form of the one who called: it must be enough to make the same result again.
    public var reply: JSONValue
    public var failed: Bool
    /// Who answered, as it names itself: the resolved model, the server of a tool.
    public var answeredBy: String?
    /// The provider of the model that answered, as the settings name it.
    public var provider: String?
    public var usage: ModelUsage
    public var charge: CallCharge

    /// An end.
    public init(
        reply: JSONValue, failed: Bool = false, answeredBy: String? = nil, provider: String? = nil,
        usage: ModelUsage = ModelUsage(), charge: CallCharge = CallCharge()
    ) {
        self.reply = reply
        self.failed = failed
        self.answeredBy = answeredBy
        self.provider = provider
        self.usage = usage
        self.charge = charge
    }
}

/// Why a call is not made.
public enum CallRefusal: Error, Sendable, Hashable {
    /// The call could cost more than what is left of a budget. The text names the budget.
    case budget(String)
    /// The node runs on a tape, and the tape does not have the call. The text names the call and what differs.
    case notOnTape(String)
    /// The attempt is being ended, or what it would have to record cannot be kept.
    case stopped(String)

    /// The reason for people.
    public var message: String {
        switch self {
        case .budget(let text), .notOnTape(let text), .stopped(let text): text
        }
    }
}
