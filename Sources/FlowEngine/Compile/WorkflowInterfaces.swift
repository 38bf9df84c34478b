// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// Compiles the workflows that a workflow uses as nodes, each once.
final class WorkflowInterfaces: Sendable {
    private let known = Mutex<[String: WorkflowInterface?]>([:])
    private let source: WorkflowSource
    private let compiler: @Sendable (Set<String>) -> Compiler
    private let visiting: Set<String>

    init(_ source: WorkflowSource, visiting: Set<String>, compiler: @escaping @Sendable (Set<String>) -> Compiler) {
        self.source = source
        self.visiting = visiting
        self.compiler = compiler
    }

    /// The interface of the workflow in a file beside this one; nil when the file cannot be read.
    func interface(of path: String) -> WorkflowInterface? {
        if let known = known.withLock({ $0[path] }) { return known }
        let made = make(path)
        known.withLock { $0[path] = .some(made) }
        return made
    }

    private func make(_ path: String) -> WorkflowInterface? {
        guard !path.isEmpty, !DocumentReader.leavesFolder(path) else { return nil }
        let full = FilePath.normalise(FilePath.join(source.directory, path))
        guard let bytes = source.readFile(FilePath.join(source.directory, path)) else { return nil }
        guard !visiting.contains(full) else {
            return WorkflowInterface(fault: ("it is a part of itself", 1))
        }
        let folder = FilePath.dirname(path)
        let child = WorkflowSource(
            name: path, bytes: bytes, directory: FilePath.dirname(full), readFile: source.readFile)
        let compilation = compiler(visiting.union([full])).compile(child)
        let errors = compilation.diagnostics.filter { $0.severity == .error }
        guard let definition = compilation.definition, errors.isEmpty else {
            let first = errors.first.map { "\(compilation.sources.place(of: $0.span)): \($0.message)" }
            return WorkflowInterface(fault: (first ?? "\(path) cannot be read", errors.count))
        }
        var outputs: [String: OutputType] = [:]
        for output in definition.outputs { outputs[output.name] = output.type }
        let files = definition.files.map { folder == "." || folder.isEmpty ? $0 : FilePath.join(folder, $0) }
        return WorkflowInterface(
            inputs: definition.inputs, outputs: outputs, files: files, agents: compilation.agents)
    }
}
