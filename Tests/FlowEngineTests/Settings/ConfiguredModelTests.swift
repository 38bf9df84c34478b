// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import FlowTesting
import Testing

/// Models that settings name, asked over real connections.
struct ConfiguredModelTests {
    private final class Place {
        let folder: TemporaryDirectory
        var environment: [String: String]

        init(_ settings: String, environment: [String: String] = [:]) throws {
            folder = try TemporaryDirectory()
            self.environment = environment
            self.environment["FLOW_HOME"] = folder.path + "/home"
            self.environment["PATH"] = "/usr/bin:/bin"
            try File.write(settings, to: folder.path + "/flow.yaml")
        }

        func ask(_ model: String? = nil) async throws(ModelError) -> ModelReply {
            try await registry.complete(ModelRequest(model: model, messages: [ModelMessage(.user, "x")]))
        }

        lazy var registry = ModelRegistry(
            environment: environment,
            runtime: LocalModelRuntime(environment: environment, children: ChildProcesses()),
            settings: { [environment, path = folder.path] in SettingsFiles.load(from: path, environment: environment) })

        func error(_ model: String? = nil) async -> String {
            do throws(ModelError) {
                return "no error but \(try await ask(model).text)"
            } catch {
                return "\(error.kind): \(error.message)"
            }
        }
    }

    @Test func aNameAnAliasAndAProviderWithASlashAreFound() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("hi")])
        let place = try Place(
            """
            providers: {box: {type: openai, url: "\(server.url)/v1", key: {env: BOX_KEY}}}
            models:
              default: {provider: box, model: m-1, temperature: 0}
              other: {provider: box, model: m-2}
            """, environment: ["BOX_KEY": "k-123456", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"])
        for name in [nil, "default", "other", "box/m-3"] { #expect(try await place.ask(name).text == "hi") }
        #expect(server.requests.map { $0.body["model"] } == ["m-1", "m-1", "m-2", "m-3"])
        #expect(server.requests.map { $0.body["temperature"] } == [0, 0, nil, nil])
        #expect(server.requests.allSatisfy { $0.head.contains("Bearer k-123456") })
        // What a person sets for this one command goes before the project.
        place.environment["FLOW_MODEL"] = "other"
        let other = try Place(
            "providers: {box: {type: openai, url: '\(server.url)/v1'}}\nmodels: {other: {provider: box, model: m-2}}",
            environment: ["FLOW_MODEL": "other", "OPENAI_API_KEY": "sk-of-somebody-else"])
        #expect(try await other.ask().text == "hi")
        #expect(server.requests.last?.body["model"] == "m-2")
        // The usual key is for the usual address.
        #expect(server.requests.last?.head.contains("sk-of-somebody-else") == false)
    }

    @Test func theNextModelAnswersWhenTheFirstFails() async throws {
        let bad = try ScriptedServer([ScriptedServer.error("503 Busy", "busy")])
        let good = try ScriptedServer([ScriptedServer.reply("hi")])
        let place = try Place(
            """
            providers:
              bad: {type: openai, url: "\(bad.url)/v1"}
              good: {type: openai, url: "\(good.url)/v1"}
            models:
              default: {provider: bad, model: m-1, fallback: spare}
              spare: {provider: good, model: m-2}
            """)
        for _ in 0..<3 {
            let reply = try await place.ask()
            #expect(reply.text == "hi")
            #expect(reply.provider == "good")
        }
        #expect(bad.requests.count == 1)
        #expect(good.requests.map { $0.body["model"] } == ["m-2", "m-2", "m-2"])
    }

    @Test func aKeyComesFromAProgramOrFromTheStore() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("hi")])
        let place = try Place(
            """
            providers:
              a: {type: openai, url: "\(server.url)/v1", key: {command: [printf, 'key-of-a\\nmore']}}
              b: {type: openai, url: "\(server.url)/v1", key: {secret: B_KEY}}
              c: {type: openai, url: "\(server.url)/v1", key: {command: [sh, -c, "echo sk-leaked; exit 3"]}}
              d: {type: openai, url: "\(server.url)/v1", key: {env: D_KEY}}
            """)
        #expect(try await place.ask("a/m").text == "hi")
        #expect(server.requests.last?.head.contains("Bearer key-of-a\r\n") == true)
        #expect(
            await place.error("b/m")
                == "unavailable: the key of the provider `b` is not kept: run `flow secret set B_KEY`")
        try SecretStore(environment: place.environment).set("B_KEY", to: "key-of-b")
        #expect(try await place.ask("b/m").text == "hi")
        #expect(server.requests.last?.head.contains("Bearer key-of-b\r\n") == true)
        let failed = await place.error("c/m")
        #expect(failed.hasPrefix("unavailable: the program `sh` gave no key for the provider `c`"))
        #expect(!failed.contains("sk-leaked"))
        #expect(
            await place.error("d/m")
                == "unavailable: the key of the provider `d` is not set: put it into the environment variable D_KEY")
    }

    @Test func faultsOfTheSettingsAreToldWhenAModelIsAskedFor() async throws {
        let place = try Place("providers: {a: {type: openia}}")
        let message = await place.error()
        #expect(message.hasPrefix("unavailable: the settings are wrong: "))
        #expect(message.contains("flow.yaml:1:23: error[F0208]: `type` cannot be `openia`"))
    }
}
