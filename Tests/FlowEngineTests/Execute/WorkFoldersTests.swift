// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Testing

@testable import FlowEngine

/// Folders of attempts that are handed on.
@Suite struct WorkFoldersTests {
    private func inFolder(_ body: (WorkFolders, (String) -> String) throws -> Void) throws {
        let root = try File.makeTemporaryDirectory(prefix: "work-folders-")
        defer { try? File.removeTree(root) }
        try body(WorkFolders()) { "\(root)/work/\($0)/1" }
    }

    @Test func anEmptyFolderBecomesTheNextNodes() throws {
        try inFolder { folders, path in
            try folders.make(path("a"))
            let inode = try File.status(of: path("a")).inode
            folders.release(path("a"))
            try folders.make(path("b"))
            #expect(try File.status(of: path("b")).inode == inode)
            #expect(!File.exists(FilePath.dirname(path("a"))))
            folders.release(path("b"))
            folders.removeSpares()
            #expect(!File.exists(FilePath.dirname(path("b"))))
        }
    }

    @Test func nothingIsHandedOnWithWhatANodeLeft() throws {
        try inFolder { folders, path in
            try folders.make(path("inside"))
            try File.write("x", to: path("inside") + "/file")
            folders.release(path("inside"))
            #expect(!File.exists(path("inside")))
            try folders.make(path("beside"))
            try File.write("x", to: FilePath.dirname(path("beside")) + "/file")
            folders.release(path("beside"))
            try folders.make(path("closed"))
            try File.setPermissions(0o700, of: path("closed"))
            folders.release(path("closed"))
            try folders.make(path("next"))
            #expect(try File.list(path("next")).isEmpty)
            #expect(try File.list(FilePath.dirname(path("next"))).map(\.name) == ["1"])
            #expect(try File.status(of: path("next")).permissions != 0o700)
        }
    }

    @Test func whatAnEarlierEngineLeftGivesWay() throws {
        try inFolder { folders, path in
            try folders.make(path("a"))
            try File.createDirectory(path("b"))
            try File.write("old", to: path("b") + "/file")
            folders.release(path("a"))
            try folders.make(path("b"))
            #expect(try File.list(path("b")).isEmpty)
            folders.removeSpares()
            #expect(!File.exists(FilePath.dirname(path("a"))))
        }
    }

    @Test func laterAttemptsKeepWhatFailedBeforeThem() throws {
        try inFolder { folders, path in
            try folders.make(path("a"))
            try File.write("why", to: path("a") + "/file")
            let second = FilePath.dirname(path("a")) + "/2"
            try folders.make(second)
            folders.release(second)
            #expect(File.exists(path("a") + "/file"))
            #expect(!File.exists(second))
        }
    }

    @Test func aFolderIsNotHandedOnWhenItsNodeBeginsItsNextAttempt() throws {
        try inFolder { folders, path in
            try folders.make(path("again"))
            folders.release(path("again"))
            let second = FilePath.dirname(path("again")) + "/2"
            try folders.make(second)
            try folders.make(path("b"))
            #expect(File.exists(second))
            #expect(try File.list(FilePath.dirname(path("b"))).map(\.name) == ["1"])
            folders.release(second)
            #expect(!File.exists(FilePath.dirname(second)))
        }
    }

    @Test func aFolderIsNotHandedOnWhenItsNodeBeginsAgain() throws {
        try inFolder { folders, path in
            try folders.make(path("a"))
            try folders.make(path("b"))
            folders.release(path("a"))
            folders.release(path("b"))
            try folders.make(path("a"))
            try File.write("x", to: path("a") + "/file")
            try folders.make(path("c"))
            try folders.make(path("d"))
            #expect(File.exists(path("a") + "/file"))
            #expect(try File.list(path("c")).isEmpty)
        }
    }

    @Test func manyNodesWithSecondAttemptsAtOnceKeepTheirOwn() async throws {
        let root = try File.makeTemporaryDirectory(prefix: "work-folders-")
        defer { try? File.removeTree(root) }
        let folders = WorkFolders()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<500 {
                        for attempt in 1...2 {
                            let path = "\(root)/work/n\(task)-\(number)/\(attempt)"
                            try folders.make(path)
                            try File.write("x", to: path + "/file")
                            try File.remove(path + "/file")
                            folders.release(path)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        folders.removeSpares()
        #expect(try File.list(root + "/work").isEmpty)
    }
}
