// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What an engine has to know of an executor without waiting for it.
final class ExecutorLife: Sendable {
    private let spent = Atomic<Bool>(false)
    private let ended = Atomic<Bool>(false)

    /// Whether it gave up because of the store and nothing of it runs any more: another one can take the run up.
    var isSpent: Bool {
        get { spent.load(ordering: .acquiring) }
        set { spent.store(newValue, ordering: .releasing) }
    }

    /// Whether the run has ended: the executor is kept only to answer quickly.
    var isEnded: Bool {
        get { ended.load(ordering: .acquiring) }
        set { ended.store(newValue, ordering: .releasing) }
    }
}
