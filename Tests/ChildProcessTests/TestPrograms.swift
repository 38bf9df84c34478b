// SPDX-License-Identifier: Apache-2.0
import ChildProcess
import Glibc
import Testing

/// A shell script as a child with both streams in memory.
func shell(_ script: String, cap: Int = 1 << 20) -> ChildCommand {
    ChildCommand(
        executable: "sh",
        arguments: ["-c", script],
        environment: ["PATH": "/usr/bin:/bin"],
        output: .collect(cap),
        errorOutput: .collect(cap)
    )
}

/// A folder of its own that goes away with the value.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/child-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        path = String(cString: made)
    }

    deinit {
        for name in ["out", "err", "script", "plain", "bare"] { unlink(path + "/" + name) }
        rmdir(path)
    }

    func write(_ name: String, _ text: String, mode: mode_t) throws -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, mode)
        try #require(descriptor >= 0)
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        return file
    }

    func size(of name: String) -> Int {
        var status = stat()
        return stat(path + "/" + name, &status) == 0 ? Int(status.st_size) : -1
    }
}

/// Whether a process is there, zombies included.
func exists(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

/// The last number that a child printed.
func number(_ output: ChildResult.Output) throws -> Int32 {
    let words = String(decoding: output.collected, as: UTF8.self).split { $0 == "\n" || $0 == " " }
    return try #require(words.last.flatMap { Int32($0) })
}
