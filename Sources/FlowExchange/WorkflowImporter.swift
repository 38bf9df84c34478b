// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import YAML

/// What is put in the place of programs that are not there.
public enum ImportedBodies: String, Sendable, CaseIterable {
    /// What the format asks for: stand-ins for recorded tasks, real work for all others.
    case standard
    /// Nodes that only record what they stand for.
    case standIn
    /// The programs of the source.
    case commands
}

/// A file that an import or export gives beside its main text.
public struct ExchangedFile: Sendable, Hashable {
    /// Relative to the main file.
    public var path: String
    /// The whole text.
    public var text: String
}

/// What an import gave.
public struct ImportResult: Sendable {
    /// The format that was read; nil when it is unknown.
    public var format: ForeignFormat?
    /// The workflow as flow's YAML; nil when there are errors.
    public var text: String?
    /// The name of the workflow.
    public var name: String?
    /// The number of nodes.
    public var nodeCount = 0
    /// Further files that the workflow needs beside it: sub-workflows and agents.
    public var files: [ExchangedFile] = []
    /// Faults, and what has no equivalent, in order of the source.
    public var diagnostics: [Diagnostic] = []
    /// The source.
    public var sources = SourceMap()
}

/// Reads workflows of other systems.
public enum WorkflowImporter {
    /// Reads a foreign workflow. It never traps, whatever the bytes are; what is wrong is in the diagnostics.
    ///
    /// `name` is what the source is called in diagnostics. Without `format` the text is asked for its own.
    public static func read(
        _ bytes: [UInt8], name: String, format: ForeignFormat? = nil, bodies: ImportedBodies = .standard
    ) -> ImportResult {
        var result = ImportResult()
        _ = result.sources.add(SourceFile(name: name, bytes: bytes))
        let (document, problems) = YAMLDocument.parse(bytes)
        result.diagnostics = problems.map { problem in
            let isFault = document == nil || problem.code.isFatal
            return Diagnostic(
                isFault ? .badSource : .approximated, problem.message,
                at: SourceSpan(file: 0, start: problem.range.lowerBound, end: problem.range.upperBound),
                severity: isFault ? .error : .warning)
        }
        guard let document, !result.diagnostics.hasErrors else { return result }
        let root = ForeignValue(document: document, node: document.root)
        guard let format = format ?? ForeignFormat.detect(root) else {
            result.diagnostics.append(
                Diagnostic(
                    .unknownFormat, "this is none of the formats that can be imported", at: root.head,
                    help: ["formats: wfformat, argo, actions, playbook; name one with --from"]))
            return result
        }
        result.format = format
        var imported =
            switch format {
            case .wfformat: WfFormatImporter.read(root, bodies: bodies)
            case .argo: ArgoImporter.read(root, bodies: bodies)
            case .actions: ActionsImporter.read(root, bodies: bodies)
            case .playbook: PlaybookImporter.read(root, bodies: bodies)
            }
        if bodies == .standIn {
            imported.workflow.replaceBodies()
            for place in imported.children.indices { imported.children[place].workflow.replaceBodies() }
        }
        var notes = imported.notes
        for workflow in [imported.workflow] + imported.children.map(\.workflow) { check(workflow, &notes) }
        result.diagnostics = (result.diagnostics + notes.diagnostics).inOrder()
        guard !result.diagnostics.hasErrors else { return result }
        var workflow = imported.workflow
        workflow.comments.insert("Imported from \(format.title): \(name)", at: 0)
        result.name = workflow.name
        result.nodeCount = workflow.nodes.count + workflow.finally.count
        result.text = WorkflowEmitter.text(workflow)
        result.files =
            imported.children.map { ExchangedFile(path: $0.path, text: WorkflowEmitter.text($0.workflow)) }
            + imported.files
        return result
    }

    private static func check(_ workflow: ImportedWorkflow, _ notes: inout ImportNotes) {
        let cycle = workflow.cycle()
        if let first = cycle.first {
            let path = (cycle + [first]).map(\.id).joined(separator: " -> ")
            notes.fault("the nodes wait for each other: \(path)", at: first.span)
        }
    }
}

/// What an importer makes.
struct Imported {
    var workflow: ImportedWorkflow
    var children: [(path: String, workflow: ImportedWorkflow)] = []
    var files: [ExchangedFile] = []
    var notes: ImportNotes
}

extension ForeignValue {
    /// The first key of a mapping, or the value: enough to show where something is missing.
    var head: SourceSpan { pairs.first?.key.span ?? span }
}

extension YAMLProblem.Code {
    /// Whether the text cannot be trusted after it. Foreign files may have tags, merge keys and directives.
    var isFatal: Bool {
        switch self {
        case .directive, .tag, .controlCharacter: false
        default: true
        }
    }
}
