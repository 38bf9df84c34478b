// SPDX-License-Identifier: Apache-2.0

/// One node for each item of a list: `foreach`, `matrix` or `samples`.
public struct ForeachDefinition: Sendable, Hashable {
    /// What the failure of one item does.
    public enum FailureMode: String, Sendable, Hashable, CaseIterable {
        /// Items that have not ended are cancelled, and the node fails.
        case failFast = "fail_fast"
        /// The others go on; the node succeeds, with null for what failed.
        case `continue`
        /// The others go on; then the node fails.
        case allOrNothing = "all_or_nothing"
    }

    /// Where the items come from and what becomes of their outputs.
    public enum Shape: Sendable, Hashable {
        /// `foreach`: `items` gives the list.
        case list
        /// `matrix`: `items` gives an object of axes, and each combination of their values is an item.
        case matrix
        /// `samples`: the same work that many times; the most frequent outputs are the node's, if at least the given
        /// part of the samples agrees on them.
        case samples(leastAgreement: Double)

        /// The key of the language that says it.
        public var name: String {
            switch self {
            case .list: "foreach"
            case .matrix: "matrix"
            case .samples: "samples"
            }
        }
    }

    public var shape: Shape
    public var items: Template
    /// The name of the item in expressions.
    public var variable: String
    /// Gives each item a stable name; nil counts from 0.
    public var key: Expression?
    public var maxParallel: Int?
    public var failureMode: FailureMode
    public var span: SourceSpan

    /// A fan-out.
    public init(
        items: Template, variable: String = "item", key: Expression? = nil, maxParallel: Int? = nil,
        failureMode: FailureMode = .failFast, shape: Shape = .list, span: SourceSpan = .none
    ) {
        self.items = items
        self.variable = variable
        self.key = key
        self.maxParallel = maxParallel
        self.failureMode = failureMode
        self.shape = shape
        self.span = span
    }

    /// Whether the node's outputs are those of one item, not lists with a value for each.
    public var keepsOutputTypes: Bool { if case .samples = shape { true } else { false } }
}
