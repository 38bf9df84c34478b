// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// Copies folders so that files with several names stay one file, and so that all is on the disk at the end.
struct TreeCopy {
    private var copies: [StoreCheck.FileIdentity: String] = [:]
    private(set) var files = 0
    private(set) var bytes: Int64 = 0

    /// Says that a file was copied already.
    mutating func note(_ path: String, copiedTo target: String) throws(FileError) {
        let status = try File.status(of: path, followingLinks: false)
        copies[StoreCheck.FileIdentity(device: status.device, inode: status.inode)] = target
    }

    /// Copies a folder with all below it. Files that go away meanwhile, and those of `except`, are left out.
    mutating func copy(_ folder: String, to target: String, except: Set<String> = []) throws(FileError) {
        guard File.isDirectory(folder) else { return }
        try File.createDirectory(target)
        for entry in try File.list(folder) {
            let (source, copy) = (FilePath.join(folder, entry.name), FilePath.join(target, entry.name))
            guard !except.contains(source) else { continue }
            do throws(FileError) {
                switch entry.kind {
                case .directory: try self.copy(source, to: copy, except: except)
                case .file: try copyFile(source, to: copy)
                case .symlink: try File.symlink(try File.linkTarget(of: source), at: copy)
                case .other: break
                }
            } catch {
                // A log or a file of a node that is tried again: nothing that has ended refers to it.
                guard error.isNotFound, !File.exists(source) else { throw error }
            }
        }
        try File.syncDirectory(target)
    }

    private mutating func copyFile(_ source: String, to target: String) throws(FileError) {
        let status = try File.status(of: source, followingLinks: false)
        let identity = StoreCheck.FileIdentity(device: status.device, inode: status.inode)
        if let known = copies[identity] {
            return try File.hardLinkOrCopy(known, to: target)
        }
        let writer = try FileWriter(target, mode: 0o600)
        try File.forEachChunk(of: source) { chunk throws(FileError) in
            bytes += Int64(chunk.count)
            try writer.write(chunk)
        }
        try writer.sync()
        try writer.close()
        try File.setPermissions(status.permissions, of: target)
        files += 1
        if status.linkCount > 1 { copies[identity] = target }
    }
}
