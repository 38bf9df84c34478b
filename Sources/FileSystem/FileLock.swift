// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// An exclusive advisory lock on a file, kept until it is released or the process ends.
///
/// The system takes the lock back however the process ends, so a lock is never stale. Children do not inherit it.
/// The file stays when the lock is released: to remove it would let two owners lock two files of one name.
public final class FileLock: Sendable {
    /// The path of the lock file.
    public let path: String
    /// Whether the owner before ended without giving the lock back.
    public let wasAbandoned: Bool
    private let descriptor: Mutex<Int32>

    /// Takes the lock; nil when another owner has it.
    ///
    /// - Parameters:
    ///   - path: the lock file, made if needed. Its folder must exist.
    ///   - owner: the text that ``owner(of:)`` shows to others. No secrets: everybody may read it.
    public init?(_ path: String, owner: String = FileLock.ownerText()) throws(FileError) {
        while true {
            let file = try Descriptor(open: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
            if retryingInterrupts({ flock(file.number, LOCK_EX | LOCK_NB) }) != 0 {
                if errno == EWOULDBLOCK { return nil }
                throw .last("lock", path)
            }
            // Somebody may have removed the file between the two calls; a lock on a nameless file guards nothing.
            let held = try FileStatus(file.status(path))
            guard let named = try? File.status(of: path, followingLinks: false), named.inode == held.inode,
                named.device == held.device
            else { continue }
            var text = owner
            guard ftruncate(file.number, 0) == 0 else { throw .last("write", path) }
            let number = file.number
            let code = text.withUTF8 { writeFully(number, UnsafeRawBufferPointer($0)).code }
            guard code == 0 else { throw FileError(operation: "write", path: path, code: code) }
            let kept = fcntl(number, F_DUPFD_CLOEXEC, 0)
            guard kept >= 0 else { throw .last("lock", path) }
            self.path = path
            // Whoever gives the lock back empties the file.
            wasAbandoned = held.size > 0
            descriptor = Mutex(kept)
            return
        }
    }

    deinit {
        release()
    }

    /// Gives the lock back. Does nothing the second time.
    public func release() {
        descriptor.withLock { number in
            guard number >= 0 else { return }
            _ = ftruncate(number, 0)
            // A child that is about to be executed still has the descriptor; to close it here would not be enough.
            _ = flock(number, LOCK_UN)
            _ = Glibc.close(number)
            number = -1
        }
    }

    /// What the present or, after a crash, the last owner wrote into a lock file; nil when it wrote nothing.
    ///
    /// Ask after an attempt to lock has failed: only then does the text tell who has the lock.
    public static func owner(of path: String) -> String? {
        guard let bytes = try? File.read(path, limit: 64 << 10), !bytes.isEmpty else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a text, made of ``ownerText()``, names a process that lives. A lock that has just been taken still has
    /// the text of the owner before, or none.
    public static func namesLivingProcess(_ text: String) -> Bool {
        var numbers: [Substring: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let number = UInt64(words[1]) { numbers[words[0]] = number }
        }
        guard let pid = numbers["pid"], let started = numbers["started"] else { return false }
        return startTime(of: "\(pid)") == started
    }

    /// Lines that name this process: `pid`, `started` (clock ticks after the boot) and `command`.
    public static func ownerText() -> String {
        let command = CommandLine.arguments.first.map { FilePath.basename($0) } ?? "?"
        return "pid \(getpid())\nstarted \(startTime(of: "self") ?? 0)\ncommand \(command)\n"
    }

    /// Field 22 of `/proc/PID/stat`. With the process id it names a process even after the id is used again.
    private static func startTime(of process: String) -> UInt64? {
        guard let bytes = try? File.read("/proc/\(process)/stat", limit: 4096) else { return nil }
        // The second field is the name in brackets and may contain blanks, so count from the last bracket.
        guard let bracket = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[bracket...].split(separator: UInt8(ascii: " "))
        return fields.count > 20 ? UInt64(String(decoding: fields[20], as: UTF8.self)) : nil
    }
}
