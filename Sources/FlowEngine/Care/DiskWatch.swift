// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Glibc
import Synchronization

/// What is done when the store's disk is full: the reserve is given up, so that what has happened can still be written
/// down; nothing new is started; and when there is room the reserve is taken again and all goes on.
public final class DiskWatch: Sendable {
    /// What changed.
    public enum Notice: Sendable, Hashable {
        /// The disk is full; so many bytes must be free before it goes on.
        case full(needed: Int64)
        case room
    }

    /// The bytes that are kept for writing down that the disk is full.
    static let reserveSize: Int64 = 8 << 20
    /// What must be free beside the reserve before runs go on.
    static let headroom: Int64 = 8 << 20
    /// Below this much free space a failure of a node may be due to the disk.
    private static let nothing: Int64 = 1 << 20
    private static let interval = Duration.milliseconds(500)

    private struct State {
        var isFull = false
        /// When it became full and nothing could be written since, however often there seemed to be room.
        var fullSince: ContinuousClock.Instant?
        var isClosed = false
        /// What the largest file that waits for room needs.
        var needed: Int64 = 0
        var observer: (@Sendable (Notice) -> Void)?
    }

    private let folder: String
    private let patience: Duration?
    private let state = Mutex(State())

    private var reserve: String { FilePath.join(folder, "reserve") }

    init(folder: String, patience: Duration? = nil) {
        self.folder = folder
        self.patience = patience
    }

    /// Takes the reserve when it is not there. Without room for it the first failure tells.
    func prepare() { _ = takeReserve() }

    /// Says who is told of changes.
    func observe(_ observer: @escaping @Sendable (Notice) -> Void) { state.withLock { $0.observer = observer } }

    /// Whether runs stand still because of the disk.
    var isFull: Bool { state.withLock { $0.isFull } }

    /// Whether so little is free that a program may have failed because of it.
    var isExhausted: Bool { isFull || ((try? File.freeSpace(at: folder)) ?? .max) < Self.nothing }

    /// What is to be said when nobody makes room.
    var error: StoreError {
        StoreError(
            .diskFull,
            "the disk of the store \(folder) is full. Make room: "
                + "\(ByteCount(Self.reserveSize + Self.headroom).description) are needed. Then `flow resume`.")
    }

    /// Says that something could not be written, and frees the reserve. Blocks shortly.
    func raise(needed: Int64 = 0) {
        let observer = state.withLock { state -> (@Sendable (Notice) -> Void)?? in
            state.needed = Swift.max(state.needed, needed)
            guard !state.isFull, !state.isClosed else { return nil }
            state.isFull = true
            state.fullSince = state.fullSince ?? ContinuousClock().now
            return .some(state.observer)
        }
        guard let observer else { return }
        Self.freeReserve(of: folder)
        observer?(.full(needed: Self.reserveSize + Self.headroom + needed))
        // Ends with the fullness, with patience, or when the engine closes.
        Task.detached { await self.awaitRoom() }
    }

    /// Waits until there is room. False when the engine ends, the task is cancelled, or patience is over.
    func room(for bytes: Int64 = 0) async -> Bool {
        raise(needed: bytes)
        while !Task.isCancelled {
            let (isFull, isClosed) = state.withLock { ($0.isFull, $0.isClosed) }
            if isClosed { return false }
            if !isFull { return true }
            try? await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    /// Says that something was written: the room is real.
    func noteWritten() {
        state.withLock { state in
            if !state.isFull { state.fullSince = nil }
        }
    }

    /// Lets go all who wait.
    func close() { state.withLock { $0.isClosed = true } }

    private func awaitRoom() async {
        let clock = ContinuousClock()
        let start = state.withLock { $0.fullSince } ?? clock.now
        while true {
            if let patience, clock.now - start >= patience { close() }
            if state.withLock({ $0.isClosed }) { return }
            try? await Task.sleep(for: Self.interval)
            let needed = state.withLock { $0.needed }
            // To take the reserve is the only sure sign: a quota does not show in the free space.
            guard takeReserve() else { continue }
            guard let free = try? File.freeSpace(at: folder), free >= Self.headroom + needed else {
                Self.freeReserve(of: folder)
                continue
            }
            let observer = state.withLock { state in
                state.isFull = false
                state.needed = 0
                return state.observer
            }
            observer?(.room)
            return
        }
    }

    // MARK: The reserve

    /// Takes the reserve from the disk; true when it is there.
    private func takeReserve() -> Bool {
        if let size = try? File.size(of: reserve), size == Self.reserveSize { return true }
        let descriptor = open(reserve, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        guard posix_fallocate(descriptor, 0, off_t(Self.reserveSize)) == 0 else {
            _ = ftruncate(descriptor, 0)
            return false
        }
        return true
    }

    /// Gives the reserve back to the disk. The file stays: a new name would need a block.
    static func freeReserve(of folder: String) { _ = truncate(FilePath.join(folder, "reserve"), 0) }
}
