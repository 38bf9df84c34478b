// SPDX-License-Identifier: Apache-2.0

package import FlowCore
import Synchronization

/// Models of which the next is asked when one fails. The ones that have failed are left alone for a while.
package struct FallbackModel: ModelProvider {
    /// One of the models.
    package struct Choice: Sendable {
        package var name: String
        package var provider: any ModelProvider
        package var cooldown: Milliseconds

        package init(name: String, provider: any ModelProvider, cooldown: Milliseconds) {
            self.name = name
            self.provider = provider
            self.cooldown = cooldown
        }
    }

    /// The cooldowns that all chains of a registry share.
    package final class Board: Sendable {
        fileprivate let table = Mutex(CooldownTable())

        package init() {}
    }

    private let choices: [Choice]
    private let board: Board
    private let clock: ModelClock

    /// Models in the order in which they are asked.
    package init(_ choices: [Choice], board: Board, clock: ModelClock = .system) {
        self.choices = choices
        self.board = board
        self.clock = clock
    }

    /// Asks the first model that is not left alone, and the next ones if need be.
    package func complete(_ request: ModelRequest) async throws(ModelError) -> ModelReply {
        // With one model alone the retry policy of the node decides.
        guard choices.count > 1 else {
            guard let only = choices.first else { throw ModelError(.unavailable, "no model is configured") }
            return try await only.provider.complete(request)
        }
        var last: ModelError?
        for choice in choices {
            let now = clock.now()
            if board.table.withLock({ $0.isOut(choice.name, at: now) }) { continue }
            do {
                let reply = try await choice.provider.complete(request)
                board.table.withLock { $0.takeBack(choice.name) }
                return reply
            } catch {
                guard error.callsForFallback, !Task.isCancelled else { throw error }
                last = error
                let failed = clock.now()
                board.table.withLock { $0.takeOut(choice.name, after: error, cooldown: choice.cooldown, at: failed) }
            }
        }
        let now = clock.now()
        let all = board.table.withLock { $0.error(for: choices.map(\.name), at: now) }
        throw all ?? last ?? ModelError(.unavailable, "no model is configured")
    }
}
