// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a model costs.
public struct ModelPrice: Sendable, Hashable {
    /// Prices of tokens, each for one token.
    public struct Rates: Sendable, Hashable {
        public var prompt: Money
        /// Of tokens that the service had in its cache.
        public var cached: Money
        public var completion: Money

        /// Rates in US dollars for a million tokens; without a price of their own cached tokens cost what others do.
        public init(prompt: Double, cached: Double? = nil, completion: Double) {
            func rate(_ dollars: Double) -> Money { Money(dollars: dollars / 1_000_000) }
            self.prompt = rate(prompt)
            self.cached = rate(cached ?? prompt)
            self.completion = rate(completion)
        }
    }

    public var rates: Rates
    /// Those of a call whose prompt is longer than so many tokens.
    public var long: (above: Int, rates: Rates)?
    /// The day on which the price was looked up, such as `2026-11-21`.
    public var date: String?
    /// Where.
    public var source: String?

    /// A price.
    public init(_ rates: Rates, long: (above: Int, rates: Rates)? = nil, date: String? = nil, source: String? = nil) {
        self.rates = rates
        self.long = long
        self.date = date
        self.source = source
    }

    /// The price of models that run on this machine.
    public static let free = ModelPrice(Rates(prompt: 0, completion: 0))

    /// What an answer costs.
    public func cost(of usage: ModelUsage) -> Money {
        let rates = rates(forPrompt: usage.promptTokens)
        let prompt = Swift.max(0, usage.promptTokens)
        let cached = Swift.min(Swift.max(0, usage.cachedTokens), prompt)
        return rates.prompt * (prompt - cached) + rates.cached * cached
            + rates.completion * Swift.max(0, usage.completionTokens)
    }

    private func rates(forPrompt tokens: Int) -> Rates {
        if let long, tokens > long.above { return long.rates }
        return rates
    }

    public static func == (a: ModelPrice, b: ModelPrice) -> Bool {
        a.rates == b.rates && a.long?.above == b.long?.above && a.long?.rates == b.long?.rates && a.date == b.date
            && a.source == b.source
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(rates) }
}
