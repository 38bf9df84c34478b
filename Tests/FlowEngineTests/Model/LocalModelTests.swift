// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Glibc
import Testing

/// The real model, where it is installed. One after the other: each takes a core and some hundred megabytes.
@Suite(.serialized, .enabled(if: InstalledModel.isThere("smollm2-135m"), "the model smollm2-135m is not installed"))
struct LocalModelTests {
    /// A folder with links to the installed runtime and model, so that a user's shared server is left alone.
    private final class Folder {
        let path: String
        let children = ChildProcesses()

        init() throws {
            path = try File.makeTemporaryDirectory(prefix: "local-model-tests-")
            try File.symlink(InstalledModel.folder.path + "/venv", at: path + "/venv")
            try File.symlink(InstalledModel.folder.modelFile("smollm2-135m"), at: path + "/smollm2-135m.gguf")
        }

        deinit { try? File.removeTree(path) }

        /// Its servers are known by their `HOME`.
        func runtime() -> LocalModelRuntime {
            LocalModelRuntime(
                environment: ["PATH": "/usr/bin:/bin", "HOME": path], folder: LocalModelFolder(path: path), threads: 1,
                children: children)
        }
    }

    private static let request = ModelRequest(
        messages: [ModelMessage(.user, "Name an animal and its number of legs.")], maxTokens: 60, temperature: 0,
        schema: [
            "type": "object",
            "properties": [
                "animal": ["type": "string", "maxLength": 20], "legs": ["type": "integer", "minimum": 0, "maximum": 9],
            ], "required": ["animal", "legs"], "additionalProperties": false,
        ])

    @Test(.timeLimit(.minutes(2))) func aStructuredAnswerIsRepeatedWordForWord() async throws {
        let folder = try Folder()
        let runtime = folder.runtime()
        let model = LocalModel(runtime)
        async let both = (model.complete(Self.request), model.complete(Self.request))
        let (first, second) = try await both
        #expect(first.text == second.text)
        #expect(first.model == "smollm2-135m")
        #expect(!first.usage.estimated)
        let schema = try #require(Self.request.schema)
        #expect(SchemaCheck(schema).faults(in: first.json ?? .null).isEmpty, "\(first.text)")
        let servers = await runtime.processes()
        #expect(servers.count == 1)
        let server = try #require(servers.first)

        // A server that has died is started again by the next call.
        #expect(ProcessTable.signal(server, SIGKILL))
        #expect(try await model.complete(Self.request).text == first.text)
        let next = try #require(await runtime.processes().first)
        #expect(next != server)
        #expect(!ProcessTable.isAlive(server))

        var long = Self.request
        long.messages = [ModelMessage(.user, String(repeating: "one two three ", count: 4000))]
        do {
            _ = try await model.complete(long)
            Issue.record("no error")
        } catch {
            #expect(error.kind == .clientError)
            #expect(error.message.contains("more than the 8192"))
        }
        await runtime.stop()
        #expect(!ProcessTable.isAlive(next))
        #expect(await runtime.processes().isEmpty)
    }

    @Test(.timeLimit(.minutes(2)), .enabled(if: InstalledModel.isThere("qwen2.5-coder-0.5b"), "no larger model"))
    func anAgentFillsAFormAsTheDefaultModel() async throws {
        let folder = try Folder()
        let runtime = folder.runtime()
        let name = "qwen2.5-coder-0.5b"
        try File.symlink(InstalledModel.folder.modelFile(name), at: runtime.folder.modelFile(name))
        let agent = AgentDefinition(
            name: "former", instructions: "You read tickets and fill in a form.", output: Self.form, temperature: 0,
            maxTokens: 80)
        let kind = AgentKind(
            models: ModelRegistry(environment: [:], runtime: runtime), agents: ["former": agent])
        let context = NodeContext(
            run: "r", workflow: "w", node: "n", attempt: 1, definition: NodeDefinition(id: "n", kind: "agent"),
            body: "former",
            fields: JSONObject([
                JSONObject.Member(
                    key: "prompt", value: "Ticket 4711: Anna reports that the printer in room 12 is broken. Urgent!")
            ]), directory: folder.path, workflowDirectory: folder.path)
        let outcome = await kind.run(context)
        await runtime.stop()
        guard case .succeeded(let result) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(result.outputs["model"] == .string(name))
        #expect(result.outputs["json"]?["ticket"] == 4711)
        #expect(result.outputs["json"]?["urgent"] == true)
        #expect(result.artifacts.map(\.name) == ["transcript"])
    }

