// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Glibc
import Testing

struct FileWriterTests {
    @Test func `adds in order through its buffer`() throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("log")
        try File.write("0\n", to: path)
        let writer = try FileWriter(path, bufferSize: 10)
        var expected = "0\n"
        for number in 1...50 {
            try writer.write("\(number)\n")
            expected += "\(number)\n"
        }
        try writer.write(Array("end".utf8))
        try writer.sync()
        #expect(try File.readText(path, limit: 1000) == expected + "end")
        try writer.close()
        try writer.close()
        #expect(throws: FileError(operation: "write", path: path, code: EBADF)) { try writer.write("x") }
    }

    @Test func `writes out the rest when it goes`() throws {
        let folder = try TemporaryDirectory()
        try File.write("old", to: folder.file("log"))
        do {
            let writer = try FileWriter(folder.file("log"), truncating: true)
            try writer.write("rest")
        }
        #expect(try File.readText(folder.file("log"), limit: 10) == "rest")
    }

    @Test func `tells of a full disk`() throws {
        let writer = try FileWriter("/dev/full")
        try writer.write("x")
        #expect(throws: FileError(operation: "write", path: "/dev/full", code: ENOSPC)) { try writer.flush() }
        #expect(throws: FileError.self) { try writer.close() }
    }
}
