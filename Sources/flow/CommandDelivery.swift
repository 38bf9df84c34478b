// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// Brings a person's request to the engine that owns the store: a living one, else one that is opened for it.
struct CommandDelivery {
    var workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    /// Returns when the request is durable; throws when the run's state does not allow it.
    ///
    /// - Parameter after: what an engine that was opened for it does before it is closed.
    /// - Returns: whether a living engine took it.
    @discardableResult
    func deliver(
        _ command: RunCommand, after: (Engine) async throws -> Void = { _ in }
    ) async throws -> Bool {
        let engine: Engine
        do throws(EngineError) {
            engine = try await workplace.openEngine()
        } catch {
            guard error.store?.code == .busy else { throw error }
            try await post(command)
            return true
        }
        do {
            try await engine.send(command)
            try await after(engine)
        } catch {
            await engine.close()
            throw error
        }
        await engine.close()
        return false
    }

    /// Hands a request to the living engine.
    func post(_ command: RunCommand) async throws {
        if let problem = try await Engine.post(command, folder: workplace.storeFolder) {
            throw CommandFailure(.usage, problem)
        }
    }
}
