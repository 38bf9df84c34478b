// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Glibc
import Synchronization

/// A server on loopback that answers one request after the other with texts that the test has written.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var head: String
        var body: JSONValue
    }

    struct NoSocket: Error {}

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { seen.withLock { $0 } }

    /// Answers the n-th request with the n-th text, and all further ones with the last. After a text the connection is
    /// closed; a text without an end of its own keeps it open until the client goes.
    init(_ answers: [String], holdsOpen: Bool = false) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NoSocket() }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let isListening = withUnsafeMutableBytes(of: &address) { raw in
            guard let pointer = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, pointer, size) == 0 && listen(descriptor, 64) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
        guard isListening else { throw NoSocket() }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        Self.thread { [weak self] in
            var count = 0
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    // Here and not in `deinit`: the number would be another server's while this thread still uses it.
                    close(descriptor)
                    return
                }
                if let request = Self.read(client) {
                    self?.seen.withLock { $0.append(request) }
                    Self.write(answers[min(count, answers.count - 1)], to: client)
                    count += 1
                    if holdsOpen {
                        var byte: UInt8 = 0
                        while recv(client, &byte, 1, 0) > 0 {}
                    }
                }
                close(client)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func write(_ text: String, to client: Int32) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func read(_ client: Int32) -> Request? {
        var bytes: [UInt8] = []
        var wanted = Int.max
        var head = ""
        while bytes.count < wanted {
            var piece = [UInt8](repeating: 0, count: 65536)
            let count = recv(client, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            bytes += piece[..<count]
            guard head.isEmpty, let end = endOfHead(bytes) else { continue }
            head = String(decoding: bytes[..<end], as: UTF8.self)
            let length = head.lowercased().split(separator: "\r\n").lazy
                .filter { $0.hasPrefix("content-length:") }
                .compactMap { Int($0.dropFirst(15).filter { $0 != " " }) }.first
            wanted = end + 4 + (length ?? 0)
        }
        guard let end = endOfHead(bytes) else { return nil }
        return Request(head: head, body: (try? JSONValue.parse(bytes[(end + 4)...])) ?? .null)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0..<($0 + 4)].elementsEqual(mark) }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Body {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(Body(body)).toOpaque())
        precondition(code == 0)
        pthread_detach(thread)
    }
}

// MARK: - Answers

extension ScriptedServer {
    /// An answer with a body of known length.
    static func answer(
        _ status: String, _ body: String, headers: [String] = [], type: String = "application/json"
    ) -> String {
        (["HTTP/1.1 \(status)", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)", "Connection: close"]
            + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    /// A stream of events that ends with the connection.
    static func stream(_ events: [String]) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
            + events.map { "data: \($0)\n\n" }.joined()
    }

    /// A chunk with text.
    static func delta(_ text: String, finish: String? = nil) -> String {
        let reason: JSONValue = finish.map { .string($0) } ?? .null
        let chunk: JSONValue = [
            "model": "scripted-1",
            "choices": [["index": 0, "delta": ["content": .string(text)], "finish_reason": reason]],
        ]
        return chunk.jsonText()
    }

    /// The last chunk, with usage.
    static let usage =
        #"{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":3}}}"#

    /// A whole streamed answer.
    static func reply(_ text: String, finish: String = "stop") -> String {
        let middle = text.index(text.startIndex, offsetBy: text.count / 2)
        return stream([
            delta(String(text[..<middle])), delta(String(text[middle...])), delta("", finish: finish), usage, "[DONE]",
        ])
    }

    /// An error as services tell it.
    static func error(_ status: String, _ message: String, type: String = "error", headers: [String] = []) -> String {
        let body: JSONValue = ["error": ["message": .string(message), "type": .string(type)]]
        return answer(status, body.jsonText(), headers: headers)
    }
}
