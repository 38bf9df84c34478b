// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Testing

struct FileLockTests {
    @Test func `has one owner at a time`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("lock")
        let lock = try #require(try FileLock(path))
        #expect(try FileLock(path) == nil)
        let owner = try #require(FileLock.owner(of: path))
        #expect(owner.hasPrefix("pid "))
        #expect(!owner.contains("started 0\n"))
        lock.release()
        lock.release()
        #expect(FileLock.owner(of: path) == nil)
        let second = try #require(try FileLock(path, owner: "me"))
        #expect(FileLock.owner(of: path) == "me")
        withExtendedLifetime(second) {}
    }

    @Test func `is given back when the object goes`() throws {
        let folder = try TemporaryDirectory()
        do {
            let lock = try FileLock(folder.file("lock"))
            #expect(lock != nil)
            withExtendedLifetime(lock) {}
        }
        #expect(try FileLock(folder.file("lock")) != nil)
    }

    @Test func `a lock on a removed file does not count`() throws {
        let folder = try TemporaryDirectory()
        let old = try FileLock(folder.file("lock"))
        try File.remove(folder.file("lock"))
        #expect(try FileLock(folder.file("lock")) != nil)
        withExtendedLifetime(old) {}
    }

    @Test func `a missing folder is an error, not an owner`() throws {
        let folder = try TemporaryDirectory()
        #expect(throws: FileError.self) { try FileLock(folder.file("none/lock")) }
    }
}
