// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What runs have cost: sums of their calls, by something.
public struct CostReport: Sendable, Hashable {
    /// By what calls are added up.
    public enum Key: String, Sendable, Hashable, CaseIterable {
        case run, node, agent, model, provider, day, session, call
    }

    /// One sum.
    public struct Row: Sendable, Hashable {
        /// A run, node, agent, model, provider, day or session; of tools the name of the tool. Of a call its node, number and
        /// name.
        public var name: String
        /// The models that answered, each once, in the order of the calls.
        public var models: [String] = []
        /// The providers of those models, each once, in the order of the calls.
        public var providers: [String] = []
        public var calls = 0
        /// Those that a tape has answered; they have cost nothing.
        public var tapedCalls = 0
        /// Those whose end nobody saw: what was set aside for them counts as their cost.
        public var lostCalls = 0
        public var promptTokens = 0
        public var completionTokens = 0
        public var cachedTokens = 0
        /// All tokens that were charged.
        public var totalTokens = 0
        public var cost = Money.zero
        /// Whether all prices are known; otherwise the cost is too little.
        public var isPriced = true
        /// Whether some of the tokens are guessed.
        public var isEstimated = false

        mutating func add(_ call: CallSummary) {
            calls += 1
            if call.end?.isTaped == true {
                tapedCalls += 1
            } else {
                let charge = call.charge
                cost = cost + charge.money
                totalTokens = totalTokens.addingClamped(charge.tokens)
                isPriced = isPriced && charge.isPriced
                if let end = call.end {
                    promptTokens = promptTokens.addingClamped(end.usage.promptTokens)
                    completionTokens = completionTokens.addingClamped(end.usage.completionTokens)
                    cachedTokens = cachedTokens.addingClamped(end.usage.cachedTokens)
                    isEstimated = isEstimated || end.usage.estimated
                } else {
                    lostCalls += 1
                    isEstimated = true
                }
            }
            guard call.start.kind == .model else { return }
            let model = call.end?.answeredBy ?? call.start.name
            if !models.contains(model) { models.append(model) }
            if let provider = call.end?.provider, !providers.contains(provider) { providers.append(provider) }
        }
    }

    public private(set) var rows: [Row] = []
    public private(set) var total = Row(name: "Total")
    private var places: [String: Int] = [:]

    /// A report without calls.
    public init() {}

    /// Adds a call to the sum of a name.
    public mutating func add(_ call: CallSummary, as name: String) {
        total.add(call)
        if let place = places[name] { return rows[place].add(call) }
        var row = Row(name: name)
        row.add(call)
        places[name] = rows.count
        rows.append(row)
    }

    /// Sorts the rows: the dearest first, or by name where that is an order in time.
    public mutating func sort(by key: Key) {
        rows.sort { a, b in
            if key == .day { return a.name < b.name }
            if key == .call { return (places[a.name] ?? 0) < (places[b.name] ?? 0) }
            if a.cost != b.cost { return a.cost > b.cost }
            if a.totalTokens != b.totalTokens { return a.totalTokens > b.totalTokens }
            return a.name < b.name
        }
        places = [:]
        for (place, row) in rows.enumerated() { places[row.name] = place }
    }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
