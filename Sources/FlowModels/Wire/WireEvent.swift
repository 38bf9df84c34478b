// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// What an answer says next, in the same words for all wire formats.
package enum WireEvent: Sendable, Hashable {
    /// The model that answers, as it names itself.
    case model(String)
    case text(String)
    /// A piece of the reason for which the model declines.
    case refusal(String)
    case call(CallPiece)
    /// What is known of the usage so far. Later numbers replace earlier ones.
    case usage(UsagePiece)
    case finished(FinishReason)
    /// The answer is whole. Without it an answer has broken off.
    case end
    /// The service failed in the middle of its answer.
    case failed(ModelError)
}

/// A piece of a tool call. The first piece of an index opens the call.
package struct CallPiece: Sendable, Hashable {
    package var index: Int
    package var id: String?
    package var name: String?
    /// The next characters of the arguments' JSON.
    package var arguments: String
    package var token: String?

    package init(index: Int, id: String? = nil, name: String? = nil, arguments: String = "", token: String? = nil) {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
        self.token = token
    }
}

/// Counts of tokens as far as the service has told them.
package struct UsagePiece: Sendable, Hashable {
    package var prompt: Int?
    package var completion: Int?
    package var cached: Int?
    package var reasoning: Int?

    package init(prompt: Int? = nil, completion: Int? = nil, cached: Int? = nil, reasoning: Int? = nil) {
        self.prompt = prompt
        self.completion = completion
        self.cached = cached
        self.reasoning = reasoning
    }

    mutating func update(_ newer: UsagePiece) {
        prompt = newer.prompt ?? prompt
        completion = newer.completion ?? completion
        cached = newer.cached ?? cached
        reasoning = newer.reasoning ?? reasoning
    }
}

extension Int {
    /// The sum, or the largest number: counts come from outside.
    func clampedSum(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension JSONValue {
    /// A count from outside; nil for what is not one.
    var count: Int? { integerValue.map { Int(clamping: Swift.max(0, $0)) } }
}
