// SPDX-License-Identifier: Apache-2.0

import FileSystem
package import FlowCore
import HTTPServer

/// What people do with engines outside of runs: look at them, install them, try whether they start and behave.
package struct EngineWorkbench: Sendable {
    package let shelf: EngineShelf
    private let environment: [String: String]
    private let toolbox: EngineToolbox

    /// A bench for work in a folder.
    package init(folders: [String], environment: [String: String]) {
        self.environment = environment
        var configuration = EngineConfiguration(
            folder: FilePath.join(folders.first ?? "/tmp", ".flow"), environment: environment)
        configuration.settingsFolder = folders.first
        configuration.engineFolders = folders
        toolbox = EngineToolbox(configuration: configuration)
        shelf = toolbox.shelf
    }

    /// Ends all that was started.
    package func close() async { await toolbox.close() }

    /// The environment of an engine.
    package func surroundings(_ manifest: EngineManifest) -> EngineEnvironment {
        EngineEnvironment(manifest, environment: environment)
    }

    /// Why an engine cannot be started; nil when nothing is known against it.
    package func obstacle(_ manifest: EngineManifest) -> String? {
        do throws(EngineProblem) {
            _ = try surroundings(manifest).words(path: environment["PATH"] ?? "")
            return nil
        } catch {
            return error.message
        }
    }

    /// Installs what an engine needs.
    package func install(
        _ manifest: EngineManifest, progress: @escaping @Sendable (String) -> Void
    ) async throws(EngineProblem) -> String? {
        try await EngineInstaller(environment: environment, processes: toolbox.processes, progress: progress)
            .install(manifest)
    }

    /// Starts an engine, and gives what it says of itself.
    package func greeting(
        _ manifest: EngineManifest, log: @escaping @Sendable (NodeLogLine) -> Void
    ) async throws(EngineProblem) -> JSONObject {
        let process = try toolbox.engineKind.start(manifest, variables: [:], directory: "/tmp", log: log)
        var parameters = JSONObject()
        parameters["protocol"] = 1
        parameters["engine"] = .string(manifest.name)
        do throws(EngineProcess.End) {
            let answer = try await process.ask("initialize", parameters, within: manifest.startTimeout.duration)
            await process.end(grace: .seconds(1))
            guard answer.status == .ready else {
                throw EngineProcess.End(failure: answer.failure ?? NodeFailure(.badData, "it does not get ready"))
            }
            return answer.json
        } catch {
            await process.end(grace: .zero)
            throw EngineProblem(
                message: error.failure.message + (error.failure.excerpt.map { ": \($0.lastLinesJoined(3))" } ?? ""))
        }
    }

    /// Has an engine pass the test of all engines. Its calls of models go to the models of the project.
    package func test(
        _ manifest: EngineManifest, log: @escaping @Sendable (NodeLogLine) -> Void
    ) async throws -> [EngineConformance.Finding] {
        let folder = try File.realPath(File.makeTemporaryDirectory(prefix: "flow-engine-test-"))
        defer { try? File.removeTree(folder) }
        let gateway = toolbox.gateway
        let pass = try gateway.open(
            calls: OpenCallDesk(), names: [:], log: { log(NodeLogLine(.engine, "gateway \($0)")) }, onRefusal: { _ in })
        var variables = ["FLOW_RUN_ID": "test", "FLOW_NODE": "test", "FLOW_ATTEMPT": "1"]
        variables["OPENAI_BASE_URL"] = pass.address
        variables["OPENAI_API_BASE"] = pass.address
        variables["OPENAI_API_KEY"] = pass.token
        let findings = await EngineConformance(
            manifest, kind: toolbox.engineKind, folder: folder, variables: variables, log: log
        ).run()
        await gateway.close(pass)
        return findings
    }
}
