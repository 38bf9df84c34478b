// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine
import YAML

/// What the compiler says of a text.
struct Analysis {
    var file: LanguageShape.FileKind
    var diagnostics: [Diagnostic]
    /// The located tree; nil when the text is no YAML.
    var document: YAMLDocument?
    var definition: WorkflowDefinition?
    var plan: Plan?
    var sources = SourceMap()

    /// Compiles a text.
    init(
        _ bytes: [UInt8], path: String?, file: LanguageShape.FileKind, kinds: [any NodeKind], agents: [KnownAgent],
        readFile: @escaping @Sendable (String) -> [UInt8]?
    ) {
        self.file = file
        // A text without a path has no files beside it.
        let isAlone = path == nil
        let source = WorkflowSource(
            name: path.map { FilePath.basename($0) } ?? "untitled", bytes: bytes,
            directory: path.map { FilePath.dirname($0) } ?? "", readFile: { isAlone ? nil : readFile($0) })
        switch file {
        case .workflow:
            let compilation = Compiler(kinds: kinds, agents: agents.map(\.definition)).compile(source)
            diagnostics = compilation.diagnostics
            document = compilation.document
            definition = compilation.definition
            plan = compilation.plan
            sources = compilation.sources
        case .agent:
            diagnostics = Compiler(kinds: kinds).compileAgent(source).1
            document = YAMLDocument.parse(bytes).document
        case .settings:
            diagnostics = SettingsFiles.faults(in: bytes, name: source.name)
            document = YAMLDocument.parse(bytes).document
        }
    }
}
