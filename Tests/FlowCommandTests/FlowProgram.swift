// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// The built program in a folder of its own, which is removed with the value.
final class FlowProgram: Sendable {
    let folder: String

    init() throws { folder = try File.makeTemporaryDirectory(prefix: "flow-command-tests-") }

    deinit { try? File.removeTree(folder) }

    /// The program beside the test bundle, or another one that `FLOW_PROGRAM` names: so a release build is tested.
    static let path: String = {
        if let other = ProcessEnvironment.get("FLOW_PROGRAM") { return other }
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? CommandLine.arguments[0]
        var folder = FilePath.dirname(bundle.split(separator: "=").last.map(String.init) ?? bundle)
        // Inside a bundle that is a folder the program lies further up.
        while !File.exists(FilePath.join(folder, "flow")), folder != "/", folder != "." {
            folder = FilePath.dirname(folder)
        }
        return FilePath.join(folder, "flow")
    }()

    func file(_ name: String) -> String { FilePath.join(folder, name) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let path = file(name)
        try File.createDirectory(FilePath.dirname(path))
        try File.write(text, to: path)
        return path
    }

    /// The lines of a file; none if it is not there.
    func lines(_ name: String) -> [String] {
        let text = (try? File.readText(file(name), limit: 1 << 20)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Starts the program. `wrapper` is a shell text that ends in running `"$@"`.
    func start(
        _ arguments: [String], input: String = "", environment: [String: String] = [:],
        wrapper: String = #"exec "$@""#
    ) throws -> RunningFlow {
        let number = UInt32.random(in: 0 ... .max)
        let streams = ["in", "out", "err"].map { file(".\($0)-\(number)") }
        try File.write(input, to: streams[0])
        var variables = [
            "PATH": ProcessEnvironment.get("PATH") ?? "/usr/bin:/bin", "HOME": folder, "USER": "tester",
            "FLOW_HOME": file("home"),
        ]
        // What the sanitizers are told, which would otherwise end here (scripts/sanitize).
        for name in ["ASAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD"] { variables[name] = ProcessEnvironment.get(name) }
        variables.merge(environment) { _, new in new }
        let script = "cd \"$1\" && shift && \(wrapper)"
        let words = ["/bin/sh", "-c", script, "sh", folder, Self.path] + arguments
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, streams[0], O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, streams[1], O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, streams[2], O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var pid: pid_t = 0
        let argv = words.map { strdup($0) } + [nil]
        let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        try #require(posix_spawn(&pid, "/bin/sh", &actions, nil, argv, envp) == 0)
        return RunningFlow(pid: pid, output: streams[1], errorOutput: streams[2])
    }

    /// Runs the program to its end.
    func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:],
        wrapper: String = #"exec "$@""#
    ) async throws -> FinishedFlow {
        try await start(arguments, input: input, environment: environment, wrapper: wrapper).end()
    }

    /// Waits until a condition holds; false when it does not within two minutes.
    func eventually(_ holds: () throws -> Bool) async throws -> Bool {
        for _ in 0..<12_000 {
            if try holds() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

/// A program that runs.
struct RunningFlow: Sendable {
    let pid: pid_t
    let output: String
    let errorOutput: String

    func signal(_ signal: Int32) { kill(pid, signal) }

    var errorText: String { (try? File.readText(errorOutput, limit: 64 << 20)) ?? "" }
    var outputText: String { (try? File.readText(output, limit: 64 << 20)) ?? "" }

    /// How many times longer a program may take than usual, where it is watched (scripts/sanitize).
    private static let patience = ProcessEnvironment.get("FLOW_TEST_PATIENCE").flatMap { Int($0) } ?? 1

    /// Waits for the end, at most three minutes, or as many as are given: it is to end a test that hangs, not to measure, and
    /// other programs may be busy on the machine.
    func end(minutes: Int = 3) async throws -> FinishedFlow {
        for _ in 0..<12_000 * minutes * Self.patience {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                let signal = status & 0x7F
                let code = signal == 0 ? (status >> 8) & 0xFF : -signal
                return FinishedFlow(code: code, output: outputText, errorOutput: errorText)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        kill(pid, SIGKILL)
        throw TestTimeout(errorOutput: errorText)
    }
}

struct TestTimeout: Error {
    var errorOutput: String
}

/// How a program ended: its code, or the negative number of a signal.
struct FinishedFlow: Sendable {
    var code: Int32
    var output: String
    var errorOutput: String

    /// The id of the run that was started.
    var run: String {
        get throws {
            let line = try #require(errorOutput.split(separator: "\n").first { $0.hasPrefix("run ") }, "\(errorOutput)")
            return String(line.split(separator: " ")[1])
        }
    }

    /// The standard output as lines of JSON; fails when anything else stands there.
    var json: [JSONValue] {
        get throws {
            try output.split(separator: "\n").map { line in
                let value = try JSONValue.parse(Array(line.utf8))
                #expect(value["schemaVersion"] == 1, "\(line)")
                return value
            }
        }
    }

    /// The only JSON object of the standard output.
    var object: JSONValue {
        get throws {
            let values = try json
            try #require(values.count == 1, "\(output)")
            return values[0]
        }
    }
}
