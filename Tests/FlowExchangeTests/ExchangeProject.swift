// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange
import FlowTesting
import Testing

/// A folder with imported workflows, and an engine that runs them.
final class ExchangeProject: Sendable {
    private let temporary: TemporaryDirectory
    private let environment: [String: String]

    init() throws {
        temporary = try TemporaryDirectory()
        environment = [
            "PATH": ProcessEnvironment.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin", "HOME": temporary.path,
        ]
    }

    func file(_ name: String) -> String { temporary.file(name) }

    /// Writes an import's files, as `flow import -o` does, and compiles the workflow with its agents.
    func compile(_ result: ImportResult, as name: String = "imported.yaml") throws -> LoadedWorkflow {
        let text = try #require(result.text, "\(Self.text(result))")
        try File.write(text, to: file(name))
        for extra in result.files {
            try File.createDirectory(FilePath.dirname(file(extra.path)))
            try File.write(extra.text, to: file(extra.path))
        }
        return try load(name)
    }

    func load(_ name: String) throws -> LoadedWorkflow {
        let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: environment))
        let workflow = try loader.load(file(name), agentFolders: [file("agents")])
        let faults = workflow.compilation.diagnostics + workflow.agentProblems.flatMap(\.diagnostics)
        let errors = DiagnosticPrinter(.concise).text(
            faults.filter { $0.severity == .error }, in: workflow.compilation.sources)
        try #require(errors.isEmpty, "\(errors)")
        return workflow
    }

    /// Runs a workflow to its end and gives its status and those of its nodes.
    func run(
        _ workflow: LoadedWorkflow, inputs: JSONValue = .object(JSONObject())
    ) async throws -> (status: RunStatus, nodes: [String: NodeStatus]) {
        let engine = try await Engine.open(
            EngineConfiguration(folder: file(".flow"), slots: 8, environment: environment, name: "test"))
        do {
            let definition = try #require(workflow.compilation.definition)
            let binding = InputBinder(inputs: definition.inputs).bind(inputs.objectValue ?? JSONObject())
            let values = try #require(binding.values, "\(binding.problems)")
            let id = try await engine.start(workflow, inputs: values, options: RunOptions(approval: .none))
            let status = try await engine.end(of: id).status
            let reader = RunReader(
                store: try SQLiteRunStore(folder: file(".flow"), mode: .reader),
                layout: RunLayout(folder: file(".flow")))
            var nodes: [String: NodeStatus] = [:]
            for node in try await reader.nodes(of: id) { nodes[node.node] = node.status }
            await engine.close()
            return (status, nodes)
        } catch {
            await engine.close()
            throw error
        }
    }

    /// The diagnostics of an import as lines.
    static func text(_ result: ImportResult) -> String {
        DiagnosticPrinter(.concise).text(result.diagnostics, in: result.sources)
    }
}

/// The sources that tests import, and the texts that they expect.
enum ExchangeFixture {
    static let folder = FilePath.join(FilePath.dirname(#filePath), "Fixtures")

    /// The names of the files in a folder of fixtures, without those that are expected.
    static func names(_ part: String) -> [String] {
        ((try? File.list(FilePath.join(folder, part))) ?? []).map(\.name)
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") || $0.hasSuffix(".json") }.sorted()
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        try File.read(FilePath.join(folder, path), limit: 1 << 20)
    }

    static func read(
        _ path: String, format: ForeignFormat? = nil, bodies: ImportedBodies = .standard
    ) throws -> ImportResult {
        WorkflowImporter.read(try bytes(path), name: path, format: format, bodies: bodies)
    }

    /// Compares a text with the one that is kept; with `FLOW_UPDATE_SNAPSHOTS=1` it is kept as it is now.
    static func expect(_ text: String, isKeptIn path: String, _ location: SourceLocation = #_sourceLocation) throws {
        let path = FilePath.join(FilePath.join(folder, "expected"), path)
        if ProcessEnvironment.get("FLOW_UPDATE_SNAPSHOTS") == "1" {
            try File.createDirectory(FilePath.dirname(path))
            try File.write(text, to: path)
        }
        let kept = (try? File.readText(path, limit: 1 << 22)) ?? ""
        #expect(text == kept, "\(path) differs", sourceLocation: location)
    }

    /// A file of real data beside the package; nil, with a message, when it is not there.
    static func shared(_ name: String) -> String? {
        var root = folder
        while root != "/", !File.exists(FilePath.join(root, "Package.swift")) { root = FilePath.dirname(root) }
        let data = ProcessEnvironment.get("FLOW_TEST_DATA") ?? FilePath.join(root, "../shared/data")
        let path = FilePath.normalise(FilePath.join(data, name))
        if File.exists(path) { return path }
        print("skipped: \(path) is not there")
        return nil
    }
}
