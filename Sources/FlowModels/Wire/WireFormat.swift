// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// A wire format: how a conversation is asked for, and how the answer is read. It makes no requests.
package protocol WireFormat: Sendable {
    /// The path below the address of the service, with its query.
    func path(model: String) -> String

    /// The headers that carry the key, and those that the format asks for.
    func headers(key: String?) -> [(name: String, value: String)]

    /// The body of the request, in words that the service has not refused.
    func body(of request: ModelRequest, model: String, words: WireWords) -> JSONValue

    /// Reads the answer to the request.
    func reader(for request: ModelRequest) -> any WireReader

    /// The tool by which the format asks for an answer that fits a schema, where it has no other way.
    func answerTool(for request: ModelRequest) -> AnswerTool?

    /// The words to ask in after a refusal; nil when other words would not help.
    func otherWords(than words: WireWords, after failure: ServiceFailure, of request: ModelRequest) -> WireWords?
}

extension WireFormat {
    package func answerTool(for request: ModelRequest) -> AnswerTool? { nil }

    /// The key as a bearer token, which most services take.
    package func headers(key: String?) -> [(name: String, value: String)] {
        key.map { [(name: "Authorization", value: "Bearer \($0)")] } ?? []
    }
}

/// Reads answers of one wire format: values of JSON in, events out.
package protocol WireReader: Sendable {
    /// The data of the event that ends a stream and is not JSON.
    var terminator: String? { get }

    /// Reads an event of the stream. Events that it does not know give nothing.
    mutating func read(_ type: String, _ json: JSONValue) -> [WireEvent]

    /// Reads an answer in one piece; nil when it is none.
    mutating func readWhole(_ json: JSONValue) -> [WireEvent]?
}

extension WireReader {
    package var terminator: String? { nil }
}

/// Words of a request that not every service knows.
package enum WireWord: String, Sendable, Hashable, CaseIterable {
    case maxTokens, streamOptions, parallelTools, reasoningEffort, toolChoice, seed, topP, temperature
    /// A schema as the newer services take it.
    case jsonSchema
    /// That the answer is JSON, where schemas are not taken.
    case jsonObject
    /// The parameters of tools as JSON Schema rather than as the service's own kind of schema.
    case jsonToolSchema
    /// Thoughts that are sent back with the tool calls they have led to.
    case keptThoughts
}

/// The words that a service has not refused so far.
package struct WireWords: Sendable, Hashable {
    private var refused: Set<WireWord> = []

    package init(without refused: Set<WireWord> = []) { self.refused = refused }

    /// Whether the word may be used.
    package func has(_ word: WireWord) -> Bool { !refused.contains(word) }

    /// The same words without one.
    package func without(_ word: WireWord) -> WireWords { WireWords(without: refused.union([word])) }

    /// The words without the first of `table` that the request uses and the service complains of by name.
    func without(
        firstOf table: [(word: WireWord, name: String, isUsed: Bool)], named text: String
    ) -> WireWords? {
        table.first { $0.isUsed && has($0.word) && text.contains($0.name) }.map { without($0.word) }
    }
}