    private static let form: JSONValue = [
        "type": "object",
        "properties": ["ticket": ["type": "integer"], "reporter": ["type": "string"], "urgent": ["type": "boolean"]],
        "required": ["ticket", "reporter", "urgent"], "additionalProperties": false,
    ]

    @Test(.timeLimit(.minutes(1))) func aServerThatIsStartingIsStoppedAtOnce() async throws {
        let folder = try Folder()
        let runtime = folder.runtime()
        let choice = try LocalModelChoice.find(nil, in: runtime.folder)
        let starting = Task { try await runtime.start(choice) }
        func servers() -> [ChildIdentity] { ProcessTable.processes(withEnvironment: "HOME", value: folder.path) }
        while servers().isEmpty { await Task.yield() }
        await runtime.stop()
        await #expect(throws: ModelError.self) { try await starting.value }
        #expect(await runtime.processes().isEmpty)
        #expect(servers().isEmpty)
    }

    @Test(.timeLimit(.minutes(2))) func aSharedServerIsUsedAndEndsOnDemand() async throws {
        let folder = try Folder()
        let choice = try LocalModelChoice.find(nil, in: LocalModelFolder(path: folder.path))
        let starter = folder.runtime()
        let shared = try await starter.startShared(choice)
        #expect(shared.isHealthy)
        #expect(try await starter.startShared(choice).pid == shared.pid)
        let record = folder.path + "/server.json"
        var status = stat()
        try #require(stat(record, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)

        let user = folder.runtime()
        #expect(try await LocalModel(user).complete(Self.request).json != nil)
        #expect(await user.processes().isEmpty)
        await user.stop()
        #expect(await user.status().shared?.isHealthy == true)
        #expect(await user.stopShared())
        #expect(ProcessTable.startTime(of: shared.pid) == nil)
        #expect(!File.exists(record))
        #expect(await !user.stopShared())
    }

    /// The program that holds the server is killed, so that nothing of it can do anything about the server.
    @Test(.timeLimit(.minutes(1))) func theServerEndsWithTheProcessThatHoldsIt() async throws {
        let folder = try Folder()
        let script = folder.path + "/server.py"
        // The engine's own copy of the program is placed by the first start.
        let runtime = folder.runtime()
        try await runtime.start(try LocalModelChoice.find(nil, in: runtime.folder))
        await runtime.stop()
        try File.rename(folder.path + "/local_model_server.py", to: script)
        let holder = """
            import os, subprocess, sys, time
            child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={**os.environ, "FLOW_MODEL_KEY": "k"})
            line = child.stdout.readline()
            print(child.pid if b"address" in line else 0, flush=True)
            time.sleep(600)
            """
        var output: [Int32] = [-1, -1]
        try #require(pipe(&output) == 0)
        defer { for descriptor in output { close(descriptor) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_addclose(&actions, output[0])
        defer { posix_spawn_file_actions_destroy(&actions) }
        let words = [
            "/usr/bin/python3", "-c", holder, folder.path + "/venv/bin/python", script, "--model",
            folder.path + "/smollm2-135m.gguf",
        ]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        var pid: pid_t = 0
        try #require(posix_spawn(&pid, words[0], &actions, nil, &arguments, environ) == 0)
        defer { waitpid(pid, nil, 0) }
        var line = [UInt8](repeating: 0, count: 32)
        let count = read(output[0], &line, line.count)
        let digits = String(decoding: line.prefix(Swift.max(0, count)), as: UTF8.self).prefix { $0.isNumber }
        let number = try #require(Int32(digits))
        let start = try #require(ProcessTable.startTime(of: number))
        let server = ChildIdentity(pid: number, startTime: start)
        #expect(kill(pid, SIGKILL) == 0)
        for _ in 0..<100 where ProcessTable.isAlive(server) { try await Task.sleep(for: .milliseconds(50)) }
        #expect(!ProcessTable.isAlive(server))
        ProcessTable.signal(server, SIGKILL)
    }
}

private enum InstalledModel {
    static let folder = LocalModelFolder(environment: ProcessEnvironment.all())

    static func isThere(_ id: String) -> Bool { (try? LocalModelChoice.find(id, in: folder)) != nil }
}
