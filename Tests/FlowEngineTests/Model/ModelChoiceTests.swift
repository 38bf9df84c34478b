// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Glibc
import Synchronization
import Testing

struct ModelChoiceTests {
    /// A model folder with files of the right size that take no space.
    private final class Folder {
        let path: String
        var folder: LocalModelFolder { LocalModelFolder(path: path) }

        init(runtime: Bool = true, models: [String] = []) throws {
            path = try File.makeTemporaryDirectory(prefix: "model-tests-")
            if runtime {
                try File.createDirectory(path + "/venv/bin")
                try File.symlink("/usr/bin/python3", at: path + "/venv/bin/python")
            }
            for id in models {
                let entry = try #require(ModelCatalog.embedded.entry(id))
                try File.write("GGUF", to: folder.modelFile(id))
                try #require(truncate(folder.modelFile(id), Int(entry.bytes)) == 0)
            }
        }

        deinit { try? File.removeTree(path) }

        func message(_ name: String?) -> String {
            do throws(ModelError) {
                return try LocalModelChoice.find(name, in: folder).name
            } catch {
                return "\(error.kind): \(error.message)"
            }
        }

        func runtime() -> LocalModelRuntime {
            LocalModelRuntime(
                environment: ["PATH": "/usr/bin:/bin"], folder: folder, threads: 1, children: ChildProcesses())
        }
    }

