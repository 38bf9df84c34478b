// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The desk of kinds that need no slot: they answer at once, so they make no calls.
struct ClosedCallDesk: CallDesk {
    func perform(
        _ intent: CallIntent, _ call: @Sendable () async -> CallOutcome
    ) async throws(CallRefusal) -> CallOutcome {
        throw .stopped("a kind of node that needs no slot makes no calls")
    }
}
