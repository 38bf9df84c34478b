// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Workflow files of the tests, and how they are compiled.
enum Fixtures {
    static let root = FilePath.normalise(FilePath.join(#filePath, "../../Fixtures"))
    static let kinds = BuiltinKinds.forCompiling(environment: [:])
    static let agents = ["summariser", "data_analyst"].map { AgentDefinition(name: $0, instructions: "Answer.") }
    static let compiler = Compiler(kinds: kinds, agents: agents)
    static let printer = DiagnosticPrinter(.full(colour: false))

    static func folder(_ name: String) -> String { FilePath.join(root, name) }

    static func files(in folder: String, ending: String) -> [String] {
        ((try? File.list(Self.folder(folder))) ?? []).map(\.name).filter { $0.hasSuffix(ending) }.sorted()
    }

    static func compile(_ path: String, name: String) throws -> Compilation {
        compiler.compile(
            WorkflowSource(
                name: name, bytes: try File.read(path, limit: 1 << 20), directory: FilePath.dirname(path),
                readFile: { try? File.read($0, limit: 1 << 20) }))
    }

    /// Compiles a text with nothing beside it.
    static func compile(_ text: String) -> Compilation {
        compiler.compile(WorkflowSource(name: "test.yaml", bytes: Array(text.utf8), directory: ""))
    }

    static func report(_ path: String, name: String) throws -> String {
        let compilation = try compile(path, name: name)
        return printer.text(compilation.diagnostics, in: compilation.sources)
    }

    static func report(_ text: String) -> String {
        let compilation = compile(text)
        return printer.text(compilation.diagnostics, in: compilation.sources)
    }

    /// Compares a text with a file; `FLOW_UPDATE_SNAPSHOTS=1` writes the file instead.
    static func compare(_ text: String, with path: String) throws {
        if ProcessEnvironment.get("FLOW_UPDATE_SNAPSHOTS") == "1" {
            try File.write(text, to: path)
            return
        }
        let wanted = (try? File.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
        #expect(text == wanted, "\(FilePath.basename(path)) differs; FLOW_UPDATE_SNAPSHOTS=1 writes it anew")
    }
}
