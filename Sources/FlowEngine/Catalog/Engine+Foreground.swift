// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension Engine {
    /// Waits until a run has ended, however long people take; `queued` means that the engine was asked to stop first.
    public func end(of run: String) async throws(EngineError) -> (status: RunStatus, reason: String?) {
        await (try watched(run)).end()
    }

    /// Hands a command to the engine that owns a store, in whatever process it is, and waits for its answer.
    ///
    /// - Parameter patience: how long an answer is awaited.
    /// - Returns: nil for done, else why the engine refused.
    public static func post(
        _ command: RunCommand, folder: String, patience: Duration = .seconds(10)
    ) async throws(EngineError) -> String? {
        do throws(StoreError) {
            return try await CommandInbox.post(command, folder: RunLayout(folder: folder).inbox, patience: patience)
        } catch {
            throw EngineError(error)
        }
    }
}
