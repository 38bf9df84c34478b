// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FlowCore
import Synchronization

/// The engines that run: those that stay between nodes, and whom to tell what a person says to a node.
final class EnginePool: Sendable {
    private struct State {
        var idle: [String: [EngineProcess]] = [:]
        /// What works for a node of a run.
        var working: [String: EngineProcess] = [:]
        var isClosed = false
    }

    /// The most programs of one engine that wait for work.
    private static let mostIdle = 4

    private let state = Mutex(State())

    private static func key(_ manifest: EngineManifest) -> String { "\(manifest.folder)\n\(manifest.digest.hex)" }
    private static func key(_ run: String, _ node: String) -> String { "\(run)\n\(node)" }

    /// A program that waits for work; nil when there is none.
    func takeIdle(_ manifest: EngineManifest) -> EngineProcess? {
        while true {
            let process = state.withLock { $0.idle[Self.key(manifest)]?.popLast() }
            guard let process else { return nil }
            if process.isAlive { return process }
        }
    }

    /// Keeps a program for the next node; false when there are enough.
    func keep(_ process: EngineProcess, _ manifest: EngineManifest) -> Bool {
        guard process.isAlive else { return false }
        process.setLog(nil)
        return state.withLock { state in
            let key = Self.key(manifest)
            guard !state.isClosed, state.idle[key, default: []].count < Self.mostIdle else { return false }
            state.idle[key, default: []].append(process)
            return true
        }
    }

    /// A program works for a node from now on; with nil it has ended.
    func note(_ process: EngineProcess?, run: String, node: String) {
        state.withLock { $0.working[Self.key(run, node)] = process }
    }

    /// Hands what a person says to the engine that works for a node.
    ///
    /// - Returns: why it was not taken; nil when it was.
    func intervene(run: String, node: String, message: String) async -> String? {
        guard let process = state.withLock({ $0.working[Self.key(run, node)] }) else {
            return "no engine works for `\(node)`"
        }
        var parameters = JSONObject()
        parameters["message"] = .string(message)
        do throws(EngineProcess.End) {
            let answer = try await process.ask("intervene", parameters, within: .seconds(10))
            return answer.status == .ok ? nil : answer.failure?.message ?? "the engine did not take it"
        } catch {
            return error.failure.message
        }
    }

    /// Ends all that wait for work.
    func close() async {
        let processes = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [:] }
            return state.idle.values.flatMap { $0 }
        }
        await withTaskGroup(of: Void.self) { group in
            for process in processes {
                group.addTask { await process.end(grace: .milliseconds(500)) }
            }
        }
    }
}

extension Engine {
    /// Hands what a person says to the external engine that works for a node.
    ///
    /// - Returns: why it was not taken; nil when it was.
    public func intervene(run: String, node: String, message: String) async -> String? {
        await toolbox.engines.intervene(run: run, node: node, message: message)
    }
}
