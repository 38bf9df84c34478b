// SPDX-License-Identifier: Apache-2.0

/// An agent that is written in a workflow instead of in a file of its own.
public struct InlineAgent: Sendable, Hashable {
    public var name: String
    /// What the agent's own file would say.
    public var file: JSONValue
    public var span: SourceSpan

    /// An agent as its file would say it.
    public init(name: String, file: JSONValue, span: SourceSpan = .none) {
        self.name = name
        self.file = file
        self.span = span
    }
}
