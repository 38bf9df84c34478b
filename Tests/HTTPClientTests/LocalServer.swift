// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// A small HTTP server on loopback, one thread a connection, whose answers are written byte by byte by the test.
final class LocalServer: Sendable {
    struct Request: Sendable {
        var method = ""
        var target = ""
        var head = ""
        var body: [UInt8] = []
        /// The number of the connection, from 1: equal numbers mean that it was reused.
        var connection = 0
    }

    /// One connection, as an answer is written to it.
    struct Connection: Sendable {
        let descriptor: Int32

        func write(_ text: String) {
            let bytes = Array(text.utf8)
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return }
                sent += count
            }
        }

        func answer(_ status: String, headers: [String] = [], body: String = "") {
            let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
            write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        }

        /// Sends one byte every ten milliseconds until the client has closed the connection.
        func drip() {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&request, 1, 10) == 0 { write("x") }
        }

        /// Waits until the client has closed the connection.
        func waitForClose() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }
    }

    /// Answers one request; true keeps the connection open for the next one.
    typealias Handler = @Sendable (Request, Connection) -> Bool

    let port: UInt16
    private let listener: Int32
    private let handler: Handler
    private let connections = Mutex(0)

    var url: String { "http://127.0.0.1:\(port)" }

    /// With a `greeting` the server says that at once and reads nothing.
    init(greeting: String? = nil, _ handler: @escaping Handler) throws {
        self.handler = handler
        let (descriptor, port) = try Self.listen()
        listener = descriptor
        self.port = port
        Self.thread { [handler] in
            var number = 0
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    // Here and not in `deinit`: the number would be another server's while this thread still uses it.
                    close(descriptor)
                    return
                }
                number += 1
                let connection = number
                Self.thread {
                    if let greeting {
                        Connection(descriptor: client).write(greeting)
                        Connection(descriptor: client).waitForClose()
                    } else {
                        Self.serve(client, number: connection, handler)
                    }
                    close(client)
                }
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// A port on which nobody listens.
    static func closedPort() throws -> UInt16 {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    struct NoSocket: Error {}

    private static func listen() throws -> (Int32, UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw NoSocket() }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let bound = withUnsafeMutableBytes(of: &address) { raw in
            guard let pointer = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, pointer, size) == 0 && Glibc.listen(descriptor, 512) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
        guard bound else { throw NoSocket() }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    private static func serve(_ client: Int32, number: Int, _ handler: Handler) {
        var buffer: [UInt8] = []
        while true {
            guard let request = read(client, &buffer, number: number) else { return }
            guard handler(request, Connection(descriptor: client)) else { return }
        }
    }

    private static func read(_ client: Int32, _ buffer: inout [UInt8], number: Int) -> Request? {
        func fill() -> Bool {
            var piece = [UInt8](repeating: 0, count: 65536)
            let count = recv(client, &piece, piece.count, 0)
            guard count > 0 else { return false }
            buffer += piece[..<count]
            return true
        }
        var head = String(decoding: buffer, as: UTF8.self)
        while !head.contains("\r\n\r\n") {
            guard fill() else { return nil }
            head = String(decoding: buffer, as: UTF8.self)
        }
        let lines = head.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)[0]
        buffer.removeFirst(lines.utf8.count + 4)
        var request = Request()
        request.head = String(lines)
        request.connection = number
        let words = lines.split(separator: "\r\n")[0].split(separator: " ")
        request.method = String(words[0])
        request.target = String(words[1])
        let length =
            lines.split(separator: "\r\n").lazy
            .filter { $0.lowercased().hasPrefix("content-length:") }
            .compactMap { Int($0.dropFirst(15).filter { $0 != " " }) }
            .first ?? 0
        while buffer.count < length {
            guard fill() else { return nil }
        }
        request.body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return request
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) {
        final class Body {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        let code = pthread_create(&thread, nil, runBody, context)
        precondition(code == 0)
        pthread_detach(thread)
        func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            guard let context else { return nil }
            Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }
    }
}
