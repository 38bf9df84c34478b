// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Testing

struct RedirectTests {
    private let client = HTTPClient()

    @Test func `Redirects are followed to relative addresses, and their bodies are not handed over`() async throws {
        let server = try LocalServer { request, connection in
            switch request.target {
            case "/a/start": connection.answer("302 Found", headers: ["Location: ../b?x=1"], body: "moved")
            default: connection.answer("200 OK", body: "\(request.method) \(request.target)")
            }
            return true
        }
        let response = try await client.send(HTTPRequest(url: "\(server.url)/a/start", followRedirects: 3))
        #expect(response.status == 200)
        #expect(response.body == Array("GET /b?x=1".utf8))
        #expect(response.effectiveURL == "\(server.url)/b?x=1")
    }

    @Test(arguments: [(302, "GET", ""), (303, "GET", ""), (307, "POST", "data"), (308, "POST", "data")])
    func `A POST becomes GET or stays, as its status says`(status: Int, method: String, body: String) async throws {
        let server = try LocalServer { request, connection in
            if request.target == "/start" {
                connection.answer("\(status) Moved", headers: ["Location: /end"])
            } else {
                connection.answer("200 OK", body: request.method + " " + String(decoding: request.body, as: UTF8.self))
            }
            return true
        }
        let request = HTTPRequest(
            method: "POST",
            url: "\(server.url)/start",
            body: Array("data".utf8),
            followRedirects: 1
        )
        let response = try await client.send(request)
        #expect(String(decoding: response.body, as: UTF8.self) == "\(method) \(body)")
    }

    @Test func `A loop ends at the limit`() async throws {
        let server = try LocalServer { _, connection in
            connection.answer("302 Found", headers: ["Location: /again"])
            return true
        }
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(url: server.url, followRedirects: 5))
        }
        #expect(error?.kind == .tooManyRedirects)
    }

    @Test func `Keys stay with the server they were meant for`() async throws {
        let other = try LocalServer { request, connection in
            connection.answer("200 OK", body: request.head)
            return false
        }
        let otherURL = other.url
        let server = try LocalServer { request, connection in
            if request.target == "/away" {
                connection.answer("302 Found", headers: ["Location: \(otherURL)/"])
            } else if request.target == "/near" {
                connection.answer("302 Found", headers: ["Location: /head"])
            } else {
                connection.answer("200 OK", body: request.head)
            }
            return true
        }
        let headers = [(name: "X-Api-Key", value: "geheim"), (name: "Accept", value: "text/plain")]
        let away = try await client.send(
            HTTPRequest(url: "\(server.url)/away", headers: headers, followRedirects: 1)
        )
        #expect(!String(decoding: away.body, as: UTF8.self).contains("geheim"))
        #expect(String(decoding: away.body, as: UTF8.self).contains("text/plain"))
        let near = try await client.send(
            HTTPRequest(url: "\(server.url)/near", headers: headers, followRedirects: 1)
        )
        #expect(String(decoding: near.body, as: UTF8.self).contains("geheim"))
    }

    @Test(arguments: ["file:///etc/passwd", "https://127.0.0.1:1/", "http://"])
    func `A redirect may only lead where the request may go`(target: String) async throws {
        let server = try LocalServer { _, connection in
            connection.answer("302 Found", headers: ["Location: \(target)"])
            return true
        }
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(url: server.url, followRedirects: 1, allowedSchemes: ["http"]))
        }
        #expect(error?.kind == .invalidURL)
    }
}
