// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// Where a command works: the store's folder and the catalog.
struct Workplace {
    var storeFolder: String
    var workflowFolders: [String]
    var environment: [String: String]

    init(_ invocation: Invocation) throws {
        environment = ProcessEnvironment.all()
        let here = try File.currentDirectory()
        storeFolder = Self.storeFolder(invocation, here: here, environment: environment)
        var folders = [FilePath.join(here, "workflows"), FilePath.join(here, "workflows/examples")]
        folders += (environment["FLOW_WORKFLOWS"] ?? "").split(separator: ":").map { FilePath.join(here, String($0)) }
        for root in Self.installedRoots() {
            folders += [FilePath.join(root, "workflows"), FilePath.join(root, "workflows/examples")]
        }
        var seen: Set<String> = []
        workflowFolders = folders.filter { File.isDirectory($0) && seen.insert($0).inserted }
    }

    private static func storeFolder(
        _ invocation: Invocation, here: String, environment: [String: String]
    ) -> String {
        if let given = invocation.value("store") ?? environment["FLOW_STORE_DIR"], !given.isEmpty {
            return FilePath.join(here, given)
        }
        var folder = here
        while true {
            let candidate = FilePath.join(folder, ".flow")
            if File.isDirectory(candidate) { return candidate }
            let parent = FilePath.dirname(folder)
            if parent == folder || folder == "/" { return FilePath.join(here, ".flow") }
            folder = parent
        }
    }

    /// Where the workflows that come with flow lie: `share/flow` beside the program, or the package when the program
    /// runs from its build folder.
    private static func installedRoots() -> [String] {
        guard let program = try? File.realPath("/proc/self/exe") else { return [] }
        var roots = [FilePath.normalise(FilePath.join(FilePath.dirname(program), "../share/flow"))]
        if let range = program.range(of: "/.build/") { roots.append(String(program[..<range])) }
        return roots
    }

    /// The file of a workflow given by a path or by its name in the catalog.
    func workflowFile(_ text: String) throws(CommandFailure) -> String {
        if text.contains("/") || text.hasSuffix(".yaml") || text.hasSuffix(".yml") {
            guard File.exists(text) else { throw CommandFailure(.badInput, "there is no file `\(text)`") }
            return text
        }
        for folder in workflowFolders {
            for suffix in [".yaml", ".yml"] {
                let path = FilePath.join(folder, text + suffix)
                if File.exists(path) { return path }
            }
        }
        let names = catalog().map(\.name)
        let near = Spelling.nearest(to: text, among: names)
        throw CommandFailure(
            .badInput, "there is no workflow `\(text)` in the catalog",
            help: near.map { ["did you mean `\($0)`?"] } ?? ["`flow modes` lists them; a path works too"])
    }

    /// The workflows of the catalog, by name.
    func catalog() -> [(name: String, path: String)] {
        var found: [String: String] = [:]
        for folder in workflowFolders {
            for entry in (try? File.list(folder)) ?? [] where entry.kind == .file {
                guard entry.name.hasSuffix(".yaml") || entry.name.hasSuffix(".yml") else { continue }
                let name = String(entry.name.prefix { $0 != "." })
                if found[name] == nil { found[name] = FilePath.join(folder, entry.name) }
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Where the agents of a workflow are looked for.
    func agentFolders(for workflow: String) -> [String] {
        let folder = FilePath.dirname(workflow)
        var folders = ["agents", "../agents", "../../agents"].map { FilePath.normalise(FilePath.join(folder, $0)) }
        folders.append("agents")
        folders += Self.installedRoots().map { FilePath.join($0, "agents") }
        return folders.filter { File.isDirectory($0) }
    }

    /// Reads and compiles a workflow; `-` is the standard input.
    func load(_ text: String) throws -> LoadedWorkflow {
        let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: environment))
        if text == "-" {
            let bytes = try StandardStream.input.readAll(limit: 64 << 20)
            let here = try File.currentDirectory()
            let source = WorkflowSource(
                name: "<stdin>", bytes: bytes, directory: here, readFile: { try? File.read($0, limit: 64 << 20) })
            return loader.load(source, entry: "stdin.yaml", agentFolders: agentFolders(for: "./x"))
        }
        let path = try workflowFile(text)
        return try loader.load(path, agentFolders: agentFolders(for: path))
    }

    /// The engine over this place's store.
    func openEngine() async throws -> Engine {
        try await Engine.open(
            EngineConfiguration(
                folder: storeFolder, slots: 8, environment: environment, name: "flow \(Flow.version)",
                guardianArguments: []))
    }

    /// A reader of this place's store; the store must exist.
    func openReader() throws -> RunReader {
        guard File.exists(FilePath.join(storeFolder, "flow.db")) else {
            throw CommandFailure(
                .badInput, "there are no runs yet in \(storeFolder)", help: ["start one: `flow run hello`"])
        }
        do throws(StoreError) {
            return RunReader(
                store: try SQLiteRunStore(folder: storeFolder, mode: .reader), layout: RunLayout(folder: storeFolder))
        } catch {
            throw EngineError(error)
        }
    }
}
