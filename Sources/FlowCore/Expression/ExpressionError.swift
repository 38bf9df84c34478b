// SPDX-License-Identifier: Apache-2.0

/// Why an expression has no value.
public struct ExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public enum Kind: String, Sendable, Hashable {
        /// A name that the scope does not know.
        case unknownName
        /// A function that does not exist.
        case unknownFunction
        /// A member or an element that is not there.
        case missing
        /// A null where a value is needed.
        case nullValue
        /// A value of the wrong type.
        case type
        /// An argument that the function cannot use.
        case argument
        /// A result that its type cannot hold.
        case overflow
        /// A division or remainder by zero.
        case divisionByZero
        /// More steps than allowed.
        case stepLimit
        /// A larger value than allowed.
        case sizeLimit
    }

    /// What is wrong: lower case, no full stop.
    public var message: String
    /// The part of the expression's text that failed, in bytes.
    public var range: Range<Int>
    /// The kind of failure.
    public var kind: Kind

    /// A failure of a part of an expression.
    public init(_ kind: Kind, _ message: String, at range: Range<Int>) {
        self.kind = kind
        self.message = message
        self.range = range
    }

    /// The message.
    public var description: String { message }
}
