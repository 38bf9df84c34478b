// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// Bytes for the standard input of a child that runs already. For one child only; any thread may write.
public final class InputChannel: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isEnded = false
        var isGone = false
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let limit: Int

    /// A channel that keeps at most `limit` bytes for a child that does not read.
    public init(limit: Int = 64 << 20) { self.limit = limit }

    /// Hands over bytes; they are written in the order of the calls.
    ///
    /// - Returns: false when nobody will read them: the channel is ended, the child is gone or reads too slowly.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Bool {
        let (isTaken, wake) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
            guard !state.isEnded, !state.isGone, state.bytes.count + bytes.count <= limit else { return (false, nil) }
            state.bytes += bytes
            return (true, state.wake)
        }
        wake?()
        return isTaken
    }

    /// Gives the child the end of file after what was written.
    public func end() {
        let wake = state.withLock { state in
            state.isEnded = true
            return state.wake
        }
        wake?()
    }

    /// From now on `wake` is called when there is something to take.
    func attach(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// What was written since the last call, and whether it was the last.
    func take() -> (bytes: [UInt8], isLast: Bool) {
        state.withLock { state in
            defer { state.bytes = [] }
            return (state.bytes, state.isEnded)
        }
    }

    /// The child reads no more.
    func detach() {
        state.withLock { state in
            state.isGone = true
            state.bytes = []
            state.wake = nil
        }
    }
}
