// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// What a run is expected to cost, before it starts.
public struct RunEstimate: Sendable, Hashable {
    /// Who says so.
    public enum Source: String, Sendable, Hashable {
        /// The workflow itself: `mode.estimate.usd`.
        case declared
        /// Earlier runs of the same workflow.
        case history
    }

    public var low: Money
    public var high: Money
    /// The most likely cost.
    public var expected: Money
    public var source: Source

    /// What a workflow says of itself: `usd: 1-3`, or one number; nil when it says nothing that can be read.
    public init?(declaredBy definition: WorkflowDefinition) {
        guard let value = definition.mode?["estimate"]?["usd"] else { return nil }
        if let number = value.numberValue, number >= 0, number < 1e6 {
            self.init(low: number, high: number, source: .declared)
            return
        }
        guard let text = value.stringValue else { return nil }
        let parts = text.split(separator: "-", maxSplits: 1).map { part in
            Double(part.drop { $0 == " " || $0 == "$" }.prefix { $0 != " " })
        }
        guard let first = parts.first, let low = first, let last = parts.last, let high = last, low >= 0, high >= low,
            high < 1e6
        else { return nil }
        self.init(low: low, high: high, source: .declared)
    }

    private init(low: Double, high: Double, source: Source) {
        (self.low, self.high) = (Money(dollars: low), Money(dollars: high))
        expected = Money(dollars: (low + high) / 2)
        self.source = source
    }

    /// What earlier runs have cost; nil without any.
    public init?(costs: [Money]) {
        guard let low = costs.min(), let high = costs.max() else { return nil }
        let sum = costs.reduce(Money.zero, +)
        (self.low, self.high) = (low, high)
        expected = Money(picodollars: sum.picodollars / Int64(costs.count))
        source = .history
    }

    /// What must be left of a budget: the most that the workflow declares, or what its runs have cost on average.
    var wanted: Money { source == .declared ? high : expected }

    /// How far a cost is from what was expected, in percent and rounded; nil when nothing was expected.
    public func error(of cost: Money) -> Int? {
        guard expected > .zero else { return nil }
        let part = (cost.dollars - expected.dollars) / expected.dollars * 100
        return Int(Swift.max(-1e6, Swift.min(1e6, part.rounded())))
    }

    /// The estimate as JSON.
    public var json: JSONValue {
        [
            "low": .integer(low.picodollars), "high": .integer(high.picodollars),
            "expected": .integer(expected.picodollars), "source": .string(source.rawValue),
        ]
    }

    /// The estimate of a JSON object that `json` made; nil for anything else.
    init?(json: JSONValue) {
        guard let low = json["low"]?.integerValue, let high = json["high"]?.integerValue,
            let expected = json["expected"]?.integerValue,
            let source = json["source"]?.stringValue.flatMap(Source.init(rawValue:))
        else { return nil }
        (self.low, self.high) = (Money(picodollars: low), Money(picodollars: high))
        self.expected = Money(picodollars: expected)
        self.source = source
    }
}

extension RunReader {
    /// What the newest runs of a workflow that have succeeded have cost, with their sub-workflows.
    public func costs(ofRunsOf workflow: String, limit: Int = 10) async throws(EngineError) -> [Money] {
        var costs: [Money] = []
        for run in try await runs(RunQuery(statuses: [.succeeded], workflow: workflow, limit: limit)) {
            costs.append(try await cost(of: run))
        }
        return costs
    }

    /// What a run has cost, with its sub-workflows.
    public func cost(of run: RunSummary) async throws(EngineError) -> Money {
        var report = CostReport()
        for part in try await parts(of: run) { try await add(part, to: &report, by: .run) }
        return report.total.cost
    }
}
