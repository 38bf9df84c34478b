// SPDX-License-Identifier: Apache-2.0
import ChildProcess
import Glibc
import Testing

/// Programs that cannot start are errors that say what to do.
struct SpawnErrorTests {
    let processes = ChildProcesses()

    private func failure(_ command: ChildCommand) async throws -> SpawnError {
        do throws(SpawnError) {
            let result = try await processes.run(command)
            Issue.record("it ran: \(result)")
        } catch {
            return error
        }
        throw Skipped()
    }

    private struct Skipped: Error {}

    @Test func missingProgram() async throws {
        let named = try await failure(ChildCommand(executable: "no-such-thing", environment: ["PATH": "/usr/bin:/bin"]))
        #expect(named.code == ENOENT)
        #expect(
            named.description
                == "cannot start 'no-such-thing': cannot run the program: no such program in PATH '/usr/bin:/bin'"
        )
        let path = try await failure(ChildCommand(executable: "/no/such/thing"))
        #expect(
            path.description == "cannot start '/no/such/thing': cannot run the program: no such file or directory"
        )
        let withoutPath = try await failure(ChildCommand(executable: "true"))
        #expect(withoutPath.code == ENOENT)
    }

    @Test func fileThatIsNotExecutable() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("plain", "#!/bin/sh\n", mode: 0o600)
        let error = try await failure(ChildCommand(executable: file))
        #expect(error.code == EACCES)
        #expect(error.description.hasSuffix("permission denied (is it executable?)"))
        // A file that may not be run does not end the search.
        _ = try folder.write("true", "", mode: 0o600)
        defer { unlink(folder.path + "/true") }
        let command = ChildCommand(executable: "true", environment: ["PATH": folder.path + ":/bin"])
        #expect(try await processes.run(command).isSuccess)
    }

    @Test func directoryAsProgram() async throws {
        let error = try await failure(ChildCommand(executable: "/usr"))
        #expect(error.code == EACCES)
        #expect(error.detail == "it is a directory")
    }

    @Test func scriptsWithoutInterpreter() async throws {
        let folder = try TemporaryFolder()
        let bad = try folder.write("script", "#!/no/such/interpreter\n", mode: 0o700)
        #expect(try await failure(ChildCommand(executable: bad)).detail.contains("interpreter"))
        let bare = try folder.write("bare", "echo hello\n", mode: 0o700)
        #expect(try await failure(ChildCommand(executable: bare)).code == ENOEXEC)
    }

    @Test func missingWorkingDirectory() async throws {
        var command = shell("true")
        command.directory = "/no/such/folder"
        let error = try await failure(command)
        #expect(error.code == ENOENT)
        #expect(error.doing == "enter the working directory '/no/such/folder'")
    }

    @Test func tooLongArgument() async throws {
        let command = ChildCommand(executable: "/bin/true", arguments: [String(repeating: "x", count: 200_000)])
        #expect(try await failure(command).code == E2BIG)
    }

    @Test func bytesThatNoProgramCanGet() async throws {
        #expect(try await failure(ChildCommand(executable: "/bin/true", arguments: ["a\0b"])).code == EINVAL)
        #expect(try await failure(ChildCommand(executable: "/bin/true", environment: ["A": "\0"])).code == EINVAL)
        #expect(try await failure(ChildCommand(executable: "/bin/true", environment: ["A=B": "c"])).code == EINVAL)
        #expect(try await failure(ChildCommand(executable: "")).code == EINVAL)
    }

    @Test func inputAndOutputFiles() async throws {
        var command = shell("true")
        command.input = .file("/no/such/input")
        #expect(try await failure(command).doing == "open its input '/no/such/input'")
        command.input = .file("/usr")
        #expect(try await failure(command).code == EISDIR)
        command.input = .null
        command.errorOutput = .spool(to: "/no/such/folder/err", cap: 10)
        #expect(try await failure(command).doing == "create the file '/no/such/folder/err' for its error output")
    }
}
