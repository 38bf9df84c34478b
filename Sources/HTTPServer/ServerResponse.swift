// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// The answer to a request. It is written from any thread and never waits; what the client has not read yet is kept.
public final class ServerResponse: Sendable {
    private enum State {
        case fresh
        case streaming
        case over
    }

    private let connection: UInt64
    private let inbox: ServerInbox
    private let isCurrent: Bool
    private let keepsAlive: Bool
    private let isHead: Bool
    private let state = Mutex(State.fresh)

    init(connection: UInt64, inbox: ServerInbox, request: ServerRequest) {
        self.connection = connection
        self.inbox = inbox
        isCurrent = request.isCurrent
        keepsAlive = request.keepsAlive
        isHead = request.method == "HEAD"
    }

    /// Answers in one piece. Nothing happens if there was an answer already.
    public func send(
        status: Int, headers: [(name: String, value: String)] = [], type: String = "application/json",
        body: [UInt8] = []
    ) {
        let isFirst = state.withLock { state in
            guard case .fresh = state else { return false }
            state = .over
            return true
        }
        guard isFirst else { return }
        let all = [(name: "Content-Type", value: type), (name: "Content-Length", value: String(body.count))] + headers
        let bytes = head(status, all, keepsAlive: keepsAlive) + (isHead ? [] : body)
        inbox.post(.output(connection, bytes, isLast: true, closes: !keepsAlive))
    }

    /// Begins an answer whose length is not known; pieces follow by `write`, and `end` ends it.
    public func begin(
        status: Int, headers: [(name: String, value: String)] = [], type: String = "text/event-stream"
    ) {
        let isFirst = state.withLock { state in
            guard case .fresh = state else { return false }
            state = .streaming
            return true
        }
        guard isFirst else { return }
        // To a client of 1.0 the end of the connection is the end of the answer.
        let framing = isCurrent ? [(name: "Transfer-Encoding", value: "chunked")] : []
        let all = [(name: "Content-Type", value: type)] + framing + headers
        let bytes = head(status, all, keepsAlive: keepsAlive)
        inbox.post(.output(connection, bytes, isLast: false, closes: false))
    }

    /// Writes a piece of an answer that has begun.
    public func write(_ piece: [UInt8]) {
        guard !piece.isEmpty, !isHead, isStreaming else { return }
        inbox.post(.output(connection, framed(piece), isLast: false, closes: false))
    }

    /// Ends an answer that has begun; one that has not begun becomes the status 500.
    public func end() {
        let before = state.withLock { state in
            defer { state = .over }
            return state
        }
        switch before {
        case .over: break
        case .streaming:
            let last = isCurrent && !isHead ? Array("0\r\n\r\n".utf8) : []
            inbox.post(.output(connection, last, isLast: true, closes: !keepsAlive))
        case .fresh:
            let bytes = head(500, [(name: "Content-Length", value: "0")], keepsAlive: false)
            inbox.post(.output(connection, bytes, isLast: true, closes: true))
        }
    }

    /// Breaks off an answer that has begun, so that the client sees that it is not whole.
    public func abort() {
        state.withLock { $0 = .over }
        inbox.post(.abort(connection))
    }

    private var isStreaming: Bool { state.withLock { if case .streaming = $0 { true } else { false } } }

    private func framed(_ piece: [UInt8]) -> [UInt8] {
        guard isCurrent else { return piece }
        return Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [0x0D, 0x0A]
    }

    private func head(_ status: Int, _ headers: [(name: String, value: String)], keepsAlive: Bool) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        for header in headers { text += "\(header.name): \(header.value)\r\n" }
        text += "Cache-Control: no-store\r\n"
        if !keepsAlive { text += "Connection: close\r\n" }
        return Array((text + "\r\n").utf8)
    }

    /// The words for a status.
    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
