// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The children of all `ChildProcesses` of this process: an orphan of one is not to be taken for a stray of another.
enum LiveSessions {
    private static let sessions = Mutex<[Int32: UInt64]>([:])

    static func insert(_ identity: ChildIdentity) {
        sessions.withLock { $0[identity.pid] = identity.startTime }
    }

    static func remove(_ identity: ChildIdentity) {
        sessions.withLock { sessions in
            // The number may already be a newer child's.
            if sessions[identity.pid] == identity.startTime { sessions[identity.pid] = nil }
        }
    }

    static func contains(_ session: Int32) -> Bool {
        sessions.withLock { $0[session] != nil }
    }

    /// When the oldest live child of the others started; nil if there is none.
    static func oldestStart(except own: [UInt64: LiveChild]) -> UInt64? {
        let own = Set(own.values.map(\.identity.pid))
        return sessions.withLock { $0.lazy.filter { !own.contains($0.key) }.map(\.value).min() }
    }
}
