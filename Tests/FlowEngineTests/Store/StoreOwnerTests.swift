// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowTesting
import Glibc
import Testing

struct StoreOwnerTests {
    let folder: StoreFolder

    init() throws { folder = try StoreFolder() }

    @Test func `a store has one owner`() throws {
        let owner = try StoreOwner.acquire(folder: folder.path)
        let error = #expect(throws: StoreError.self) { _ = try StoreOwner.acquire(folder: folder.path) }
        #expect(error?.code == .busy)
        let text = try #require(error?.description)
        #expect(text.hasPrefix("the store \(folder.path) is in use by "))
        #expect(text.contains("(pid \(getpid()), since 20"))
        owner.release()
        owner.release()
        let next = try StoreOwner.acquire(folder: folder.path)
        #expect(next.folder == folder.path)
    }

    @Test func `an owner that goes gives the store back`() throws {
        do { _ = try StoreOwner.acquire(folder: folder.path) }
        _ = try StoreOwner.acquire(folder: folder.path)
    }

    @Test(arguments: ["", "\u{1B}[31m", "pid", "pid 1\u{7}\n", String(repeating: "x", count: 70_000)])
    func `the text of an owner is not trusted`(text: String) throws {
        try File.createDirectory(folder.path)
        let lock = try #require(try FileLock(folder.path + "/owner.lock", owner: text))
        let error = #expect(throws: StoreError.self) {
            _ = try StoreOwner.acquire(folder: folder.path, patience: .zero)
        }
        #expect(
            error?.description
                == "the store \(folder.path) is in use by another process. Wait for it, or end it.")
        lock.release()
    }

    @Test(arguments: ["", "pid 1\nstarted 1\ncommand dead\n"])
    func `an owner that has not written its name yet is waited for`(former: String) async throws {
        try File.createDirectory(folder.path)
        let path = folder.path + "/owner.lock"
        let lock = try #require(try FileLock(path, owner: former))
        let folder = folder.path
        let asking = Task.detached {
            #expect(throws: StoreError.self) { _ = try StoreOwner.acquire(folder: folder, patience: .seconds(60)) }
        }
        try await Task.sleep(for: .milliseconds(20))
        try File.write(FileLock.ownerText(), to: path)
        #expect(await asking.value?.description.contains("(pid \(getpid()))") == true)
        lock.release()
    }

    @Test func `a folder that cannot be made is told`() throws {
        let error = #expect(throws: StoreError.self) { _ = try StoreOwner.acquire(folder: "/sys/kernel/.flow") }
        #expect(error?.code == .readOnly)
    }
}
