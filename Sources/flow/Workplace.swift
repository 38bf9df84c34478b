// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc

/// Where a command works: the store's folder and the catalog.
struct Workplace {
    var storeFolder: String
    var workflowFolders: [String]
    var environment: [String: String]
    /// ` --store DIR` where the person gave it, for the command lines that are suggested.
    var storeOption: String

    init(_ invocation: Invocation) throws {
        environment = ProcessEnvironment.all()
        let here = try File.currentDirectory()
        storeOption = invocation.value("store").map { " --store \(ShellWord.quoted($0))" } ?? ""
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
        if let range = program.firstRange(of: "/.build/") { roots.append(String(program[..<range.lowerBound])) }
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
                if File.exists(path) { return shortened(path) }
            }
        }
        let names = catalog().map(\.name)
        let near = Spelling.nearest(to: text, among: names)
        throw CommandFailure(
            .badInput, "there is no workflow `\(text)` in the catalog",
            help: near.map { ["did you mean `\($0)`?"] } ?? ["`flow modes` lists them; a path works too"])
    }

    /// A path as people would write it from here.
    func shortened(_ path: String) -> String {
        guard let here = try? File.currentDirectory(), here != "/", path.hasPrefix(here + "/") else { return path }
        return String(path.dropFirst(here.count + 1))
    }

    /// The workflows of the catalog, by name.
    func catalog() -> [(name: String, path: String)] {
        var found: [String: String] = [:]
        for folder in workflowFolders {
            for entry in (try? File.list(folder)) ?? [] where entry.kind == .file {
                guard entry.name.hasSuffix(".yaml") || entry.name.hasSuffix(".yml") else { continue }
                let name = String(entry.name.prefix { $0 != "." })
                if found[name] == nil { found[name] = shortened(FilePath.join(folder, entry.name)) }
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Where the agents of a workflow are looked for.
    func agentFolders(for workflow: String) -> [String] {
        let folder = FilePath.dirname(workflow)
        var folders = ["agents", "../agents", "../../agents"].map { FilePath.normalise(FilePath.join(folder, $0)) }
        folders.append("agents")
        folders.append(userAgents)
        folders += Self.installedRoots().map { FilePath.join($0, "agents") }
        return folders.filter { File.isDirectory($0) }
    }

    /// The user's own agents, for all projects.
    private var userAgents: String {
        if let home = environment["FLOW_HOME"], home.hasPrefix("/") { return FilePath.join(home, "agents") }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? File.homeDirectory() ?? "/"
        return FilePath.join(home, ".local/share/flow/agents")
    }

    /// Where the registry reads agents, the folder that goes before first.
    var registryFolders: [AgentRegistry.Folder] {
        let installed = Self.installedRoots().map { AgentRegistry.Folder(FilePath.join($0, "agents"), .builtin) }
        var folders = [AgentRegistry.Folder("agents", .project), AgentRegistry.Folder(userAgents, .user)] + installed
        // In flow's own sources both are one folder.
        let own = (try? File.realPath("agents")).flatMap { here in
            installed.contains { (try? File.realPath($0.path)) == here } ? here : nil
        }
        if own != nil { folders.removeFirst() }
        return folders.filter { File.isDirectory($0.path) }
    }

    /// The kinds of nodes, for compiling.
    var kindsForCompiling: [any NodeKind] {
        BuiltinKinds.forCompiling(environment: environment, folders: engineFolders)
    }

    /// Where external engines are looked for in `engines/`: here, and in the folder that holds the store.
    var engineFolders: [String] { [(try? File.currentDirectory()) ?? "/", FilePath.dirname(storeFolder)] }

    /// Reads and compiles workflows; nothing else is started by it.
    var loader: WorkflowLoader { WorkflowLoader(kinds: kindsForCompiling) }

    /// Reads and compiles a workflow; `-` is the standard input.
    func load(_ text: String) throws -> LoadedWorkflow {
        if text == "-" { return load(try StandardStream.input.readAll(limit: 64 << 20), from: "-") }
        let path = try workflowFile(text)
        let folders = agentFolders(for: path)
        return try loader(checking: folders).load(path, agentFolders: folders)
    }

    /// Reads and compiles a workflow of the catalog for a list: the project's agents that it does not use are not checked.
    func loadForList(_ path: String) throws(FileError) -> LoadedWorkflow {
        try loader.load(path, agentFolders: agentFolders(for: path))
    }

    /// Compiles a text as if it were what the file `path` holds, or the standard input for `-`.
    func load(_ bytes: [UInt8], from path: String) -> LoadedWorkflow {
        let isInput = path == "-"
        let folder = isInput ? (try? File.currentDirectory()) ?? "." : FilePath.dirname(path)
        let source = WorkflowSource(
            name: isInput ? "<stdin>" : path, bytes: bytes, directory: folder,
            readFile: { try? File.read($0, limit: 64 << 20) })
        let folders = agentFolders(for: isInput ? "./x" : path)
        return loader(checking: folders)
            .load(source, entry: isInput ? "stdin.yaml" : FilePath.basename(path), agentFolders: folders)
    }

    /// A loader that checks all agents of the project. Those that come with flow are checked when they are used.
    private func loader(checking folders: [String]) -> WorkflowLoader {
        let installed = Set(Self.installedRoots().compactMap { try? File.realPath(FilePath.join($0, "agents")) })
        var loader = loader
        loader.checkedFolders = Set(folders.filter { (try? File.realPath($0)).map { !installed.contains($0) } ?? true })
        return loader
    }

    /// What the settings of this project and of its user say.
    func settings() throws -> LoadedSettings {
        SettingsFiles.load(from: try File.currentDirectory(), environment: environment)
    }

    /// Refuses to begin work while the settings have faults: they are shown.
    func requireSoundSettings() throws {
        guard try ModelCheckCommandLine.report(settings()) else {
            throw CommandFailure(
                .configuration, "the settings have faults", help: ["`flow model check` shows what they say"])
        }
    }

    /// The engine over this place's store. In the foreground it waits for room when the disk is full, and says so.
    func openEngine(_ foreground: Foreground? = nil) async throws(EngineError) -> Engine {
        // By these a node's program can ask about the run that it is a part of: "$FLOW_PROGRAM" cost "$FLOW_RUN_ID".
        var variables = environment
        variables["FLOW_PROGRAM"] = try? File.realPath("/proc/self/exe")
        variables["FLOW_STORE_DIR"] = storeFolder
        var configuration = EngineConfiguration(
            folder: storeFolder, slots: 8, environment: variables, name: "flow \(Flow.version)",
            guardianArguments: [])
        configuration.settingsFolder = try? File.currentDirectory()
        configuration.engineFolders = engineFolders
        configuration.diskPatience = foreground?.diskPatience ?? .zero
        if foreground != nil { configuration.onDisk = { Self.tell($0, of: storeFolder) } }
        return try await Engine.open(configuration)
    }

    private static func tell(_ notice: DiskWatch.Notice, of folder: String) {
        switch notice {
        case .full(let needed):
            Talk().say(
                "paused: the disk of \(folder) is full; goes on by itself when "
                    + "\(ByteCount(needed).description) are free")
        case .room: Talk().say("there is room on the disk again: going on")
        }
    }

    /// Whether there is a store yet.
    var hasStore: Bool { File.exists(FilePath.join(storeFolder, "flow.db")) }

    /// This place's store, for reading; it must exist.
    func openStore() throws -> (reader: RunReader, store: any RunStore, layout: RunLayout) {
        guard hasStore else {
            throw CommandFailure(
                .badInput, "there are no runs yet in \(storeFolder)", help: ["start one: `flow run hello`"])
        }
        do throws(StoreError) {
            let store = try SQLiteRunStore(folder: storeFolder, mode: .reader)
            let layout = RunLayout(folder: storeFolder)
            return (RunReader(store: store, layout: layout), store, layout)
        } catch {
            throw EngineError(error)
        }
    }

    /// The store with its sessions, for reading.
    func openSessions() throws -> SQLiteRunStore {
        do throws(StoreError) {
            return try SQLiteRunStore(folder: storeFolder, mode: .reader)
        } catch {
            throw EngineError(error)
        }
    }

    /// The session of a name; it must be there.
    func session(_ name: String) async throws -> SessionSummary {
        let help = ["`flow session list` shows them; `flow session new \(name)` makes one"]
        guard hasStore, let found = try await openSessions().sessions(named: name).first else {
            throw CommandFailure(.badInput, "there is no session `\(name)`", help: help)
        }
        return found
    }

    /// The run of an id, of the beginning of one, or of `@latest`.
    func openRun(_ text: String) async throws -> StoredRun {
        let (reader, store, layout) = try openStore()
        return StoredRun(summary: try await reader.find(text), reader: reader, store: store, layout: layout)
    }

    /// Whether a text looks like a run rather than like a workflow.
    func namesRun(_ text: String) async -> Bool {
        if text.hasPrefix("@") { return true }
        if text == "-" || File.exists(text) || (try? workflowFile(text)) != nil { return false }
        return (try? await openRun(text)) != nil
    }

    /// Who the person is: for the log, not for rights.
    var person: String {
        if let user = environment["USER"], !user.isEmpty { return user }
        return "uid \(getuid())"
    }
}
