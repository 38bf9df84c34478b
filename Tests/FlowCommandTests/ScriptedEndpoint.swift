// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

/// `scripts/scripted_endpoint.py` beside a flow program, ended with the value.
final class ScriptedEndpoint: Sendable {
    let url: String
    private let pid: pid_t
    private let flow: FlowProgram

    /// Where flow's own workflows, agents and scripts lie.
    static let root = FilePath.normalise(FilePath.join(#filePath, "../../.."))

    /// Starts the endpoint with a script: rules as JSON.
    init(_ rules: String = "[]", in flow: FlowProgram) async throws {
        self.flow = flow
        let script = try flow.write("endpoint.json", "{\"rules\": \(rules)}")
        let address = flow.file("endpoint.address")
        let words = [
            "python3", FilePath.join(Self.root, "scripts/scripted_endpoint.py"), script, "--log",
            flow.file("endpoint.log"), "--requests", flow.file("endpoint.requests"),
        ]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, address, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, flow.file("endpoint.errors"), O_WRONLY | O_CREAT, 0o600)
        let variables = ["PATH=\(ProcessEnvironment.get("PATH") ?? "/usr/bin:/bin")", "PYTHONDONTWRITEBYTECODE=1"]
        let argv = words.map { strdup($0) } + [nil]
        let envp = variables.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        try #require(posix_spawnp(&pid, "python3", &actions, nil, argv, envp) == 0)
        self.pid = pid
        let isReady = try await flow.eventually { flow.lines("endpoint.address").first?.hasSuffix("/v1") == true }
        url = flow.lines("endpoint.address").first ?? ""
        try #require(isReady, "\(flow.lines("endpoint.errors"))")
    }

    deinit {
        // It has the signals blocked that the thread that started it has blocked.
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// Variables that send flow's agents here.
    var environment: [String: String] { ["FLOW_MODEL_URL": url, "FLOW_MODEL": "scripted"] }

    /// The log: a line for each request.
    var log: String { flow.lines("endpoint.log").map { $0 + "\n" }.joined() }

    /// Who was asked, in order: the schema of the answer, else the agent.
    var calls: [String] {
        get throws {
            try flow.lines("endpoint.log").map { line in
                let call = try JSONValue.parse(line)
                return call["schema"]?.stringValue ?? call["agent"]?.stringValue ?? "?"
            }
        }
    }

    /// The agents that were asked, in order.
    var agents: [String] {
        get throws {
            try flow.lines("endpoint.log").map { try JSONValue.parse($0)["agent"]?.stringValue ?? "?" }
        }
    }

    /// The last message of a request, counted from 1.
    func prompt(_ call: Int) throws -> String {
        let text = try File.readText(flow.file("endpoint.requests"), limit: 64 << 20)
        let line = try #require(text.split(separator: "\n").dropFirst(call - 1).first)
        return try #require(try JSONValue.parse(String(line))["messages"]?.arrayValue?.last?["content"]?.stringValue)
    }
}

/// Texts that are kept beside the tests.
enum Golden {
    /// Compares a text with the one that is kept; with `FLOW_UPDATE_SNAPSHOTS=1` it is kept as it is now.
    static func check(_ text: String, _ name: String) throws {
        let path = FilePath.join(ScriptedEndpoint.root, "Tests/FlowCommandTests/Goldens/\(name)")
        if ProcessEnvironment.get("FLOW_UPDATE_SNAPSHOTS") == "1" {
            try File.createDirectory(FilePath.dirname(path))
            try File.write(text, to: path)
        }
        let kept = (try? File.readText(path, limit: 1 << 20)) ?? "there is no file \(name)"
        #expect(text == kept, "\(name) differs")
    }
}
