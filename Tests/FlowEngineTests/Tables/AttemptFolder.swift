// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Synchronization

/// The folders of one attempt of a node, removed at the end of the test.
final class AttemptFolder: Sendable {
    let path: String
    let processes = ChildProcesses(marker: ChildMarker(name: "FLOW_KIND_TESTS"))
    private let lines = Mutex<[String]>([])

    init() throws {
        path = try File.makeTemporaryDirectory(prefix: "kind-tests-")
        try File.createDirectory(FilePath.join(path, "workflow"))
        try File.createDirectory(attempt)
    }

    deinit {
        try? File.removeTree(path)
    }

    /// The attempt's own folder.
    var attempt: String { FilePath.join(path, "attempt") }

    /// A file beside the workflow.
    func file(_ name: String) -> String { FilePath.join(FilePath.join(path, "workflow"), name) }

    func write(_ text: String, to name: String) throws -> String {
        try File.write(text, to: file(name))
        return file(name)
    }

    /// What nodes said.
    var log: [String] { lines.withLock { $0 } }

    /// Names that an attempt left behind.
    var remains: [String] { ((try? File.list(attempt)) ?? []).map(\.name) }

    /// Runs one attempt.
    func run(_ kind: some NodeKind, _ body: JSONValue, with values: JSONObject = JSONObject()) async -> NodeOutcome {
        let context = NodeContext(
            run: "r1", workflow: "test", node: "n", attempt: 1, definition: NodeDefinition(id: "n", kind: kind.name),
            body: body, with: values, directory: attempt, workflowDirectory: file(""),
            log: { [self] line in lines.withLock { $0.append(line.text) } })
        return await kind.run(context)
    }
}

extension NodeOutcome {
    var result: NodeResult? {
        if case .succeeded(let result) = self { result } else { nil }
    }

    var failure: NodeFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

/// Things of the machine that tests use when they are there.
enum TestMachine {
    /// A file of real data beside the package; nil, with a message, when it is not there.
    static func sharedFile(_ name: String, from source: String = #filePath) -> String? {
        var root = source
        while root != "/", !File.exists(FilePath.join(root, "Package.swift")) { root = FilePath.dirname(root) }
        let folder = ProcessEnvironment.get("FLOW_TEST_DATA") ?? FilePath.join(root, "../shared/data")
        let path = FilePath.normalise(FilePath.join(folder, name))
        if File.exists(path) { return path }
        print("skipped: \(path) is not there")
        return nil
    }

    /// The tools, when the Python environment is installed.
    static func tools() -> ToolPaths? {
        let tools = ToolPaths()
        if tools.hasPython { return tools }
        print("skipped: \(tools.python) is not there: run scripts/install-dependencies")
        return nil
    }
}
