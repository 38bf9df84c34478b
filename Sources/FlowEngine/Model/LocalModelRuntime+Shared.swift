// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
public import FlowCore
import Glibc

/// A server that outlives this process, for the runs that follow.
extension LocalModelRuntime {
    /// What is known of the shared server.
    public struct SharedServer: Sendable, Hashable {
        public var pid: Int32
        /// Such as `http://127.0.0.1:40123`.
        public var address: String
        /// The path of the model file.
        public var model: String
        public var isHealthy: Bool
    }

    /// The server in the record, if its process still runs.
    private nonisolated func recordedEndpoint() -> LocalModelEndpoint? {
        guard let bytes = try? File.read(folder.sharedRecord, limit: 65536), let json = try? JSONValue.parse(bytes),
            let pid = json["pid"]?.integerValue.flatMap({ Int32(exactly: $0) }),
            let start = json["start"]?.integerValue.flatMap({ UInt64(exactly: $0) }),
            let address = json["address"]?.stringValue, let key = json["key"]?.stringValue,
            let model = json["model"]?.stringValue
        else { return nil }
        let endpoint = LocalModelEndpoint(
            address: address, key: key, process: ChildIdentity(pid: pid, startTime: start), model: model)
        return ProcessTable.isAlive(endpoint.process) ? endpoint : nil
    }

    /// The shared server, if it is ready to answer.
    func sharedEndpoint() async -> LocalModelEndpoint? {
        guard let endpoint = recordedEndpoint(), await endpoint.isHealthy(client) else { return nil }
        return endpoint
    }

    /// What is known of the shared server; nil when none runs.
    public nonisolated func shared() async -> SharedServer? {
        guard let endpoint = recordedEndpoint() else { return nil }
        let isHealthy = await endpoint.isHealthy(client)
        return SharedServer(
            pid: endpoint.process.pid, address: endpoint.address, model: endpoint.model, isHealthy: isHealthy)
    }

    /// Starts a server that stays when this process ends, and waits until it is ready. One of the same model that
    /// runs already is left as it is, one of another model is replaced.
    ///
    /// The server is no child of `ChildProcesses`, which would end it with this process.
    public func startShared(_ choice: LocalModelChoice) async throws(ModelError) -> SharedServer {
        let lock: FileLock?
        do {
            try File.createDirectory(folder.path)
            lock = try FileLock(folder.file("server.lock"))
        } catch {
            throw ModelError(.unavailable, "the model folder cannot be written: \(error.description)")
        }
        guard let lock else { throw ModelError(.unavailable, "another process is just starting the shared server") }
        defer { lock.release() }
        if let running = await shared() {
            if running.isHealthy, running.model == choice.path { return running }
            await stopShared()
        }
        let endpoint = try await DetachedModelServer.start(choice, settings, client: client)
        let record: JSONValue = [
            "pid": .integer(Int64(endpoint.process.pid)), "start": .integer(Int64(endpoint.process.startTime)),
            "address": .string(endpoint.address), "key": .string(endpoint.key), "model": .string(endpoint.model),
        ]
        do {
            // The key is for this user alone.
            try File.writeDurably(record.jsonBytes(), to: folder.sharedRecord, mode: 0o600)
        } catch {
            await DetachedModelServer.stop(endpoint.process)
            throw ModelError(.unavailable, "the model folder cannot be written: \(error.description)")
        }
        return SharedServer(
            pid: endpoint.process.pid, address: endpoint.address, model: endpoint.model, isHealthy: true)
    }

    /// Ends the shared server and waits until it is gone; false when none runs.
    @discardableResult
    public nonisolated func stopShared() async -> Bool {
        guard let endpoint = recordedEndpoint() else { return false }
        await DetachedModelServer.stop(endpoint.process)
        try? File.remove(folder.sharedRecord)
        return true
    }
}
