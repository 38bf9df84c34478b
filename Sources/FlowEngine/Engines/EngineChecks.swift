// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What can be said of an `engine` node before it runs.
struct EngineChecks {
    private(set) var diagnostics: [Diagnostic] = []
    private let node: NodeDefinition

    init(_ node: NodeDefinition, name: String, entry: EngineShelf.Entry?, shelf: EngineShelf) {
        self.node = node
        guard let entry else {
            // A warning only: the workflow may be meant for another machine.
            let names = shelf.entries().map(\.name)
            var diagnostic = Diagnostic(
                .badNode, "there is no engine `\(name)` here", at: node.bodySpan, severity: .warning,
                help: [
                    names.isEmpty
                        ? "`flow engine list` shows where engines are looked for"
                        : "the engines are \(DocumentReader.list(names))"
                ])
            if let near = Spelling.nearest(to: name, among: names) {
                diagnostic.label = "did you mean `\(near)`?"
                diagnostic.fixes = [.spelling(near, for: name, among: names, at: node.bodySpan)]
            }
            diagnostics.append(diagnostic)
            return
        }
        switch entry.manifest {
        case .failure(let problem):
            diagnostics.append(Diagnostic(.badNode, problem.message, at: node.bodySpan, severity: .warning))
        case .success(let manifest): check(manifest)
        }
    }

    private mutating func check(_ manifest: EngineManifest) {
        let wanted = node.literalField("action")
        guard let action = manifest.action(wanted) else {
            let names = manifest.actions.map(\.name)
            let span = node.fields.first { $0.name == "action" }?.span ?? node.bodySpan
            var diagnostic = Diagnostic(
                .badNode,
                wanted.map { "the engine `\(manifest.name)` has no action `\($0)`" }
                    ?? "`action` is missing: the engine `\(manifest.name)` does several things",
                at: span, help: ["its actions are \(DocumentReader.list(names))"])
            if let wanted, let near = Spelling.nearest(to: wanted, among: names) {
                diagnostic.label = "did you mean `\(near)`?"
                diagnostic.fixes = [.spelling(near, for: wanted, among: names, at: span)]
            }
            diagnostics.append(diagnostic)
            return
        }
        checkInputs(action, manifest.name)
        for output in node.options.outputs where output.value == nil {
            guard let own = action.outputs.first(where: { $0.name == output.name }),
                !output.type.valueType.fits(own.type.valueType)
            else { continue }
            diagnostics.append(
                Diagnostic(
                    .badNode,
                    "`\(action.name)` gives `\(output.name)` as \(own.type.rawValue), not \(output.type.rawValue)",
                    at: node.idSpan))
        }
    }

    private mutating func checkInputs(_ action: EngineManifest.Action, _ engine: String) {
        let names = action.inputs.map(\.name)
        for entry in node.options.with {
            let span = entry.span.isKnown ? entry.span : node.idSpan
            guard let input = action.inputs.first(where: { $0.name == entry.name }) else {
                var diagnostic = Diagnostic(
                    .badNode, "`\(action.name)` of `\(engine)` takes no `\(entry.name)`", at: span,
                    help: [names.isEmpty ? "it takes nothing" : "it takes \(DocumentReader.list(names))"])
                if let near = Spelling.nearest(to: entry.name, among: names) {
                    diagnostic.label = "did you mean `\(near)`?"
                }
                diagnostics.append(diagnostic)
                continue
            }
            if case .literal(let value) = entry.template, !value.isNull, let problem = input.problem(with: value) {
                diagnostics.append(Diagnostic(.badNode, "`\(entry.name)` \(problem)", at: span))
            }
        }
        let given = Set(node.options.with.map(\.name))
        for input in action.inputs where input.required && input.fallback == nil && !given.contains(input.name) {
            diagnostics.append(
                Diagnostic(
                    .badNode, "`\(action.name)` of `\(engine)` needs `\(input.name)` under `with`", at: node.idSpan,
                    label: input.description.map { DocumentReader.label($0) } ?? ""))
        }
    }
}
