// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Tells when something changes in one folder; folders below it are not watched.
///
/// A thread of the caller waits; any thread may wake it.
public final class DirectoryWatch: Sendable {
    /// The path of the folder.
    public let path: String
    private let notifier: Int32
    private let wakeReader: Int32
    private let wakeWriter: Int32

    /// Starts to watch. Changes are noted from now on, also between two waits.
    public init(_ path: String) throws(FileError) {
        try path.requireNoNUL("watch")
        let notifier = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard notifier >= 0 else { throw .last("watch", path) }
        let events =
            IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB
            | IN_DELETE_SELF | IN_MOVE_SELF | Int32(IN_ONLYDIR)
        guard inotify_add_watch(notifier, path, UInt32(bitPattern: Int32(events))) >= 0 else {
            let code = errno
            _ = Glibc.close(notifier)
            throw FileError(operation: "watch", path: path, code: code)
        }
        // A pair of sockets, because a pipe cannot be made close-on-exec in one call everywhere.
        var pair: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &pair) == 0 else {
            let code = errno
            _ = Glibc.close(notifier)
            throw FileError(operation: "watch", path: path, code: code)
        }
        self.path = path
        self.notifier = notifier
        wakeReader = pair[0]
        wakeWriter = pair[1]
    }

    deinit {
        _ = Glibc.close(notifier)
        _ = Glibc.close(wakeReader)
        _ = Glibc.close(wakeWriter)
    }

    /// Blocks until something changed, the time is over, or ``wake()`` was called.
    ///
    /// All changes up to now count as one.
    /// - Parameter timeoutMilliseconds: how long to wait; below zero means without end.
    /// - Returns: whether something changed.
    public func wait(timeoutMilliseconds: Int) -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: .milliseconds(max(0, timeoutMilliseconds)))
        var remaining = timeoutMilliseconds < 0 ? -1 : Int32(clamping: timeoutMilliseconds)
        while true {
            var waits = [
                pollfd(fd: notifier, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&waits, 2, remaining)
            if count > 0 {
                let isChanged = waits[0].revents != 0
                if isChanged { drain(notifier) }
                if waits[1].revents != 0 { drain(wakeReader) }
                return isChanged
            }
            if count == 0 || errno != EINTR { return false }
            guard timeoutMilliseconds >= 0 else { continue }
            let left = clock.now.duration(to: deadline) / .milliseconds(1)
            remaining = Int32(clamping: Int(max(0, left.rounded(.up))))
        }
    }

    /// Ends the present wait, or the next one.
    public func wake() {
        // When the buffer is full, enough wake-ups are waiting already.
        var byte: UInt8 = 1
        _ = send(wakeWriter, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    private func drain(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 || (count < 0 && errno == EINTR) { continue }
            return
        }
    }
}
