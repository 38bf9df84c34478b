// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Testing

struct DirectoryWatchTests {
    @Test func `sees what changed since it was made`() throws {
        let folder = try TemporaryDirectory()
        let watch = try DirectoryWatch(folder.path)
        #expect(!watch.wait(timeoutMilliseconds: 0))
        try File.write("x", to: folder.file("a"))
        #expect(watch.wait(timeoutMilliseconds: 5000))
        #expect(!watch.wait(timeoutMilliseconds: 0))
        try File.rename(folder.file("a"), to: folder.file("b"))
        #expect(watch.wait(timeoutMilliseconds: -1))
    }

    @Test func `can be woken before and during a wait`() async throws {
        let folder = try TemporaryDirectory()
        let watch = try DirectoryWatch(folder.path)
        watch.wake()
        #expect(!watch.wait(timeoutMilliseconds: -1))
        async let woken = watch.wait(timeoutMilliseconds: -1)
        watch.wake()
        #expect(await !woken)
        #expect(!watch.wait(timeoutMilliseconds: 0))
    }

    @Test func `refuses what is no folder`() throws {
        let folder = try TemporaryDirectory()
        #expect(throws: FileError.self) { try DirectoryWatch(folder.file("none")) }
        try File.write("x", to: folder.file("a"))
        #expect(throws: FileError.self) { try DirectoryWatch(folder.file("a")) }
    }
}
