// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Says what calls of models cost.
public struct ModelPricing: Sendable {
    /// What the answer may take where the request does not say.
    private static let usualAnswer = 4096
    /// A picture, as most services count one.
    private static let tokensOfImage = 1600

    private let prices: PriceList
    private let configuration: ModelConfiguration

    /// The prices as the environment's endpoint has them.
    public init(prices: PriceList, environment: [String: String]) {
        self.prices = prices
        configuration = ModelConfiguration().merged(with: environment)
    }

    /// The prices that come with flow, for models of this machine and for those that are named in full.
    public static let standard = ModelPricing(prices: PriceList(extendsEmbedded: true), environment: [:])

    /// The price of a model by the name that was asked for, or the name by which it answered; nil when nobody knows it.
    ///
    /// What runs on this machine costs nothing, also behind an endpoint of this machine, unless the list says otherwise.
    public func price(asked: String?, answered: String? = nil) -> ModelPrice? {
        let asked = asked.flatMap { $0 == "default" || $0.isEmpty ? nil : $0 } ?? configuration.model
        if let asked, let price = prices.price(of: asked) { return price }
        if let asked, ModelConfiguration.isLocal(asked) { return .free }
        if let answered, let price = prices.price(of: answered) { return price }
        guard let url = configuration.url else { return asked == nil ? .free : nil }
        return Self.isLoopback(url) ? .free : nil
    }

    private static func isLoopback(_ url: String) -> Bool {
        guard let start = url.firstRange(of: "://")?.upperBound else { return false }
        let host = url[start...].prefix { $0 != "/" }
        return ["127.0.0.1", "localhost", "[::1]"].contains { name in
            host == name || host.hasPrefix("\(name):")
        }
    }

    /// The most that an answer to a request should cost: the guessed tokens of the request with a quarter more, and as
    /// many of the answer as it allows.
    public func reservation(for request: ModelRequest) -> CallCharge {
        var prompt = 0
        for message in request.messages {
            prompt += TokenEstimate.tokens(in: message.content) + 8 + message.images.count * Self.tokensOfImage
            for call in message.toolCalls { prompt += TokenEstimate.tokens(in: call.arguments.jsonText(.compact)) + 8 }
        }
        for tool in request.tools {
            prompt += TokenEstimate.tokens(in: tool.description) + 16
            prompt += TokenEstimate.tokens(in: tool.parameters.jsonText(.compact))
        }
        if let schema = request.schema { prompt += TokenEstimate.tokens(in: schema.jsonText(.compact)) }
        let answer = Swift.min(Swift.max(0, request.maxTokens ?? Self.usualAnswer), 1 << 40)
        let usage = ModelUsage(promptTokens: prompt + prompt / 4, completionTokens: answer)
        return charge(for: usage, asked: request.model)
    }

    /// What an answer costs.
    public func charge(for usage: ModelUsage, asked: String?, answered: String? = nil) -> CallCharge {
        guard let price = price(asked: asked, answered: answered) else {
            return CallCharge(tokens: usage.totalTokens, isPriced: false)
        }
        return CallCharge(tokens: usage.totalTokens, money: price.cost(of: usage))
    }
}
