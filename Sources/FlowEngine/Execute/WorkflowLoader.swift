// SPDX-License-Identifier: Apache-2.0

public import FileSystem
public import FlowCore

/// Reads a workflow with all that belongs to it from files, and compiles it.
public struct WorkflowLoader: Sendable {
    /// The largest file that may belong to a workflow, in bytes.
    static let largestFile = 64 << 20

    let kinds: [any NodeKind]
    /// Folders of agents that are all read and checked, also those that the workflow does not use.
    public var checkedFolders: Set<String> = []

    /// A loader that knows these kinds of nodes.
    public init(kinds: [any NodeKind]) { self.kinds = kinds }

    /// Reads and compiles a workflow file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - name: how diagnostics name it; nil means `path`.
    ///   - agentFolders: where agents are looked for, the first folder that has one of a name wins.
    public func load(_ path: String, name: String? = nil, agentFolders: [String]) throws(FileError) -> LoadedWorkflow {
        // Also a pipe, as a shell makes it for `flow validate <(…)`.
        let bytes = try File.read(path, limit: Self.largestFile, allowSpecial: true)
        return load(
            WorkflowSource(
                name: name ?? path, bytes: bytes, directory: FilePath.dirname(path),
                readFile: { try? File.read($0, limit: Self.largestFile) }),
            entry: FilePath.basename(path), agentFolders: agentFolders)
    }

    /// Compiles the workflow of a run from the files that the run keeps.
    func load(stored source: StoredSource, entry: String) throws(FileError) -> LoadedWorkflow {
        var workflow = load(
            WorkflowSource(
                name: entry, bytes: try source.text(of: entry), directory: source.folder,
                readFile: { try? File.read($0, limit: Self.largestFile) }),
            entry: entry, agentFolders: [FilePath.join(source.folder, SourceBundle.agentFolder)])
        workflow.bundle.editedFrom = (FilePath.basename(source.folder), entry)
        return workflow
    }

    /// Compiles a workflow text; what it refers to is read from the files beside it.
    public func load(_ source: WorkflowSource, entry: String, agentFolders: [String]) -> LoadedWorkflow {
        var shelf = AgentFiles(folders: agentFolders, checked: checkedFolders)
        let compilation = Compiler(kinds: kinds, agents: shelf.known(to: source.bytes)).compile(source)
        // What cannot be read uses nothing; what may use any agent keeps all of them.
        let used = compilation.definition == nil ? [] : shelf.reached(from: compilation.agents)
        var agents: [AgentDefinition] = []
        var agentProblems: [(sources: SourceMap, diagnostics: [Diagnostic])] = []
        var files = [entry: source.bytes]
        for file in shelf.files {
            let isUsed = used?.contains(file.name) ?? true
            guard isUsed || checkedFolders.contains(file.folder), let source = file.source else { continue }
            let (agent, diagnostics, sources) = Compiler(kinds: kinds).compileAgent(source)
            if diagnostics.hasErrors { agentProblems.append((sources, diagnostics)) }
            guard isUsed else { continue }
            if let agent { agents.append(agent) }
            // A run finds its agents by the names of their files.
            let name = agent.map { "\($0.name).yaml" } ?? file.file
            if !Self.isReplaced(name, by: compilation.definition) {
                files["\(SourceBundle.agentFolder)/\(name)"] = source.bytes
            }
        }
        // An agent of the workflow itself lies there like one that had a file, and wins.
        for agent in compilation.definition?.agents ?? [] {
            files["\(SourceBundle.agentFolder)/\(agent.name).yaml"] = agent.file.jsonBytes(.pretty)
        }
        for path in compilation.definition?.files ?? [] { collect(path, below: source.directory, into: &files) }
        return LoadedWorkflow(
            compilation: compilation, agents: agents, agentProblems: agentProblems,
            bundle: SourceBundle(entry: entry, files: files))
    }

    private static func isReplaced(_ file: String, by definition: WorkflowDefinition?) -> Bool {
        definition?.agents.contains { "\($0.name).yaml" == file } ?? false
    }

    /// Adds a file, or all files of a folder, to the bundle.
    private func collect(_ path: String, below folder: String, into files: inout [String: [UInt8]]) {
        let full = FilePath.join(folder, path)
        if File.isDirectory(full) {
            for entry in (try? File.list(full)) ?? [] where !entry.name.hasPrefix(".") && entry.name != "__pycache__" {
                collect(FilePath.join(path, entry.name), below: folder, into: &files)
            }
        } else if let bytes = try? File.read(full, limit: Self.largestFile) {
            files[FilePath.normalise(path)] = bytes
        }
    }
}

/// A workflow that has been read.
public struct LoadedWorkflow: Sendable {
    public var compilation: Compilation
    /// The agents that it can come to use.
    public var agents: [AgentDefinition]
    /// The faults of agent files, each with the text that it is about.
    public var agentProblems: [(sources: SourceMap, diagnostics: [Diagnostic])]
    public var bundle: SourceBundle
}
