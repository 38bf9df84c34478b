// SPDX-License-Identifier: Apache-2.0

/// One fault of a YAML text, with the place where it stands.
public struct YAMLProblem: Sendable, Equatable {
    /// What sort of fault it is.
    public enum Code: String, Sendable, CaseIterable {
        /// The text breaks the grammar. Reading stops here.
        case syntax
        /// A tab stands where spaces must. Reading stops here.
        case tab
        /// The text is not valid UTF-8. Nothing is read.
        case encoding
        /// A control, bidirectional or line-separator character stands in the text.
        case controlCharacter
        /// A `%` directive other than `%YAML 1.2`.
        case directive
        /// The same key twice in one mapping.
        case duplicateKey
        /// A mapping or a sequence used as a key.
        case nonScalarKey
        /// The merge key `<<` of YAML 1.1.
        case mergeKey
        /// A tag such as `!!str` or `!include`.
        case tag
        /// An alias of an anchor that is not there.
        case undefinedAlias
        /// An alias inside the very node it stands for.
        case recursiveAlias
        /// Aliases would expand to more nodes than allowed. Reading stops here.
        case aliasBudget
        /// Collections are nested deeper than allowed. Reading stops here.
        case depth
        /// More bytes or nodes than allowed. Reading stops here.
        case tooLarge
        /// A second document. Reading stops here.
        case multipleDocuments
        /// Nothing but blanks and comments.
        case emptyDocument
    }

    /// Another place that explains the problem.
    public struct Note: Sendable, Equatable {
        /// Byte offsets into the source text.
        public var range: Range<Int>
        /// What is to be seen there: lower case, no full stop.
        public var label: String

        /// A note about the bytes `range`.
        public init(range: Range<Int>, label: String) {
            self.range = range
            self.label = label
        }
    }

    /// What sort of fault it is.
    public var code: Code
    /// One sentence: lower case, no full stop.
    public var message: String
    /// Byte offsets into the source text; empty at the end of the text.
    public var range: Range<Int>
    /// Other places that explain it, such as the first of two equal keys.
    public var related: [Note]
    /// What to do about it, if that can be said.
    public var help: String?

    /// A problem at the bytes `range`.
    public init(code: Code, message: String, range: Range<Int>, related: [Note] = [], help: String? = nil) {
        self.code = code
        self.message = message
        self.range = range
        self.related = related
        self.help = help
    }
}
