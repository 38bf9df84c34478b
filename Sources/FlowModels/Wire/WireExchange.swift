// SPDX-License-Identifier: Apache-2.0

package import FlowCore
package import HTTPClient

/// One answer of a service, as a value: bytes in, events out.
package struct WireExchange: Sendable {
    private var reader: any WireReader
    /// The status of HTTP; 0 until the head of the answer is there.
    package private(set) var status = 0
    private var headers: [(name: String, value: String)] = []
    private var isStream = false
    /// The body when it is not a stream: an error, or an answer in one piece.
    private var body: [UInt8] = []
    private var events = ServerSentEvents()
    private var draft = ReplyDraft()
    private var isOver = false

    /// An exchange whose answer the reader reads.
    package init(reader: any WireReader) { self.reader = reader }

    /// Takes the head of the answer.
    package mutating func begin(_ response: HTTPResponse) {
        status = response.status
        headers = response.headers
        isStream =
            status == 200 && response.header("Content-Type")?.lowercased().hasPrefix("text/event-stream") == true
    }

    /// Takes a piece of the body; returns what it says.
    package mutating func take(_ bytes: [UInt8]) -> [WireEvent] {
        guard isStream else {
            body += bytes
            return []
        }
        guard !isOver else { return [] }
        var found: [WireEvent] = []
        do {
            for event in try events.push(bytes) where !isOver { found += read(event) }
        } catch {
            found += fail(ModelError(.serverError, "the model's stream cannot be read: \(error)"))
        }
        return found
    }

    /// Takes the end of the answer; returns what an answer in one piece says.
    package mutating func end(_ response: HTTPResponse) -> [WireEvent] {
        if status == 0 { begin(response) }
        guard status == 200, !isStream else { return [] }
        let whole = try? JSONValue.parse(body)
        guard let found = whole.flatMap({ reader.readWhole($0) }) else {
            // A few services tell their errors with the status of success.
            if let whole, let error = whole["error"], !error.isNull {
                return fail(ServiceFailure(inStream: whole).error(key: nil))
            }
            return fail(ModelError(.serverError, "the model's service answered with something else than an answer"))
        }
        for event in found { draft.take(event) }
        return found
    }

    private mutating func read(_ event: ServerSentEvents.Event) -> [WireEvent] {
        if let terminator = reader.terminator, event.data == terminator {
            isOver = true
            return []
        }
        guard let json = try? JSONValue.parse(event.data) else {
            return fail(ModelError(.serverError, "the model's stream has a line that is not JSON"))
        }
        let found = reader.read(event.event, json)
        for event in found { draft.take(event) }
        return found
    }

    private mutating func fail(_ error: ModelError) -> [WireEvent] {
        isOver = true
        draft.take(.failed(error))
        return [.failed(error)]
    }

    // MARK: The result

    /// The answer of an exchange with status 200, or why there is none.
    package func reply(
        to request: ModelRequest, asked: String, answerTool: AnswerTool? = nil, latency: Duration
    ) throws(ModelError) -> ModelReply {
        try draft.reply(to: request, asked: asked, answerTool: answerTool, latency: latency)
    }

    /// Whether text has come as text.
    var hasText: Bool { !draft.text.isEmpty }

    /// The answer of an exchange with another status than 200.
    package var failure: ServiceFailure {
        ServiceFailure(status: status, body: (try? JSONValue.parse(body)) ?? .null, headers: headers)
    }
}
