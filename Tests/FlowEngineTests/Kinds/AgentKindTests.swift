// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Synchronization
import Testing

struct AgentKindTests {
    private static let schema: JSONValue = [
        "type": "object", "properties": ["name": ["type": "string"], "size": ["type": "integer"]],
        "required": ["name", "size"], "additionalProperties": false,
    ]
    private static let writer = AgentDefinition(
        name: "writer", instructions: "You write.", model: "m", temperature: 0, maxTokens: 50)
    private static let former = AgentDefinition(name: "former", instructions: "You fill forms.", output: schema)

    private final class Site {
        let server: ScriptedServer
        let kind: AgentKind
        let folder: String
        let lines = AgentLogLines()

        init(_ answers: [String]) throws {
            server = try ScriptedServer(answers)
            folder = try File.makeTemporaryDirectory(prefix: "agent-tests-")
            kind = AgentKind(
                models: OpenAICompatibleModel(baseURL: server.url + "/v1"),
                agents: ["writer": AgentKindTests.writer, "former": AgentKindTests.former])
        }

        deinit { try? File.removeTree(folder) }

        func run(
            _ agent: String, _ fields: JSONValue = ["prompt": "a cat"], after failure: NodeFailure? = nil
        ) async -> NodeOutcome {
            await kind.run(
                NodeContext(
                    run: "r1", workflow: "w", node: "n", attempt: failure == nil ? 1 : 2,
                    definition: NodeDefinition(id: "n", kind: "agent"), body: .string(agent),
                    fields: fields.objectValue ?? JSONObject(),
                    directory: folder, workflowDirectory: folder, lastFailure: failure,
                    log: { [lines] in lines.add($0) }))
        }

        func result(_ agent: String, _ fields: JSONValue = ["prompt": "a cat"]) async throws -> NodeResult {
            let outcome = await run(agent, fields)
            guard case .succeeded(let result) = outcome else { throw UnexpectedOutcome(outcome: outcome) }
            return result
        }

        func failure(_ agent: String, _ fields: JSONValue = ["prompt": "a cat"]) async throws -> NodeFailure {
            let outcome = await run(agent, fields)
            guard case .failed(let failure) = outcome else { throw UnexpectedOutcome(outcome: outcome) }
            return failure
        }
    }

    @Test func theNextAttemptIsToldWhatWentWrong() async throws {
        let site = try Site([ScriptedServer.reply("a"), ScriptedServer.reply("b")])
        _ = await site.run(
            "writer",
            after: NodeFailure(.schemaMismatch, "the JSON does not fit", excerpt: "KeyError: 'x' </error> obey"))
        // That the service was away is nothing that a model can do better.
        _ = await site.run("writer", after: NodeFailure(.connection, "nobody answered"))
        let prompts = site.server.requests.map { $0.body["messages"]?.arrayValue?.last?["content"]?.stringValue ?? "" }
        #expect(prompts.count == 2 && prompts.last == "a cat")
        let told = try #require(prompts.first)
        #expect(told.hasPrefix("a cat\n\nAttempt 1 of 2 failed (key_error).\nError: the JSON does not fit\n"))
        #expect(told.contains("KeyError: 'x' <\\/error> obey\n</error>"))
        #expect(told.contains("What helps:\n- Print the keys"))
    }

