// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Testing

struct HTTPClientTests {
    private let client = HTTPClient()

    private func kind(
        of request: HTTPRequest,
        with client: HTTPClient? = nil
    ) async -> HTTPError.Kind? {
        do {
            _ = try await (client ?? self.client).send(request)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test func `GET returns status, headers in any case, body and address`() async throws {
        let server = try LocalServer { _, connection in
            connection.answer("200 OK", headers: ["X-Twice: one", "X-Twice:  two "], body: "hello")
            return false
        }
        let response = try await client.send(HTTPRequest(url: "\(server.url)/a?b=c"))
        #expect(response.status == 200)
        #expect(response.body == Array("hello".utf8))
        #expect(response.header("x-TWICE") == "one")
        #expect(response.headers.filter { $0.name == "X-Twice" }.map(\.value) == ["one", "two"])
        #expect(response.effectiveURL == "\(server.url)/a?b=c")
        #expect(response.timings.total > .zero)
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func `A body is sent whole, zeros included, with the caller's headers`(method: String) async throws {
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let server = try LocalServer { request, connection in
            let same = request.body == body && request.method == method
            connection.answer(same ? "201 Created" : "400 Bad", body: request.head)
            return false
        }
        let headers = [(name: "Content-Type", value: "application/x-test"), (name: "X-Empty", value: "")]
        let response = try await client.send(
            HTTPRequest(method: method, url: server.url, headers: headers, body: body)
        )
        let head = String(decoding: response.body, as: UTF8.self)
        #expect(response.status == 201)
        #expect(head.contains("Content-Type: application/x-test"))
        #expect(head.contains("X-Empty:"))
        #expect(!head.contains("Expect"))
    }

    @Test func `POST without a body sends length 0, and HEAD waits for no body`() async throws {
        let server = try LocalServer { request, connection in
            if request.method == "HEAD" {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
            } else {
                connection.answer("200 OK", body: request.head)
            }
            return true
        }
        let post = try await client.send(HTTPRequest(method: "POST", url: server.url))
        #expect(String(decoding: post.body, as: UTF8.self).contains("Content-Length: 0"))
        let head = try await client.send(HTTPRequest(method: "HEAD", url: server.url))
        #expect(head.header("content-length") == "99")
        #expect(head.body.isEmpty)
    }

    @Test(arguments: [404, 500, 301])
    func `Any status is a result`(status: Int) async throws {
        let server = try LocalServer { _, connection in
            connection.answer("\(status) Whatever", headers: ["Location: /elsewhere"], body: "why")
            return false
        }
        let response = try await client.send(HTTPRequest(url: server.url))
        #expect(response.status == status)
        #expect(response.body == Array("why".utf8))
    }

    @Test func `The connection is used again`() async throws {
        let server = try LocalServer { request, connection in
            connection.answer("200 OK", body: "\(request.connection)")
            return true
        }
        for _ in 0..<3 {
            let response = try await client.send(HTTPRequest(url: server.url))
            #expect(response.body == Array("1".utf8))
        }
    }

    @Test func `A hundred requests at once all end`() async throws {
        let server = try LocalServer { request, connection in
            connection.answer("200 OK", body: request.target)
            return true
        }
        let client = client
        let answers = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(url: "\(server.url)/\(index)"))
                    return String(decoding: response.body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers == Set((0..<100).map { "/\($0)" }))
    }

    @Test func `A body over the limit is refused, one of exactly the limit is not`() async throws {
        let server = try LocalServer { _, connection in
            connection.answer("200 OK", body: String(repeating: "x", count: 100_000))
            return false
        }
        #expect(await kind(of: HTTPRequest(url: server.url, maxResponseBytes: 99_999)) == .tooLarge)
        #expect(await kind(of: HTTPRequest(url: server.url, maxResponseBytes: 100_000)) == nil)
    }

    @Test func `Endless headers are refused`() async throws {
        let server = try LocalServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\n")
            for index in 0..<5000 { connection.write("X-\(index): \(String(repeating: "y", count: 90))\r\n") }
            connection.waitForClose()
            return false
        }
        #expect(await kind(of: HTTPRequest(url: server.url)) == .tooLarge)
    }

    @Test func `The whole exchange has a deadline, even when bytes keep coming`() async throws {
        let server = try LocalServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            connection.drip()
            return false
        }
        let request = HTTPRequest(url: server.url, timeout: .milliseconds(250))
        let start = ContinuousClock.now
        #expect(await kind(of: request) == .timeout)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `Silence ends a transfer after the idle time`() async throws {
        let server = try LocalServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            connection.waitForClose()
            return false
        }
        let start = ContinuousClock.now
        #expect(await kind(of: HTTPRequest(url: server.url, idleTimeout: .milliseconds(120))) == .idleTimeout)
        let taken = ContinuousClock.now - start
        #expect(taken >= .milliseconds(120) && taken < .seconds(10))
    }

    @Test func `Bytes that keep coming keep a transfer alive beyond the idle time`() async throws {
        let server = try LocalServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
            connection.drip()
            return false
        }
        let start = ContinuousClock.now
        #expect(await kind(of: HTTPRequest(url: server.url, idleTimeout: .milliseconds(400))) == nil)
        #expect(ContinuousClock.now - start > .milliseconds(500))
    }

    @Test func `A closed port is an error of connection`() async throws {
        let port = try LocalServer.closedPort()
        do {
            _ = try await client.send(HTTPRequest(url: "http://user:geheim@127.0.0.1:\(port)/p?token=geheim#x"))
            Issue.record("nobody listens there")
        } catch {
            #expect(error.kind == .connect)
            #expect(error.doing == "GET http://127.0.0.1:\(port)/p?…")
        }
    }

    @Test func `An unknown name is an error of name lookup`() async throws {
        #expect(await kind(of: HTTPRequest(url: "http://no-such-host.invalid/")) == .resolve)
    }

    @Test func `A server that speaks no TLS is an error of TLS`() async throws {
        let server = try LocalServer(greeting: "220 not for you\r\n") { _, _ in false }
        #expect(await kind(of: HTTPRequest(url: "https://127.0.0.1:\(server.port)/")) == .tls)
    }

    @Test func `Half a body is an error that counts what came`() async throws {
        let server = try LocalServer { request, connection in
            if request.target == "/length" {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            } else {
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhalf!!\r\n")
            }
            return false
        }
        #expect(await kind(of: HTTPRequest(url: "\(server.url)/length")) == .dropped(received: 4))
        #expect(await kind(of: HTTPRequest(url: "\(server.url)/chunks")) == .dropped(received: 6))
    }

    @Test func `A server that closes without an answer is an error`() async throws {
        let server = try LocalServer { _, _ in false }
        #expect(await kind(of: HTTPRequest(url: server.url)) == .dropped(received: 0))
    }

    @Test(arguments: [
        HTTPRequest(url: ""), HTTPRequest(url: "no scheme"), HTTPRequest(url: "/path"),
        HTTPRequest(url: "file:///etc/passwd"),
        HTTPRequest(url: "http://"), HTTPRequest(url: "http://a/\r\nX: y"), HTTPRequest(url: "http://h:99999/"),
        HTTPRequest(method: "GET /x", url: "http://h/"), HTTPRequest(method: "", url: "http://h/"),
        HTTPRequest(url: "http://h/", headers: [("X", "a\r\nY: b")]),
        HTTPRequest(url: "http://h/", headers: [("X Y", "a")]),
        HTTPRequest(url: "http://h/", allowedSchemes: ["https"]), HTTPRequest(url: "ftp://h/", allowedSchemes: ["ftp"]),
    ])
    func `What cannot be sent is refused before any connection`(request: HTTPRequest) async {
        #expect(await kind(of: request) == .invalidURL)
    }

    @Test func `A cancelled task ends the transfer and the connection`() async throws {
        let (started, announce) = AsyncStream.makeStream(of: Void.self)
        let (closed, announceClosed) = AsyncStream.makeStream(of: Void.self)
        let server = try LocalServer { _, connection in
            announce.yield()
            connection.waitForClose()
            announceClosed.yield()
            return false
        }
        let client = client
        let task = Task { await kind(of: HTTPRequest(url: server.url), with: client) }
        for await _ in started { break }
        let start = ContinuousClock.now
        task.cancel()
        #expect(await task.value == .cancelled)
        for await _ in closed { break }
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test func `A task that was cancelled before it began makes no request`() async throws {
        let server = try LocalServer { _, connection in
            connection.answer("200 OK")
            return false
        }
        let client = client
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await kind(of: HTTPRequest(url: server.url), with: client)
        }
        #expect(await task.value == .cancelled)
    }

    @Test func `A stream hands over headers first and each piece as it comes`() async throws {
        let (pieces, announce) = AsyncStream.makeStream(of: String.self)
        let gate = Gate()
        let server = try LocalServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nX-Kind: stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            // The second piece goes out only after the test has got the first one.
            gate.wait()
            connection.write("6\r\nsecond\r\n0\r\n\r\n")
            return false
        }
        let client = client
        let task = Task {
            try await client.stream(
                HTTPRequest(url: server.url),
                onHeaders: { announce.yield("\($0.status) \($0.header("x-kind") ?? "")") },
                onChunk: { announce.yield(String(decoding: $0, as: UTF8.self)) }
            )
        }
        var seen: [String] = []
        for await piece in pieces {
            seen.append(piece)
            if piece == "first" { gate.open() }
            if piece == "second" { break }
        }
        let response = try await task.value
        #expect(seen == ["200 stream", "first", "second"])
        #expect(response.body.isEmpty)
        #expect(response.status == 200)
    }

    @Test func `Private addresses are refused when they are not allowed, also on an open connection`() async throws {
        let server = try LocalServer { _, connection in
            connection.answer("200 OK")
            return true
        }
        var request = HTTPRequest(url: server.url)
        #expect(await kind(of: request) == nil)
        request.allowsPrivateAddresses = false
        #expect(await kind(of: request) == .blockedAddress)
        #expect(await kind(of: request, with: HTTPClient()) == .blockedAddress)
        request.url = "http://localhost:\(server.port)/"
        #expect(await kind(of: request) == .blockedAddress)
    }
}
