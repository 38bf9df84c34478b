// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

struct HTTPKindTests {
    private final class Site {
        let server: ScriptedServer
        let folder: String

        init(_ answers: [String]) throws {
            server = try ScriptedServer(answers)
            folder = try File.makeTemporaryDirectory(prefix: "http-tests-")
        }

        deinit { try? File.removeTree(folder) }

        func run(_ body: JSONValue) async -> NodeOutcome {
            await HTTPKind().run(
                NodeContext(
                    run: "r1", workflow: "w", node: "n", attempt: 1,
                    definition: NodeDefinition(id: "n", kind: "http"), body: body, directory: folder,
                    workflowDirectory: folder))
        }

        func result(_ more: JSONValue = [:], path: String = "/") async throws -> NodeResult {
            var body = more.objectValue ?? JSONObject()
            body["url"] = .string(server.url + path)
            let outcome = await run(.object(body))
            guard case .succeeded(let result) = outcome else { throw UnexpectedOutcome(outcome: outcome) }
            return result
        }

        func failure(_ more: JSONValue = [:], url: String? = nil) async throws -> NodeFailure {
            var body = more.objectValue ?? JSONObject()
            body["url"] = .string(url ?? server.url)
            let outcome = await run(.object(body))
            guard case .failed(let failure) = outcome else { throw UnexpectedOutcome(outcome: outcome) }
            return failure
        }
    }

    @Test func aRequestIsSentAsWritten() async throws {
        let site = try Site([ScriptedServer.answer("201 Created", #"{"id":7}"#, headers: ["X-A: 1", "x-a: 2"])])
        let result = try await site.result(
            [
                "method": "POST", "query": ["q": "a b&c", "n": [1, 2]], "headers": ["X-Key": "k"],
                "body": ["name": "cat"],
            ], path: "/items?z=1#frag")
        let sent = try #require(site.server.requests.first)
        #expect(sent.head.hasPrefix("POST /items?z=1&q=a%20b%26c&n=1&n=2 HTTP/1.1"))
        #expect(sent.head.contains("X-Key: k"))
        #expect(sent.head.contains("Content-Type: application/json"))
        #expect(sent.body == ["name": "cat"])
        #expect(result.outputs["status"] == 201)
        #expect(result.outputs["json"] == ["id": 7])
        #expect(result.outputs["body"] == #"{"id":7}"#)
        #expect(result.outputs["headers"]?["x-a"] == "1, 2")
        #expect(result.artifacts.isEmpty)
    }

    @Test func aLargeBodyBecomesAFile() async throws {
        let text = String(repeating: "0123456789abcdef", count: (256 << 10) / 16 + 1)
        let site = try Site([ScriptedServer.answer("200 OK", text, type: "text/plain; charset=utf-8")])
        let result = try await site.result()
        #expect(result.outputs["body"] == JSONValue.null)
        let artifact = try #require(result.artifacts.first)
        #expect(artifact.name == "body")
        #expect(artifact.mediaType == "text/plain")
        #expect(try artifact.text == text)
    }

    @Test func aBodyThatIsNoTextBecomesAFile() async throws {
        let site = try Site([ScriptedServer.answer("200 OK", "a\0b", type: "application/octet-stream")])
        let result = try await site.result()
        #expect(result.artifacts.count == 1)
        #expect(result.outputs["json"] == JSONValue.null)
    }

    @Test(arguments: [
        ("404 Not Found", FailureReason.clientError), ("429 Too Many", .rateLimit), ("408 Slow", .timeout),
        ("500 Oops", .serverError), ("302 Found", .clientError),
    ])
    func aStatusHasItsClass(status: String, reason: FailureReason) async throws {
        let site = try Site([ScriptedServer.answer(status, "why", headers: ["Retry-After: 3"])])
        let failure = try await site.failure()
        #expect(failure.reason == reason)
        #expect(failure.excerpt == "why")
        #expect(failure.retryAfter == Milliseconds(3000))
    }

    @Test func anExpectedStatusIsSuccess() async throws {
        let site = try Site([ScriptedServer.answer("404 Not Found", "none", type: "text/plain")])
        #expect(try await site.result(["expect": ["status": [200, 404]]]).outputs["status"] == 404)
        #expect(try await site.result(["expect": ["status": 404]]).outputs["body"] == "none")
        #expect(try await site.failure(["expect": ["status": [200]]]).reason == .clientError)
    }

    @Test func aRedirectIsFollowedAsFarAsAllowed() async throws {
        let redirect = ScriptedServer.answer("302 Found", "", headers: ["Location: /next"])
        let site = try Site([redirect, ScriptedServer.answer("200 OK", "there", type: "text/plain")])
        #expect(try await site.result().outputs["body"] == "there")
        let other = try Site([redirect])
        #expect(try await other.failure(["follow_redirects": 0]).message.contains("302"))
    }

    @Test func limitsHold() async throws {
        let site = try Site([ScriptedServer.answer("200 OK", "0123456789", type: "text/plain")])
        #expect(try await site.failure(["expect": ["max_size": "5B"]]).reason == .badData)
        #expect(try await site.failure(["allow_private": false]).reason == .refused)
        #expect(try await site.failure(url: "file:///etc/passwd").reason == .clientError)
        #expect(try await site.failure(url: "").reason == .badData)
        #expect(try await site.failure(["headers": ["A": "x\r\nB: y"]]).reason == .clientError)
    }

    /// On a port where nothing listens: should the check ever be lost, the test still asks nobody for anything.
    @Test(
        arguments: [
            "http://169.254.1.1:9/", "http://[::ffff:169.254.1.1]:9/", "http://[fd00:ec2::254]:9/",
        ])
    func theServiceWithTheMachinesKeysIsNeverAsked(url: String) async throws {
        let site = try Site([""])
        let failure = try await site.failure(["allow_private": true], url: url)
        #expect(failure.reason == .refused)
    }

    @Test func nobodyListening() async throws {
        let port = try ScriptedServer([""]).port
        let site = try Site([""])
        let failure = try await site.failure(url: "http://127.0.0.1:\(port)/?token=secret")
        #expect(failure.reason == .connection)
        #expect(!failure.message.contains("secret"))
    }
}
