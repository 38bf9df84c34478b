// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Glibc
import Synchronization

/// A server on loopback whose connections a test handles byte by byte, each on a thread of its own.
final class FaultServer: Sendable {
    struct Request: Sendable {
        var head: String
        var body: JSONValue

        /// The path with its query.
        var target: String { head.split(separator: " ").dropFirst().first.map(String.init) ?? "" }
    }

    /// A connection, as an answer is written to it.
    struct Connection: Sendable {
        let descriptor: Int32

        /// Writes a text; false when the client has gone.
        @discardableResult
        func write(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }

        /// Waits until the client has closed the connection.
        func waitForClose() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }

        /// Sends a piece every ten milliseconds until the client has gone.
        func drip(_ piece: String) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&ready, 1, 10) == 0, write(piece) {}
        }

        /// Breaks the connection so that the client gets a reset instead of an end.
        func reset() {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }

        func answer(_ status: String, _ body: String, headers: [String] = []) {
            let lines = [
                "HTTP/1.1 \(status)", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
                "Connection: close",
            ]
            write((lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + body)
        }

        func beginStream() {
            write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        }
    }

    typealias Handler = @Sendable (Request, Connection) -> Void

    let port: UInt16
    private let listener: Int32
    private let seen = Mutex<[Request]>([])

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { seen.withLock { $0 } }

    struct NoSocket: Error {}

    /// Calls the handler for each request of a connection, or for the first alone.
    init(keepsAlive: Bool = false, _ handler: @escaping Handler) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NoSocket() }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let isListening = withUnsafeMutableBytes(of: &address) { raw in
            guard let pointer = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, pointer, size) == 0 && listen(descriptor, 512) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
        guard isListening else { throw NoSocket() }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        Self.thread { [weak self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    close(descriptor)
                    return
                }
                Self.thread { [weak self] in
                    while let request = Self.read(client) {
                        self?.seen.withLock { $0.append(request) }
                        handler(request, Connection(descriptor: client))
                        if !keepsAlive { break }
                    }
                    close(client)
                }
            }
        }
    }

    /// Answers the n-th request with the n-th status and body, all further ones with the last.
    convenience init(answers: [(status: String, body: String)]) throws {
        let count = Mutex(0)
        try self.init { _, connection in
            let number = count.withLock { count in
                count += 1
                return count - 1
            }
            let (status, body) = answers[min(number, answers.count - 1)]
            if status == "stream" {
                connection.beginStream()
                connection.write(body)
            } else {
                connection.answer(status, body)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    private static func read(_ client: Int32) -> Request? {
        var bytes: [UInt8] = []
        var head = ""
        var wanted = Int.max
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

/// A server that answers all requests of a connection, and counts how many each had.
final class KeptConnections: Sendable {
    private let server: FaultServer
    private let perConnection: Counts

    private final class Counts: Sendable {
        let numbers = Mutex<[Int32: Int]>([:])
    }

    var url: String { server.url }
    /// The number of requests of each connection.
    var counts: [Int] { perConnection.numbers.withLock { $0.values.sorted() } }

    init(_ stream: String) throws {
        let perConnection = Counts()
        self.perConnection = perConnection
        server = try FaultServer(keepsAlive: true) { _, connection in
            perConnection.numbers.withLock { $0[connection.descriptor, default: 0] += 1 }
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: \(stream.utf8.count)\r\n\r\n"
                    + stream)
        }
    }
}
