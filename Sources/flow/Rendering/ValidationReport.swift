// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// What `flow validate` puts out: faults as they are found, or one document at the end.
struct ValidationReport {
    /// A word of `--format`, or `object` for `--json`.
    let format: String
    /// How many errors are shown; 0 for all.
    let mostErrors: Int
    /// What has been checked.
    var files: [CheckedFile] = []
    private var reports: [JSONValue] = []
    private var seen: Set<String> = []
    private var shownErrors = 0
    private var hiddenErrors = 0
    private var isFirst = true

    init(format: String, mostErrors: Int) {
        self.format = format
        self.mostErrors = mostErrors
    }

    private var style: DiagnosticPrinter.Style {
        switch format {
        case "concise": .concise
        case "github": .github
        case "full": .full(colour: Talk(.output).isColoured)
        default: .json
        }
    }

    /// Adds a workflow that was read, and says whether it is in order.
    mutating func add(_ name: String, _ workflow: LoadedWorkflow, isStrict: Bool) throws -> Bool {
        let printer = DiagnosticPrinter(style)
        let key = DiagnosticPrinter(.concise)
        var file = CheckedFile(name: name)
        var objects: [JSONValue] = []
        var warnings = 0
        for (sources, diagnostics) in Self.problems(of: workflow) {
            for diagnostic in diagnostics {
                if diagnostic.severity == .warning { warnings += 1 }
                // Files of one folder share its agents, whose faults are told once.
                guard seen.insert(key.text(diagnostic, in: sources)).inserted else { continue }
                if mostErrors > 0, shownErrors >= mostErrors {
                    if diagnostic.severity == .error { hiddenErrors += 1 }
                    continue
                }
                if diagnostic.severity == .error { shownErrors += 1 }
                let text = printer.text(diagnostic, in: sources)
                switch format {
                case "sarif", "junit": file.faults.append(CheckedFile.Fault(diagnostic, in: sources))
                case "object": objects.append((try? JSONValue.parse(Array(text.utf8))) ?? .string(text))
                default:
                    try Output.text((isFirst || format != "full" ? "" : "\n") + text)
                    isFirst = false
                }
            }
        }
        files.append(file)
        let isCorrect = workflow.compilation.plan != nil && workflow.agentProblems.isEmpty
        let isValid = isCorrect && !(isStrict && warnings > 0)
        let count = workflow.compilation.plan?.nodes.count
        if isValid { Talk().say("ok: \(name) (\(count ?? 0) \(count == 1 ? "node" : "nodes"))") }
        if isCorrect, !isValid {
            Talk().say(
                "\(name): \(warnings == 1 ? "a warning is" : "\(warnings) warnings are") not allowed by --strict")
        }
        reports.append([
            "file": .string(name), "ok": .bool(isValid), "nodes": count.map { .integer(Int64($0)) } ?? .null,
            "diagnostics": .array(objects),
        ])
        return isValid
    }

    /// Writes what can only be written when all files have been checked.
    func finish() throws {
        switch format {
        case "object":
            var object = JSONObject()
            object["files"] = .array(reports)
            try Output.json(object)
        case "sarif": try Output.text(SARIFReport.log(of: files, version: Flow.version).jsonText(.pretty) + "\n")
        case "junit": try Output.text(JUnitReport.text(of: files))
        default: break
        }
        guard hiddenErrors > 0 else { return }
        let what = hiddenErrors == 1 ? "1 more error is" : "\(hiddenErrors) more errors are"
        Talk().say("\(what) not shown; `--max-errors 0` shows all")
    }

    /// The faults of the workflow and then those of its agents, each with the text that it is about.
    private static func problems(of workflow: LoadedWorkflow) -> [(SourceMap, [Diagnostic])] {
        [(workflow.compilation.sources, workflow.compilation.diagnostics.inOrder())]
            + workflow.agentProblems.map { ($0.sources, $0.diagnostics.inOrder()) }
    }
}
