// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore
public import HTTPClient

/// The models on this machine: installs them, and runs a server for the one that is used.
///
/// A server starts with the first call that needs it, serves all calls of this process, and ends with `stop()` or with
/// the process, however that ends. A server that was started to be shared is used instead when it serves the model.
public actor LocalModelRuntime {
    /// Where runtime and models are.
    public nonisolated let folder: LocalModelFolder
    nonisolated let client: HTTPClient
    nonisolated let children: ChildProcesses
    nonisolated let settings: LocalModelServer.Settings

    private var servers: [String: Task<Result<LocalModelServer, ModelError>, Never>] = [:]

    /// The models of a user; nothing is started.
    ///
    /// - Parameters:
    ///   - environment: the variables of this process; `FLOW_HOME`, `HOME` and `CI` count.
    ///   - folder: another folder than the user's.
    ///   - threads: the threads of a server; by default one where `CI` is set, else the physical cores but one.
    ///   - children: runs the server.
    ///   - client: talks to the server.
    public init(
        environment: [String: String], folder: LocalModelFolder? = nil, threads: Int? = nil,
        children: ChildProcesses, client: HTTPClient = HTTPClient()
    ) {
        let folder = folder ?? LocalModelFolder(environment: environment)
        self.folder = folder
        self.client = client
        self.children = children
        settings = LocalModelServer.Settings(
            folder: folder, environment: environment,
            threads: Swift.max(1, threads ?? ProcessorCount.modelThreads(environment: environment)), parallel: 2)
    }

    /// Starts the server of a model, if none runs, and waits until it is ready.
    public func start(_ choice: LocalModelChoice) async throws(ModelError) {
        _ = try await endpoint(for: choice)
    }

    /// Ends the servers of this process and waits until they are gone. A shared server is left alone.
    public func stop() async {
        let running = servers
        servers = [:]
        for task in running.values {
            // A server that is just starting need not become ready first.
            task.cancel()
            if case .success(let server) = await task.value { await server.stop() }
        }
    }

    /// The processes of this process's servers.
    public func processes() async -> [ChildIdentity] {
        var processes: [ChildIdentity] = []
        for task in servers.values {
            if case .success(let server) = await task.value, server.isAlive {
                processes.append(server.endpoint.process)
            }
        }
        return processes
    }

    /// A server that is ready for the model: the shared one, or one of this process.
    func endpoint(for choice: LocalModelChoice) async throws(ModelError) -> LocalModelEndpoint {
        if Task.isCancelled { throw ModelError(.cancelled, "the call was cancelled") }
        if servers[choice.path] == nil, let shared = await sharedEndpoint(), shared.model == choice.path {
            return shared
        }
        // Two rounds: a server that has died since the last call is started once more.
        for _ in 0..<2 {
            let task = servers[choice.path] ?? launch(choice)
            switch await task.value {
            case .success(let server) where server.isAlive: return server.endpoint
            case .success: forget(task, choice)
            case .failure(let error):
                forget(task, choice)
                throw error
            }
        }
        throw ModelError(.unavailable, "the local model server ends as soon as it has started")
    }

    /// A new server for the model in place of one that does not answer any more.
    ///
    /// The process of the old one may still be seen for a while: a process that is killed closes its connections first.
    func endpoint(
        for choice: LocalModelChoice, replacing dead: LocalModelEndpoint
    ) async throws(ModelError) -> LocalModelEndpoint {
        if let task = servers[choice.path], case .success(let server) = await task.value, server.endpoint == dead {
            forget(task, choice)
            await server.stop()
        }
        return try await endpoint(for: choice)
    }

    private func launch(_ choice: LocalModelChoice) -> Task<Result<LocalModelServer, ModelError>, Never> {
        // Not bound to the call that happens to be first: others wait for the same server. `stop` awaits it.
        let task = Task { [settings, children, client] in
            do throws(ModelError) {
                return Result<LocalModelServer, ModelError>.success(
                    try await LocalModelServer.start(choice, settings, children: children, client: client))
            } catch {
                return .failure(error)
            }
        }
        servers[choice.path] = task
        return task
    }

    /// Drops a server that is of no use, unless another call has already started the next one.
    private func forget(_ task: Task<Result<LocalModelServer, ModelError>, Never>, _ choice: LocalModelChoice) {
        if servers[choice.path] == task { servers[choice.path] = nil }
    }
}
