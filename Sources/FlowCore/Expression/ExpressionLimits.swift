// SPDX-License-Identifier: Apache-2.0

/// What an expression may ask for. Every expression ends within them, whatever it says.
public struct ExpressionLimits: Sendable, Hashable {
    /// The longest expression in bytes.
    public var length: Int
    /// How deep brackets, calls and prefixes may stand inside each other.
    public var depth: Int
    /// The steps of one evaluation: a node of the expression is one, an element of a list one, 256 bytes of text one.
    public var steps: Int
    /// The largest value an evaluation may make: bytes of text, with 16 for every other value.
    public var size: Int

    /// Limits. By default 16 KiB of text, 64 levels, 100,000 steps, 1 MiB.
    public init(length: Int = 16 << 10, depth: Int = 64, steps: Int = 100_000, size: Int = 1 << 20) {
        self.length = length
        self.depth = Swift.max(1, Swift.min(depth, 64))
        self.steps = steps
        self.size = size
    }

    /// The limits that hold unless others are given.
    public static let standard = ExpressionLimits()

    /// The deepest tree: chains such as `a + b + c` make one without nesting. Bounds the stack of every walk. With 64
    /// levels of brackets, 256 KiB of stack are enough in a release build and 2 MiB in a debug build.
    static let treeDepth = 80
}
