// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Glibc
import Testing

struct FileTests {
    let folder: TemporaryDirectory

    init() throws {
        folder = try TemporaryDirectory()
    }

    private func error(_ body: () throws(FileError) -> Void) -> FileError? {
        do throws(FileError) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    @Test func `reads what was written and added`() throws {
        let path = folder.file("a")
        try File.write("one", to: path)
        try File.append(" two", to: path)
        #expect(try File.readText(path, limit: 7) == "one two")
        try File.write([1, 2], to: path)
        #expect(try File.read(path, limit: 2) == [1, 2])
        #expect(try File.size(of: path) == 2)
        #expect(try File.modificationTime(of: path) > .seconds(1_700_000_000))
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 70_000, 300_000])
    func `reads every size, up to the limit and no further`(size: Int) throws {
        let path = folder.file("a")
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try File.write(content, to: path)
        #expect(try File.read(path, limit: size) == content)
        #expect(try File.read(path, limit: .max) == content)
        if size > 0 {
            #expect(error { () throws(FileError) in _ = try File.read(path, limit: size - 1) }?.isTooLarge == true)
        }
    }

    @Test func `a file without a size of its own keeps to the limit too`() throws {
        #expect(try !File.read("/proc/self/stat", limit: 4096).isEmpty)
        #expect(error { () throws(FileError) in _ = try File.read("/proc/self/stat", limit: 3) }?.isTooLarge == true)
    }

