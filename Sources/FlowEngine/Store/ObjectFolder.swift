// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Hashing

/// Contents as files that are named after their digest: `ab/cdef…`. A file that has its name is complete.
struct ObjectFolder: Sendable {
    let path: String

    /// The folders of objects whose names are on the disk.
    private let names = DurableNames()

    init(path: String) { self.path = path }

    private var temporaries: String { FilePath.join(path, "tmp") }

    /// The path that a content has or would have.
    func path(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(path)/\(hex.prefix(2))/\(hex.dropFirst(2))"
    }

    /// Writes a content, unless it is there. When this returns, it is on the disk.
    func write(_ bytes: [UInt8], digest: Digest) throws(FileError) {
        if let size = try? File.size(of: path(of: digest)), size == bytes.count {
            try syncName(of: digest)
            return
        }
        let (writer, temporary) = try temporaryFile(bufferSize: 0)
        do throws(FileError) {
            try writer.write(bytes)
            try writer.sync()
            try writer.close()
            try place(temporary, digest)
        } catch {
            try? File.remove(temporary)
            throw error
        }
    }

    /// Copies a file, unless its content is there. When this returns, the content is on the disk.
    func copy(_ source: String) throws(FileError) -> (digest: Digest, size: Int64) {
        let (writer, temporary) = try temporaryFile()
        do throws(FileError) {
            var hash = SHA256()
            var size: Int64 = 0
            try File.forEachChunk(of: source) { chunk throws(FileError) in
                hash.update(chunk)
                size += Int64(chunk.count)
                try writer.write(chunk)
            }
            let digest = Digest(hash.finish())
            if let present = try? File.size(of: path(of: digest)), present == size {
                try File.remove(temporary)
                try syncName(of: digest)
            } else {
                try writer.sync()
                try writer.close()
                try place(temporary, digest)
            }
            return (digest, size)
        } catch {
            try? File.remove(temporary)
            throw error
        }
    }

    /// Writes a content that comes in pieces, unless it is there. When this returns, it is on the disk.
    ///
    /// - Parameter produce: gives each piece in order; it throws when the pieces are not those of the digest.
    func write<Failure: Error>(
        _ digest: Digest, size: Int64,
        _ produce: ((UnsafeRawBufferPointer) throws(FileError) -> Void) throws(Failure) -> Void
    ) throws {
        if let present = try? File.size(of: path(of: digest)), present == size { return try syncName(of: digest) }
        let (writer, temporary) = try temporaryFile()
        do {
            try produce { piece throws(FileError) in try writer.write(piece) }
            try writer.sync()
            try writer.close()
            try place(temporary, digest)
        } catch {
            try? File.remove(temporary)
            throw error
        }
    }

    /// The digest of a file, read piece by piece.
    static func digest(of path: String) throws(FileError) -> Digest {
        var hash = SHA256()
        try File.forEachChunk(of: path) { chunk throws(FileError) in hash.update(chunk) }
        return Digest(hash.finish())
    }

    /// Removes what writers left that ended in the middle. Files of the last hour may still be in use.
    func removeLeftovers(now: Timestamp) {
        for entry in (try? File.list(temporaries)) ?? [] {
            let file = FilePath.join(temporaries, entry.name)
            guard let changed = try? File.modificationTime(of: file) else { continue }
            if now.milliseconds / 1000 - changed.components.seconds > 3600 { try? File.remove(file) }
        }
    }

    private func place(_ temporary: String, _ digest: Digest) throws(FileError) {
        let target = path(of: digest)
        do throws(FileError) {
            try File.rename(temporary, to: target)
        } catch {
            guard error.isNotFound else { throw error }
            let folder = FilePath.dirname(target)
            // It is new, or was removed when it was empty: what was known of its name does not hold any more.
            names.forget(folder)
            try File.createDirectory(folder)
            try File.rename(temporary, to: target)
        }
        try syncName(of: digest)
    }

    /// Also for a file that is there: whoever gave it its name may have ended before the name was on the disk.
    private func syncName(of digest: Digest) throws(FileError) {
        let folder = FilePath.dirname(path(of: digest))
        try File.syncDirectory(folder)
        guard !names.isDurable(folder) else { return }
        try File.syncDirectory(path)
        names.remember(folder)
    }

    /// A new file with a name of its own, which becomes an object by a rename.
    private func temporaryFile(bufferSize: Int = 64 << 10) throws(FileError) -> (FileWriter, String) {
        let path = FilePath.join(temporaries, String(UInt64.random(in: .min ... .max), radix: 36))
        do throws(FileError) {
            return (try FileWriter(path, bufferSize: bufferSize, mode: 0o444), path)
        } catch {
            guard error.isNotFound else { throw error }
            try File.createDirectory(temporaries)
            return (try FileWriter(path, bufferSize: bufferSize, mode: 0o444), path)
        }
    }
}
