// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import Glibc

/// The right of one engine to write to a store. It ends with `release`, or with the process however that ends.
public final class StoreOwner: Sendable {
    /// The folder of the store.
    public let folder: String
    /// Whether the owner before did not end in order: something that it started may still run.
    public var isHeirOfCrash: Bool { lock.wasAbandoned }
    private let lock: FileLock

    private init(folder: String, lock: FileLock) {
        self.folder = folder
        self.lock = lock
    }

    /// Makes this process the owner of a store. The folder is made if it is not there.
    ///
    /// Throws `busy`, with the present owner, when there is one; `readOnly`, `diskFull` or `inputOutput` when the
    /// lock file cannot be written.
    ///
    /// - Parameters:
    ///   - folder: the store.
    ///   - patience: how long an owner that comes or goes at this moment may take to write its name.
    public static func acquire(
        folder: String, patience: Duration = .seconds(1)
    ) throws(StoreError) -> StoreOwner {
        let path = FilePath.join(folder, "owner.lock")
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            do throws(FileError) {
                if !File.isDirectory(folder) { try File.createDirectoryDurably(folder, mode: 0o700) }
                let owner = FileLock.ownerText() + "since \(WallClock.now.iso8601)\n"
                if let lock = try FileLock(path, owner: owner) { return StoreOwner(folder: folder, lock: lock) }
            } catch {
                throw StoreError(error, doing: "become the owner of the store \(folder)")
            }
            let text = FileLock.owner(of: path) ?? ""
            // An owner that comes or goes at this moment has not written its name yet, or has removed it.
            if FileLock.namesLivingProcess(text) || clock.now - start >= patience {
                throw StoreError(
                    .busy, "the store \(folder) is in use by \(describe(text)). Wait for it, or end it.")
            }
            usleep(2000)
        }
    }

    /// Gives the right back. Does nothing the second time.
    public func release() { lock.release() }

    /// The owner in words. The text comes from a file, so nothing of it is taken for granted.
    static func describe(_ text: String?) -> String {
        var fields: [String: String] = [:]
        for line in (text ?? "").split(separator: "\n").prefix(8) {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard let key = parts.first, let value = parts.last, parts.count == 2 else { continue }
            let isPlain = value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            if isPlain, value.utf8.count <= 256 { fields[String(key)] = String(value) }
        }
        guard let pid = fields["pid"] else { return "another process" }
        let since = fields["since"].map { ", since \($0)" } ?? ""
        return "\(fields["command"] ?? "a process") (pid \(pid)\(since))"
    }
}