    @Test func `says what failed`() throws {
        let path = folder.file("none/x")
        let failure = try #require(error { () throws(FileError) in _ = try File.read(path, limit: 1) })
        #expect(failure.isNotFound)
        #expect(failure.description == "cannot open '\(path)': No such file or directory")
        #expect(error { () throws(FileError) in _ = try File.read(folder.path, limit: 1) }?.code == EISDIR)
        try File.write([0xFF], to: folder.file("bytes"))
        #expect(
            error { () throws(FileError) in _ = try File.readText(folder.file("bytes"), limit: 1) }?.isInvalidText
                == true)
    }

    @Test func `refuses a pipe at once, and a path with a NUL`() throws {
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        #expect(error { () throws(FileError) in _ = try File.read(folder.file("pipe"), limit: 9) }?.code == EINVAL)
        #expect(File.kind(of: folder.file("pipe")) == .other)
        #expect(error { () throws(FileError) in try File.write("x", to: folder.file("a\0b")) }?.code == EINVAL)
        #expect(!File.exists(folder.path + "\0/x"))
        #expect(try folder.names() == ["pipe"])
    }

    @Test func `writes durably, or leaves everything as it was`() throws {
        let path = folder.file("a")
        try File.writeDurably("old", to: path)
        try File.writeDurably("new", to: path, mode: 0o600)
        #expect(try File.readText(path, limit: 9) == "new")
        #expect(try File.status(of: path).permissions == 0o600)
        try File.createDirectory(folder.file("b/c"))
        // A directory that is not empty cannot be replaced: the rename fails after the temporary file is there.
        let failure = error { () throws(FileError) in try File.writeDurably("x", to: folder.file("b")) }
        #expect(failure?.operation == "rename")
        #expect(failure?.path == folder.file("b"))
        #expect(try folder.names() == ["a", "b"])
    }

    @Test func `a full disk is told as such`() {
        #expect(error { () throws(FileError) in try File.write("x", to: "/dev/full") }?.isNoSpace == true)
    }

    @Test func `makes directories, also those above`() throws {
        try File.createDirectory(folder.file("a/b/c"))
        try File.createDirectory(folder.file("a/b/c"))
        #expect(File.isDirectory(folder.file("a/b/c")))
        #expect(
            error { () throws(FileError) in try File.createDirectory(folder.file("a"), intermediates: false) }?.code
                == EEXIST)
        try File.write("", to: folder.file("f"))
        #expect(error { () throws(FileError) in try File.createDirectory(folder.file("f/x")) }?.code == ENOTDIR)
        #expect(error { () throws(FileError) in try File.createDirectory(folder.file("f")) }?.code == ENOTDIR)
        #expect(error { () throws(FileError) in try File.createDirectory("") }?.code == ENOENT)
    }

    @Test func `lists sorted, with kinds`() throws {
        try File.write("", to: folder.file("b"))
        try File.createDirectory(folder.file("a"))
        try File.symlink("nowhere", at: folder.file("ä"))
        #expect(
            try File.list(folder.path) == [
                DirectoryEntry(name: "a", kind: .directory), DirectoryEntry(name: "b", kind: .file),
                DirectoryEntry(name: "ä", kind: .symlink),
            ])
        #expect(try File.linkTarget(of: folder.file("ä")) == "nowhere")
        #expect(!File.exists(folder.file("ä")))
        #expect(File.kind(of: folder.file("ä")) == .symlink)
    }

    @Test func `removes a tree but follows no link`() throws {
        try File.createDirectory(folder.file("keep"))
        try File.write("x", to: folder.file("keep/file"))
        for branch in ["t/a/b", "t/a/c/d", "t/e"] {
            try File.createDirectory(folder.file(branch))
            try File.write("x", to: folder.file(branch + "/file"))
            try File.symlink(folder.file("keep"), at: folder.file(branch + "/link"))
        }
        try File.removeTree(folder.file("t"))
        try File.removeTree(folder.file("t"))
        #expect(try folder.names() == ["keep"])
        #expect(File.exists(folder.file("keep/file")))
        try File.symlink(folder.file("keep"), at: folder.file("link"))
        try File.removeTree(folder.file("link"))
        #expect(File.exists(folder.file("keep/file")))
    }

    @Test func `removes a tree deeper than a path can be long`() throws {
        // Built from the inside out: each round moves the tree so far below a new directory.
        let name = String(repeating: "d", count: 100)
        try File.createDirectory(folder.file(name))
        for _ in 0..<100 {
            try File.createDirectory(folder.file("next"))
            try File.rename(folder.file(name), to: folder.file("next/" + name))
            try File.rename(folder.file("next"), to: folder.file(name))
        }
        try File.removeTree(folder.file(name))
        #expect(try folder.names().isEmpty)
    }

    @Test func `copies and links`() throws {
        let content = [UInt8](repeating: 7, count: 600_000)
        try File.write(content, to: folder.file("a"), mode: 0o640)
        try File.copy(folder.file("a"), to: folder.file("b"))
        #expect(try File.read(folder.file("b"), limit: .max) == content)
        #expect(try File.status(of: folder.file("b")).permissions == 0o640)
        #expect(
            error { () throws(FileError) in try File.copy(folder.file("a"), to: folder.file("b")) }?.isExisting
                == true)
        try File.write("short", to: folder.file("c"))
        try File.copy(folder.file("c"), to: folder.file("b"), replacing: true)
        #expect(try File.readText(folder.file("b"), limit: 9) == "short")
        try File.copy(folder.file("c"), to: folder.file("c"), replacing: true)
        #expect(try File.readText(folder.file("c"), limit: 9) == "short")
        try File.hardLinkOrCopy(folder.file("a"), to: folder.file("d"))
        #expect(try File.read(folder.file("d"), limit: .max) == content)
        #expect(try File.realPath(folder.file("./d")) == File.realPath(folder.path) + "/d")
        #expect(try File.freeSpace(at: folder.path) > 0)
    }

    @Test func `knows where it is`() throws {
        #expect(FilePath.isAbsolute(try File.currentDirectory()))
        #expect(File.homeDirectory() != nil)
        #expect(ProcessEnvironment.get("PATH") == ProcessEnvironment.all()["PATH"])
        #expect(ProcessEnvironment.get("PATH") != nil)
        #expect(ProcessEnvironment.get("no such variable") == nil)
        #expect(ProcessEnvironment.get("PATH\0x") == nil)
    }
}
