// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The outputs that are numbers, truth values or short texts, of all runs beside each other, where they are not the same in
/// all of them.
public struct FigureTable: Sendable, Hashable {
    /// One output in all runs.
    public struct Row: Sendable, Hashable {
        public var name: String
        /// In the order of the runs; nil where a run has none.
        public var values: [JSONValue?]
        public var goal: OutputGoal?

        /// The places of the best values; none without a goal.
        public var best: [Int] {
            guard let goal else { return [] }
            let numbers = values.map { $0?.numberValue }
            let known = numbers.compactMap { $0 }
            guard let best = goal == .max ? known.max() : known.min(), known.contains(where: { $0 != best }) else {
                return []
            }
            return numbers.indices.filter { numbers[$0] == best }
        }
    }

    /// The longest text that is a figure, in characters.
    private static let longest = 60
    /// More rows than a reader takes in at a glance are left out.
    private static let most = 40

    public private(set) var rows: [Row] = []

    /// The figures of a comparison.
    public init(of comparison: RunComparison) {
        var order: [String] = []
        var base: [String: JSONValue?] = [:]
        for pair in comparison.pairs {
            for change in pair.outputs where base[change.path] == nil {
                order.append(change.path)
                base.updateValue(change.old, forKey: change.path)
            }
        }
        for path in order where rows.count < Self.most {
            let first = base[path] ?? nil
            let values =
                [first]
                + comparison.pairs.map { pair in
                    // What is not told is as in the base.
                    pair.outputs.first { $0.path == path }.map(\.new) ?? first
                }
            guard values.allSatisfy(Self.isFigure), Set(values).count > 1 else { continue }
            let goal = comparison.pairs.lazy.flatMap(\.metrics).first { $0.name == "outputs.\(path)" }?.goal
            rows.append(Row(name: path, values: values, goal: goal))
        }
    }

    private static func isFigure(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null?, .bool?, .integer?, .number?: true
        case .string(let text)?: text.count <= longest && !text.contains("\n")
        default: false
        }
    }
}
