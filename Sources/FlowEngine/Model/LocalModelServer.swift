// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import FlowModels
import HTTPClient
import Synchronization

/// A model server that is a child of this process and ends with it.
final class LocalModelServer: Sendable {
    let endpoint: LocalModelEndpoint
    private let child: Task<Void, Never>

    private init(endpoint: LocalModelEndpoint, child: Task<Void, Never>) {
        self.endpoint = endpoint
        self.child = child
    }

    var isAlive: Bool { ProcessTable.isAlive(endpoint.process) }

    /// Ends the server and waits until it is gone.
    func stop() async {
        child.cancel()
        await child.value
    }

    /// What starting a server needs to know.
    struct Settings: Sendable {
        var folder: LocalModelFolder
        var environment: [String: String]
        var threads: Int
        var parallel: Int

        /// The arguments after Python's own path.
        func arguments(_ choice: LocalModelChoice) throws(ModelError) -> [String] {
            let script = try folder.place("local_model_server.py", PackageResources.local_model_server_py)
            return [
                script, "--model", choice.path, "--threads", String(threads), "--context", String(choice.context),
                "--parallel", String(parallel), "--alias", choice.name,
            ]
        }

        /// The little that Python needs of the user's environment, and the key. Other secrets are not handed on.
        func childEnvironment(key: String) -> [String: String] {
            let kept = ["PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR"]
            var child = environment.filter { kept.contains($0.key) }
            child["FLOW_MODEL_KEY"] = key
            return child
        }
    }

    /// Starts a server and waits until it answers.
    static func start(
        _ choice: LocalModelChoice, _ settings: Settings, children: ChildProcesses, client: HTTPClient
    ) async throws(ModelError) -> LocalModelServer {
        let key = LocalModelEndpoint.randomKey()
        let first = FirstLine()
        let command = ChildCommand(
            executable: settings.folder.python, arguments: try settings.arguments(choice),
            environment: settings.childEnvironment(key: key), directory: "/", input: .pipe,
            output: OutputPlan(onChunk: { first.take($0) }), errorOutput: .tail(4096), grace: .seconds(2))
        // Ended and awaited by `stop`; when the child ends by itself the task does.
        let child = Task {
            do throws(SpawnError) {
                let result = try await children.run(command) { first.started($0) }
                first.end(String(decoding: result.errorOutput.tail, as: UTF8.self).lastLinesJoined(3))
            } catch {
                first.end(error.description)
            }
        }
        do throws(ModelError) {
            let (address, process) = try await first.address()
            let endpoint = LocalModelEndpoint(address: address, key: key, process: process, model: choice.path)
            guard await endpoint.waitUntilHealthy(client) else {
                throw ModelError(.unavailable, "the local model `\(choice.name)` did not become ready")
            }
            return LocalModelServer(endpoint: endpoint, child: child)
        } catch {
            child.cancel()
            await child.value
            throw error
        }
    }
}

/// Waits for the line with the server's address, or for its end.
final class FirstLine: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var process: ChildIdentity?
        var result: Result<(String, ChildIdentity), ModelError>?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func started(_ process: ChildIdentity) { state.withLock { $0.process = process } }

    func take(_ bytes: [UInt8]) {
        finish { state in
            guard state.result == nil, state.bytes.count < 65536 else { return }
            state.bytes += bytes
            guard let end = state.bytes.firstIndex(of: 0x0A), let process = state.process else { return }
            state.result = Self.read(state.bytes[..<end]).map { ($0, process) }
        }
    }

    func end(_ reason: String) {
        finish { state in
            guard state.result == nil else { return }
            let said = reason.isEmpty ? "" : ": \(reason)"
            state.result = .failure(ModelError(.unavailable, "the local model server ended at once\(said)"))
        }
    }

    /// The address; one task may wait for it, and need not wait any longer when it is cancelled.
    func address() async throws(ModelError) -> (String, ChildIdentity) {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.result == nil { state.waiter = continuation }
                    return state.result != nil
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            end("it was stopped")
        }
        guard let result = state.withLock({ $0.result }) else { throw ModelError(.unavailable, "no address came") }
        return try result.get()
    }

    /// Reads the line: `{"address": …}` or `{"error": …}`.
    static func read(_ line: ArraySlice<UInt8>) -> Result<String, ModelError> {
        guard let json = try? JSONValue.parse(line) else {
            return .failure(ModelError(.unavailable, "the local model server said something else than JSON"))
        }
        if let address = json["address"]?.stringValue { return .success(address.trimmingSlashes) }
        return .failure(ModelError(.unavailable, json["error"]?.stringValue ?? "the local model server said nothing"))
    }

    private func finish(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            guard state.result != nil else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

extension String {
    /// The last lines with something on them, joined by spaces.
    func lastLinesJoined(_ count: Int) -> String {
        split(whereSeparator: \.isNewline).suffix(count).joined(separator: " ")
    }
}
