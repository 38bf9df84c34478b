// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Testing

@testable import FlowEngine

struct ArtifactFileTests {
    let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    @Test(arguments: [0, 1, 40_000, 600_000])
    func `a file is kept by its content`(size: Int) async throws {
        let store = try folder.open()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let file = folder.directory.file("artifact")
        try File.write(bytes, to: file)
        let (found, foundSize) = try await store.store(file: file)
        #expect(try found == digest(of: bytes))
        #expect(foundSize == Int64(size))
        let path = try #require(store.path(of: found))
        #expect(try File.read(path, limit: 1 << 30) == bytes)
        #expect(try await store.content(found) == bytes)

        // The same content again is the same file.
        let inode = try File.status(of: path).inode
        #expect(try await store.store(file: file).digest == found)
        try await store.commit(StoreBatch(run: "", contents: [(found, bytes)]))
        #expect(try File.status(of: path).inode == inode)
        #expect(try File.list(folder.path + "/objects/tmp").isEmpty)
        await store.close()
        #expect(try await folder.open(.reader).content(found) == bytes)
    }

    @Test func `what is no file is refused`() async throws {
        let store = try folder.open()
        #expect(await codeOfError { _ = try await store.store(file: folder.directory.file("none")) } == .missing)
        #expect(await codeOfError { _ = try await store.store(file: folder.path) } == .inputOutput)
        #expect(await codeOfError { _ = try await store.store(file: "/dev/zero") } == .inputOutput)
        #expect(await codeOfError { _ = try await store.store(file: "a\0b") } == .inputOutput)
        #expect(try File.list(folder.path + "/objects/tmp").isEmpty)
    }

    @Test func `a damaged object of another size is written again`() async throws {
        let store = try folder.open()
        let file = folder.directory.file("artifact")
        try File.write("a text", to: file)
        let (digest, _) = try await store.store(file: file)
        let path = try #require(store.path(of: digest))
        try File.remove(path)
        try File.write("", to: path)
        _ = try await store.store(file: file)
        #expect(try await store.content(digest) == Array("a text".utf8))
    }
}