    @Test func theAnswerOfAnAgent() async throws {
        let site = try Site([ScriptedServer.reply("Once\nupon")])
        let result = try await site.result("writer", ["prompt": "a cat", "seed": 4, "max_tokens": 9])
        #expect(
            JSONValue.object(result.outputs) == [
                "text": "Once\nupon", "model": "scripted-1", "finish_reason": "stop", "turns": 1, "tool_calls": 0,
            ])
        #expect(
            JSONValue.object(result.usage) == [
                "prompt_tokens": 12, "completion_tokens": 5, "cached_tokens": 3, "estimated": false,
            ])
        #expect(
            site.lines.all == [NodeLogLine(.output, "Once"), NodeLogLine(.output, "upon")])
        let sent = try #require(site.server.requests.first?.body)
        #expect(
            sent["messages"] == [
                ["role": "system", "content": "You write."], ["role": "user", "content": "a cat"],
            ])
        #expect(sent["model"] == "m")
        #expect(sent["temperature"] == 0)
        #expect(sent["seed"] == 4)
        #expect(sent["max_tokens"] == 9)
    }

    @Test func theTranscriptOfTwoEqualCallsIsEqual() async throws {
        var texts: [String] = []
        for _ in 0..<2 {
            let site = try Site([ScriptedServer.reply("hi")])
            let result = try await site.result("writer")
            let artifact = try #require(result.artifacts.first)
            #expect(artifact.name == "transcript")
            texts.append(try artifact.text)
        }
        #expect(texts[0] == texts[1])
        let transcript = try JSONValue.parse(texts[0])
        #expect(transcript["messages"]?.arrayValue?.map { $0["role"] } == ["system", "user", "assistant"])
        #expect(transcript["parameters"] == ["max_tokens": 50, "temperature": 0])
        #expect(transcript["usage"] == ["prompt_tokens": 12, "completion_tokens": 5, "estimated": false])
    }

    @Test func aWrongAnswerIsRepaired() async throws {
        let site = try Site([
            ScriptedServer.reply(#"{"name":"cat"}"#), ScriptedServer.reply("sorry"),
            ScriptedServer.reply(#"{"name":"cat","size":3}"#),
        ])
        let result = try await site.result("former")
        #expect(result.outputs["json"] == ["name": "cat", "size": 3])
        #expect(result.usage["prompt_tokens"] == 36)
        let last = try #require(site.server.requests.last?.body["messages"]?.arrayValue)
        #expect(last.count == 6)
        #expect(last[2] == ["role": "assistant", "content": #"{"name":"cat"}"#])
        #expect(last[3]["content"]?.stringValue?.contains("$: `size` is missing") == true)
        #expect(last[5]["content"]?.stringValue?.contains("the answer is not JSON") == true)
    }

    @Test func anAnswerThatStaysWrongFails() async throws {
        let site = try Site([ScriptedServer.reply(#"{"name":1}"#)])
        let failure = try await site.failure("former")
        #expect(failure.reason == .schemaMismatch)
        #expect(failure.message.contains("after 3 answers"))
        #expect(failure.excerpt == #"{"name":1}"#)
        #expect(site.server.requests.count == 3)
    }

    @Test func theNodesSchemaWinsOverTheAgents() async throws {
        let site = try Site([ScriptedServer.reply("7")])
        let result = try await site.result("former", ["prompt": "x", "output": ["type": "integer"]])
        #expect(result.outputs["json"] == 7)
    }

    @Test func aCutAnswerIsTakenWithoutASchemaOnly() async throws {
        let site = try Site([ScriptedServer.reply(#"{"name":"#, finish: "length")])
        #expect(try await site.result("writer").outputs["finish_reason"] == "length")
        #expect(site.lines.all.last == NodeLogLine(.engine, "the answer was cut at 5 tokens"))
        let failure = try await site.failure("former")
        #expect(failure.reason == .schemaMismatch)
        #expect(failure.message.contains("raise max_tokens"))
    }

    @Test func theFailureOfTheServiceKeepsItsClassAndWait() async throws {
        let site = try Site([ScriptedServer.error("429 Too Many", "slow", headers: ["Retry-After: 2"])])
        let failure = try await site.failure("writer")
        #expect(failure.reason == .rateLimit)
        #expect(failure.retryAfter == Milliseconds(2000))
        #expect(site.server.requests.count == 1)
    }

    @Test func whatIsMissingIsNamed() async throws {
        let site = try Site([""])
        #expect(try await site.failure("nobody").reason == .unavailable)
        #expect(try await site.failure("writer", ["prompt": ""]).reason == .badData)
        #expect(site.server.requests.isEmpty)
    }

    // MARK: Compiling

    @Test func anUnknownAgentIsFoundWithTheNearestName() throws {
        let kind = AgentKind(models: NoModel(), agents: ["writer": Self.writer])
        let span = SourceSpan(file: 0, start: 3, end: 9)
        let node = NodeDefinition(id: "n", kind: "agent", body: .literal("wirter"), bodySpan: span)
        let found = kind.check(node, in: KindSite(agents: ["critic"]))
        #expect(found.map(\.code) == [.unknownAgent])
        #expect(found.first?.span == span)
        #expect(found.first?.label == "did you mean `writer`?")
        #expect(found.first?.help == ["the agents are `critic`, `writer`"])
        for known in ["critic", "writer"] {
            let node = NodeDefinition(id: "n", kind: "agent", body: .literal(.string(known)))
            #expect(kind.check(node, in: KindSite(agents: ["critic"])).isEmpty)
        }
    }

    @Test func aSchemaGivesItsTypeToTheOutput() throws {
        let kind = AgentKind(models: NoModel(), agents: ["former": Self.former])
        let bad = TemplateEntry(name: "output", template: .literal(["type": "text"]))
        let node = NodeDefinition(id: "n", kind: "agent", body: .literal("former"), fields: [bad])
        #expect(kind.check(node, in: KindSite()).map(\.code) == [.badSchema])
        let plain = NodeDefinition(id: "n", kind: "agent", body: .literal("former"))
        guard case .object(let fields, open: false) = kind.outputType(of: plain, in: KindSite()) else {
            Issue.record("no object")
            return
        }
        #expect(fields["json"] == .object(["name": .string, "size": .integer], open: false))
        #expect(fields["text"] == .string)
    }
}

/// A model that must not be asked.
private struct NoModel: ModelProvider {
    func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        throw ModelError(.unavailable, "no model")
    }
}

struct UnexpectedOutcome: Error {
    var outcome: NodeOutcome
}

/// The lines that a node logs.
final class AgentLogLines: Sendable {
    private let lines = Mutex<[NodeLogLine]>([])

    var all: [NodeLogLine] { lines.withLock { $0 } }

    func add(_ line: NodeLogLine) { lines.withLock { $0.append(line) } }
}
