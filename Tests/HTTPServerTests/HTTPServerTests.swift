// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPClient
import HTTPServer
import Synchronization
import Testing

struct HTTPServerTests {
    /// A connection that sends what it is told and reads what comes.
    private final class Wire {
        let descriptor: Int32

        init(_ port: UInt16) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeBytes(of: &address) { raw in
                raw.baseAddress.map { connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), size) } ?? -1
            }
            try #require(code == 0)
        }

        deinit { close(descriptor) }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }

        /// What comes until a text is there, or the connection ends.
        func read(until mark: String? = nil) -> String {
            var text = ""
            var piece = [UInt8](repeating: 0, count: 4096)
            while mark.map({ !text.contains($0) }) ?? true {
                let count = recv(descriptor, &piece, piece.count, 0)
                guard count > 0 else { break }
                text += String(decoding: piece[..<count], as: UTF8.self)
            }
            return text
        }
    }

    private static func echo() throws -> HTTPServer {
        try HTTPServer { request, response in
            if request.path == "/stream" {
                response.begin(status: 200)
                for word in ["a", "b", "c"] { response.write(Array("data: \(word)\n\n".utf8)) }
                return response.end()
            }
            if request.path == "/nothing" { return }
            response.send(status: 200, type: "text/plain", body: request.body.isEmpty ? [0x2D] : request.body)
        }
    }

    @Test func oneConnectionServesManyRequests() async throws {
        let server = try Self.echo()
        let wire = try Wire(server.port)
        let host = "Host: 127.0.0.1:\(server.port)\r\n"
        // Two at once: they are answered one after the other.
        wire.send("POST /1 HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\none")
        wire.send("POST /2 HTTP/1.1\r\n\(host)Content-Length: 3\r\nConnection: close\r\n\r\ntwo")
        let text = wire.read()
        let (one, two) = (try #require(text.firstRange(of: "one")), try #require(text.firstRange(of: "two")))
        #expect(one.lowerBound < two.lowerBound)
        await server.stop()
    }

    @Test func clientsOfTheUsualKindAreServed() async throws {
        let server = try Self.echo()
        let client = HTTPClient()
        let base = "http://127.0.0.1:\(server.port)"
        let large = [UInt8](repeating: 0x61, count: 3 << 20)
        for _ in 0..<3 {
            let answer = try await client.send(HTTPRequest(method: "POST", url: base + "/", body: large))
            #expect(answer.status == 200)
            #expect(answer.body.count == large.count)
        }
        let stream = try await client.send(HTTPRequest(method: "GET", url: base + "/stream"))
        #expect(String(decoding: stream.body, as: UTF8.self) == "data: a\n\ndata: b\n\ndata: c\n\n")
        #expect(try await client.send(HTTPRequest(method: "GET", url: base + "/nothing")).status == 500)
        await server.stop()
    }

    @Test func anotherNameIsRefused() async throws {
        let server = try Self.echo()
        let wire = try Wire(server.port)
        wire.send("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        #expect(wire.read().hasPrefix("HTTP/1.1 403 "))
        await server.stop()
    }

    @Test func aClientThatGoesCancelsItsRequest() async throws {
        let (signal, source) = AsyncStream<String>.makeStream()
        let server = try HTTPServer { _, _ in
            source.yield("begun")
            try? await Task.sleep(for: .seconds(60))
            source.yield(Task.isCancelled ? "cancelled" : "late")
        }
        var words = signal.makeAsyncIterator()
        var wire: Wire? = try Wire(server.port)
        wire?.send("GET / HTTP/1.1\r\nHost: localhost:\(server.port)\r\n\r\n")
        #expect(await words.next() == "begun")
        wire = nil
        #expect(await words.next() == "cancelled")
        await server.stop()
    }

    @Test func stoppingEndsRequestsAndConnections() async throws {
        let (signal, source) = AsyncStream<Void>.makeStream()
        let isCancelled = Mutex(false)
        let server = try HTTPServer { _, _ in
            source.yield()
            try? await Task.sleep(for: .seconds(60))
            isCancelled.withLock { $0 = Task.isCancelled }
        }
        var begun = signal.makeAsyncIterator()
        let wire = try Wire(server.port)
        wire.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\r\n")
        await begun.next()
        await server.stop()
        #expect(isCancelled.withLock { $0 })
        #expect(wire.read() == "")
        await server.stop()
    }
}