    @Test func theCatalogueIsRead() {
        #expect(
            ModelCatalog.embedded.models.map(\.id) == ["smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"])
        #expect(ModelCatalog.embedded.defaultModel == "qwen2.5-coder-0.5b")
        #expect(ModelCatalog.embedded.entry("smollm2-135m")?.bytes == 98_362_432)
    }

    @Test func whatIsMissingIsNamedWithTheCommand() throws {
        #expect(
            try Folder(runtime: false).message(nil)
                == "unavailable: no model runtime is installed: run `flow model install`")
        #expect(
            try Folder(runtime: false).message("smollm2-135m")
                == "unavailable: no model runtime is installed: run `flow model install smollm2-135m`")
        #expect(try Folder().message(nil) == "unavailable: no model is installed: run `flow model install`")
        #expect(
            try Folder().message("smollm2-135m")
                == "unavailable: the model `smollm2-135m` is not installed: run `flow model install smollm2-135m`")
        #expect(
            try Folder().message("smolm2-135m")
                == "unavailable: there is no local model `smolm2-135m`; did you mean `smollm2-135m`? "
                + "(`flow model list` shows them)")
        #expect(try Folder().message("/none.gguf") == "unavailable: the model file `/none.gguf` does not exist")
    }

    @Test func theDefaultIsTheBestThatIsInstalled() throws {
        #expect(try Folder(models: ["smollm2-135m"]).message(nil) == "smollm2-135m")
        #expect(try Folder(models: ["smollm2-135m", "qwen2.5-coder-0.5b"]).message(nil) == "qwen2.5-coder-0.5b")
        #expect(try Folder(models: ["qwen2.5-coder-0.5b"]).message("smollm2-135m").hasPrefix("unavailable"))
    }

    @Test func theFolderComesFromTheEnvironment() {
        #expect(LocalModelFolder(environment: ["FLOW_HOME": "/f", "HOME": "/h"]).path == "/f/model")
        #expect(LocalModelFolder(environment: ["HOME": "/h"]).path == "/h/.local/share/flow/model")
    }

    static let configurations: [([String: String], String?, String?, String?)] = [
        ([:], nil, nil, nil),
        (["OPENAI_API_KEY": "k"], nil, nil, nil),
        (["OPENAI_BASE_URL": "http://a/v1", "OPENAI_MODEL": "gpt"], "gpt", "http://a/v1", "OPENAI_API_KEY"),
        (["FLOW_MODEL_URL": "http://b/v1", "OPENAI_BASE_URL": "http://a/v1"], nil, "http://b/v1", "FLOW_MODEL_KEY"),
        (["FLOW_MODEL": "http://c/v1"], nil, "http://c/v1", "FLOW_MODEL_KEY"),
        (["FLOW_MODEL": "gpt", "FLOW_MODEL_URL": "http://b/v1"], "gpt", "http://b/v1", "FLOW_MODEL_KEY"),
        (["FLOW_MODEL": "smollm2-135m", "OPENAI_BASE_URL": "http://a/v1"], "smollm2-135m", nil, "OPENAI_API_KEY"),
    ]

    @Test(arguments: configurations)
    func theEnvironmentChooses(_ environment: [String: String], model: String?, url: String?, key: String?) {
        let merged = ModelConfiguration().merged(with: environment)
        #expect(merged == ModelConfiguration(model: model, url: url, keyVariable: key))
    }

    @Test func theRegistryFindsTheEndpoint() async throws {
        let server = try ScriptedServer([ScriptedServer.reply("hi")])
        let registry = ModelRegistry(
            environment: ["FLOW_MODEL_URL": server.url + "/v1", "FLOW_MODEL_KEY": "k1", "FLOW_MODEL": "gpt"],
            runtime: try Folder().runtime())
        for name in [nil, "default", "other"] {
            let request = ModelRequest(model: name, messages: [ModelMessage(.user, "x")])
            #expect(try await registry.complete(request).text == "hi")
        }
        #expect(server.requests.map { $0.body["model"] } == ["gpt", "gpt", "other"])
        #expect(server.requests.first?.head.contains("Bearer k1") == true)
    }

    @Test func aNameWithoutAnEndpointIsUnavailable() throws {
        let registry = ModelRegistry(environment: [:], runtime: try Folder().runtime())
        #expect(throws: ModelError.self) { try registry.resolve("gpt-9") }
        #expect(try registry.resolve("smollm2-135m").model == "smollm2-135m")
    }

    @Test func aRuntimeThatDoesNotLoadIsAnErrorWithItsReason() async throws {
        let folder = try Folder(models: ["smollm2-135m"])
        let runtime = folder.runtime()
        do throws(ModelError) {
            try await runtime.start(LocalModelChoice.find(nil, in: folder.folder))
            Issue.record("it started")
        } catch {
            #expect(error.kind == .unavailable)
            #expect(error.message.contains("the model runtime cannot be loaded"))
        }
        await runtime.stop()
    }

    @Test func theInstallerIsRunAndItsStepsReported() async throws {
        let folder = try Folder(runtime: false)
        let script = """
            #!/bin/sh
            echo '{"step":"download","source":"mirror","bytes":1048576,"of":2097152}'
            printf '%s' '{"step":"mo'
            echo 'del","state":"installed"}'
            grep -q '"version": 1' /dev/stdin || exit 3
            [ "$5" = smollm2-135m ] || exit 4
            echo '{"done":true,"path":"/m.gguf"}'
            """
        try File.write(script, to: folder.path + "/python3", mode: 0o755)
        let steps = Mutex<[String]>([])
        let runtime = LocalModelRuntime(
            environment: ["PATH": folder.path + ":/usr/bin:/bin"], folder: folder.folder, children: ChildProcesses())
        let path = try await runtime.install("smollm2-135m") { step in
            steps.withLock { $0.append(step.description) }
        }
        #expect(path == "/m.gguf")
        #expect(steps.withLock { $0 } == ["download mirror 1.0 MiB of 2.0 MiB", "model installed"])
        await #expect(
            throws: ModelError(
                .unavailable,
                "there is no model `smol`; there are: smollm2-135m, qwen2.5-coder-0.5b, qwen2.5-coder-1.5b")
        ) {
            try await runtime.install("smol")
        }
        try File.write("#!/bin/sh\necho '{\"error\":\"the disk is full\"}'\nexit 1\n", to: folder.path + "/python3")
        await #expect(throws: ModelError(.unavailable, "the disk is full")) { try await runtime.install() }
    }

    @Test func statusAndListTellWhatIsThere() async throws {
        let folder = try Folder(models: ["smollm2-135m"])
        let status = await folder.runtime().status()
        #expect(status.installed == ["smollm2-135m"])
        #expect(status.model?.name == "smollm2-135m")
        #expect(status.problem == nil)
        #expect(status.shared == nil)
        #expect(folder.runtime().list().filter(\.isInstalled).map(\.entry.id) == ["smollm2-135m"])
        #expect(folder.runtime().list().filter(\.isDefault).map(\.entry.id) == ["smollm2-135m"])
        #expect(await folder.runtime().status(model: "qwen2.5-coder-0.5b").problem?.contains("install") == true)
    }
}
