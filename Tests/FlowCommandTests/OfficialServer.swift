// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// A server of the official SDK for tools, as a program or at an address of this machine.
final class OfficialServer: Sendable {
    /// How a client reaches it.
    enum Way: String, Sendable, CaseIterable {
        case program, address
    }

    /// The Python that has the SDK, which `scripts/install-test-tools` installs.
    static let python: String? = {
        let home = ProcessEnvironment.get("FLOW_HOME").flatMap { $0.isEmpty ? nil : $0 }
        let tools = FilePath.join(
            home ?? FilePath.join(File.homeDirectory() ?? "/", ".local/share/flow"), "test-tools")
        let versions = (try? File.list(FilePath.join(tools, "lib"))) ?? []
        let hasSDK = versions.contains { File.exists(FilePath.join(tools, "lib/\($0.name)/site-packages/mcp/server")) }
        let python = FilePath.join(tools, "bin/python")
        return hasSDK && File.isExecutable(python) ? python : nil
    }()

    static let skipped = Comment("the SDK is not installed: run scripts/install-test-tools")

    private static let script = FilePath.join(ScriptedEndpoint.root, "Tests/MCPClientTests/Servers/official.py")

    /// What `mcp_servers:` of flow.yaml says of it.
    let entry: String
    private let pid: pid_t
    private let input: Int32

    /// Makes the server ready; one at an address is started, and ends with the value.
    init(_ way: Way, in flow: FlowProgram) async throws {
        let python = try #require(Self.python)
        guard way == .address else {
            entry = "command: [\(python), \(Self.script)]"
            (pid, input) = (0, -1)
            return
        }
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        input = ends[1]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, flow.file("official.port"), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, flow.file("official.errors"), O_WRONLY | O_CREAT, 0o600)
        let words: [String] = [python, Self.script, "http"]
        let argv = words.map { strdup($0) } + [nil]
        let envp = [strdup("PATH=\(ProcessEnvironment.get("PATH") ?? "/usr/bin:/bin")"), nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var child: pid_t = 0
        try #require(posix_spawn(&child, python, &actions, nil, argv, envp) == 0)
        pid = child
        let isReady = try await flow.eventually {
            // The port is told before the server listens on it.
            flow.lines("official.errors").contains { $0.contains("Uvicorn running on") }
        }
        let port = flow.lines("official.port").first ?? ""
        entry = "url: \"http://127.0.0.1:\(port)/mcp\""
        try #require(isReady, "\(flow.lines("official.errors"))")
    }

    deinit {
        guard pid > 0 else { return }
        close(input)
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}
