// SPDX-License-Identifier: Apache-2.0

/// Where an attempt makes its calls. The desk decides on each, keeps what was asked before the call is made and what was
/// answered before the answer is used, and may give the answer from a tape without any call.
public protocol CallDesk: Sendable {
    /// Makes a call, or gives its recorded answer.
    ///
    /// - Parameters:
    ///   - intent: what is asked.
    ///   - call: makes it. It is called at most once.
    func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome

    /// Why an agent should come to an end now, because the warning of a budget is crossed; nil while none is.
    func warning() async -> String?

    /// Words of people to the agent that were not taken yet.
    func takeMessages() async -> [String]

    /// Whether people can be asked about a call.
    var canAsk: Bool { get }

    /// The answer to a question about a call; nil while nobody has answered.
    ///
    /// - Parameter call: names the call in its conversation.
    func answer(to call: String) async -> ApprovalDecision?
}

extension CallDesk {
    public func warning() async -> String? { nil }
    public func takeMessages() async -> [String] { [] }
    public var canAsk: Bool { false }
    public func answer(to call: String) async -> ApprovalDecision? { nil }
}

/// A desk that records nothing and refuses nothing.
public struct OpenCallDesk: CallDesk {
    /// The desk.
    public init() {}

    public func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome {
        await call()
    }
}
