// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// `workflow:` another workflow as one node: a run of its own, to which this node waits without holding a slot.
public struct WorkflowKind: NodeKind {
    public let name = "workflow"
    public let summary = "Another workflow, by the path of its file beside this one; `with:` gives its inputs."
    public let body = FieldType.file
    public let fields = [
        FieldSchema(
            "digest", .string, templates: false,
            "The SHA-256 of the file in hexadecimal digits; another content is refused.")
    ]
    private let starter: SubworkflowStarter

    init(starter: SubworkflowStarter) { self.starter = starter }

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        guard let path = node.literalBody, let interface = site.workflow(path) else { return [] }
        var found = digestFault(node, path, site)
        if let fault = interface.fault {
            let more = fault.count > 1 ? " and \(fault.count - 1) more" : ""
            return found + [
                Diagnostic(
                    .unknownWorkflow, "the workflow `\(path)` has faults: \(fault.text)\(more)", at: node.bodySpan,
                    help: ["see all of them: `flow validate \(path)`"])
            ]
        }
        let names = interface.inputs.map(\.name)
        for entry in node.options.with where !names.contains(entry.name) {
            var diagnostic = Diagnostic(
                .unknownInput, "the workflow `\(path)` has no input `\(entry.name)`", at: entry.span,
                help: [names.isEmpty ? "it has no inputs" : "its inputs are \(names.joined(separator: ", "))"])
            if let near = Spelling.nearest(to: entry.name, among: names) {
                diagnostic.help = ["did you mean `\(near)`?"]
            }
            found.append(diagnostic)
        }
        let given = Set(node.options.with.map(\.name))
        for input in interface.inputs where input.required && input.fallback == nil && !given.contains(input.name) {
            found.append(
                Diagnostic(
                    .missingInput, "the workflow `\(path)` needs the input `\(input.name)`", at: node.bodySpan,
                    help: ["give it: `with: {\(input.name): …}`"]))
        }
        return found
    }

    private func digestFault(_ node: NodeDefinition, _ path: String, _ site: KindSite) -> [Diagnostic] {
        guard case .literal(let value)? = node.field("digest"), let bytes = site.readFile(path) else { return [] }
        let actual = Digest(of: bytes).hex
        guard value.plainText.lowercased() != actual else { return [] }
        return [
            Diagnostic(
                .badNode, "`\(path)` is not the file that `digest` names", at: node.bodySpan,
                help: ["look at what has changed, then write `digest: \(actual)`"])
        ]
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        if !node.options.outputs.isEmpty { return node.declaredOutputType }
        guard let path = node.literalBody, let interface = site.workflow(path), interface.fault == nil else {
            return .anyObject
        }
        // An output whose node has not run is null.
        return .object(interface.outputs.mapValues { ValueType.optional($0.valueType) }, open: false)
    }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        let path = FilePath.join(context.workflowDirectory, context.body.plainText)
        return await starter.start(path: path, context: context)
    }
}

extension NodeDefinition {
    /// The text under the kind's key, if it is one without expressions.
    var literalBody: String? { if case .literal(.string(let text)) = body { text } else { nil } }
}
