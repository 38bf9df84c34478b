// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension Engine {
    /// The tape that a run is on, wound on behind what the run has been given already.
    func tape(of options: RunOptions, for run: String) async throws(EngineError) -> CallTape? {
        guard let name = options.tape else { return nil }
        do throws(StoreError) {
            let tape = try await CallTape.load(name, from: store)
            try await tape.skipAnswers(of: run)
            return tape
        } catch {
            throw EngineError(error)
        }
    }
}
