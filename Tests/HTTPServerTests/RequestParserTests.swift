// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HTTPServer

struct RequestParserTests {
    /// What a text gives, when it comes in pieces of so many bytes.
    private func steps(_ text: String, limits: ServerLimits = ServerLimits(), by size: Int = .max) -> [String] {
        var parser = RequestParser(limits: limits)
        var found: [String] = []
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            let end = size < bytes.count - place ? place + size : bytes.count
            parser.append(bytes[place..<end])
            place = end
            reading: while true {
                switch parser.next() {
                case .wanting: break reading
                case .wantsLeave: found.append("leave")
                case .request(let request):
                    let body = String(decoding: request.body, as: UTF8.self)
                    let keeps = request.keepsAlive ? "" : " closes"
                    found.append("\(request.method) \(request.path)\(request.query.isEmpty ? "" : "?") \(body)\(keeps)")
                case .refused(let status, _):
                    found.append("\(status)")
                    break reading
                }
            }
            if found.last.flatMap({ Int($0) }) != nil { break }
        }
        return found
    }

    private static let chunked =
        "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nT: x\r\n\r\n"

    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func requestsAreReadHoweverTheyAreCut(size: Int) {
        let text =
            "GET /a?q=1 HTTP/1.1\r\nHost: x\r\n\r\n" + Self.chunked
            + "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        #expect(steps(text, by: size) == ["GET /a? ", "POST /b hello, world", "POST /c hi closes"])
    }

    @Test func leaveToSendTheBodyIsGivenOnce() {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        #expect(steps(head) == ["leave"])
        #expect(steps(head + "hi") == ["POST / hi"])
        #expect(steps(head + "hi", by: head.utf8.count) == ["leave", "POST / hi"])
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", "400"),  // no Host
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\nHost: a\n\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", "400"),  // a folded line
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n", "413"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "400"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "413"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "400"),
    ])
    func whatTwoReadersCouldUnderstandDifferentlyIsRefused(text: String, status: String) {
        #expect(steps(text) == [status])
        #expect(steps(text, by: 1) == [status])
    }

    @Test func longHeadsAndBodiesAreRefused() {
        var limits = ServerLimits()
        limits.head = 100
        limits.body = 10
        #expect(steps("GET /" + String(repeating: "a", count: 200), limits: limits) == ["431"])
        let chunks = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n"
        #expect(steps(chunks, limits: limits) == ["413"])
        limits.headers = 1
        #expect(steps("GET / HTTP/1.1\r\nHost: x\r\na: b\r\n\r\n", limits: limits) == ["431"])
    }

    @Test func mutatedRequestsNeverTrap() {
        var generator = SystemRandomNumberGenerator()
        let text = Array(Self.chunked.utf8)
        for _ in 0..<3000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = bytes.indices.randomElement(using: &generator) ?? 0
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
                }
            }
            var parser = RequestParser(limits: ServerLimits())
            parser.append(bytes[...])
            for _ in 0..<10 {
                if case .wanting = parser.next() { break }
            }
        }
    }
}
