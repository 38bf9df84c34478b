// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension Engine {
    /// Makes a session. Throws `refused` when its name is taken or none.
    public func makeSession(
        _ name: String, title: String? = nil, limits: SessionLimits = SessionLimits()
    ) async throws(EngineError) {
        guard SessionSummary.isName(name) else {
            throw EngineError(
                .invalidInput, "`\(name)` is no name of a session: lower-case letters, digits, `-` and `_`, at most 64")
        }
        let session = SessionSummary(
            name: name, title: title, status: .active, createdAt: WallClock.now, limits: limits)
        try await change { writer throws(StoreError) in try writer.make(session) }
    }

    /// Lets a session take new runs, or none any more. Its runs that go on are not disturbed.
    public func setSession(_ name: String, to status: SessionSummary.Status) async throws(EngineError) {
        try await change { writer throws(StoreError) in try writer.set(status, of: name) }
    }

    /// Removes a session without runs.
    public func removeSession(_ name: String) async throws(EngineError) {
        try await change { writer throws(StoreError) in try writer.remove(session: name) }
    }

    private func change(
        _ body: @escaping @Sendable (StoreWriter) throws(StoreError) -> Void
    ) async throws(EngineError) {
        do throws(StoreError) {
            try await store.perform(body)
        } catch {
            if error.code == .conflict || error.code == .missing { throw EngineError(.refused, error.description) }
            throw EngineError(error)
        }
    }
}

extension StoreCollector {
    /// Removes the runs of a session that have ended, all or none. Refuses (`conflict`) when one goes on or gives results
    /// to a run outside of the session.
    public static func remove(runsOf session: SessionSummary, from folder: String) throws(StoreError) -> Result {
        try remove(Set(session.runs), from: folder)
    }
}
