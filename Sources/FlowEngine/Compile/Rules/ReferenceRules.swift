// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Checks the names and types in all expressions of a workflow.
struct ReferenceRules {
    let definition: WorkflowDefinition
    let kinds: [String: any NodeKind]
    let kindSite: KindSite
    private let nodes: [NodeDefinition]
    private let indexes: [String: Int]
    private var reach: [Int: Reach] = [:]
    private var outputTypes: [Int: ValueType] = [:]

    /// What is known of the nodes before a node.
    private struct Reach {
        var ancestors: Set<Int> = []
        /// Those that have succeeded for certain when the node runs.
        var certain: Set<Int> = []
    }

    init(_ definition: WorkflowDefinition, kinds: [String: any NodeKind], kindSite: KindSite) {
        self.definition = definition
        self.kinds = kinds
        self.kindSite = kindSite
        nodes = definition.nodes + definition.finally
        indexes = Dictionary(
            nodes.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func check(_ sites: [ExpressionSite], _ reader: inout DocumentReader) {
        for site in sites {
            if case .node(let node, "run") = site.place {
                reportInterpolation(site, node: nodes[node], &reader)
                continue
            }
            checkNodes(site, &reader)
            checkSecrets(site, &reader)
            let scope = FieldScope(types(for: site))
            let (type, faults) = site.template.check(in: scope)
            for fault in faults { reader.report(fault, in: site.scalar) }
            guard faults.isEmpty else { continue }
            checkResult(site, type, &reader)
        }
    }

    // MARK: Nodes

    private mutating func checkNodes(_ site: ExpressionSite, _ reader: inout DocumentReader) {
        var reported: Set<String> = []
        let references = site.template.references.filter { $0.root == "nodes" && $0.segments.count > 1 }
        let guarded = Set(references.filter(\.hasDefault).map { $0.path[1] })
        for reference in references {
            let segment = reference.segments[1]
            guard !reported.contains(segment.name) else { continue }
            guard let other = indexes[segment.name] else {
                reported.insert(segment.name)
                reader.report(unknown(segment, site, reader))
                continue
            }
            guard let node = site.place.node else {
                if !guarded.contains(segment.name), reference.path.dropFirst(2).first != "status",
                    nodes[other].options.when != nil
                {
                    reported.insert(segment.name)
                    reader.report(maybeSkipped(segment, other, site, reader))
                }
                continue
            }
            let isFinally = node >= definition.nodes.count
            if other == node {
                reported.insert(segment.name)
                reader.report(
                    Diagnostic(
                        .notAnAncestor, "node `\(segment.name)` refers to itself",
                        at: reader.span(segment.range, in: site.scalar)))
                continue
            }
            let known = reachOf(node)
            if isFinally, other < definition.nodes.count {
                if reference.path.dropFirst(2).first != "status", !guarded.contains(segment.name) {
                    reported.insert(segment.name)
                    reader.report(maybeSkipped(segment, other, site, reader))
                }
            } else if !known.ancestors.contains(other) {
                reported.insert(segment.name)
                reader.report(notAncestor(segment, node: node, other: other, site, reader))
            } else if !known.certain.contains(other), !guarded.contains(segment.name),
                reference.path.dropFirst(2).first != "status"
            {
                reported.insert(segment.name)
                reader.report(maybeSkipped(segment, other, site, reader))
            }
        }
    }

    private mutating func reachOf(_ node: Int) -> Reach {
        if let known = reach[node] { return known }
        var result = Reach()
        // The flag says whether the needs of the node were met for certain, so that its own needs say something.
        var queue: [(node: Int, isCertain: Bool)] = [(node, true)]
        var certainDone: Set<Int> = [node]
        while let (next, isCertain) = queue.popLast() {
            for need in nodes[next].needs {
                guard let other = indexes[need.node], other != node else { continue }
                let options = nodes[other].options
                let metNeeds = isCertain && [.met, .succeeded, .failed].contains(need.condition)
                if isCertain,
                    need.condition == .succeeded
                        || (need.condition == .met && options.when == nil && options.onFailure != .continue)
                {
                    result.certain.insert(other)
                }
                let isNew = result.ancestors.insert(other).inserted
                if metNeeds, certainDone.insert(other).inserted {
                    queue.append((other, true))
                } else if isNew {
                    queue.append((other, false))
                }
            }
        }
        reach[node] = result
        return result
    }

    private func unknown(
        _ segment: ExpressionReference.Segment, _ site: ExpressionSite, _ reader: DocumentReader
    ) -> Diagnostic {
        let span = reader.span(segment.range, in: site.scalar)
        var diagnostic = Diagnostic(.unknownNode, "unknown node `\(segment.name)`", at: span)
        if let near = Spelling.nearest(to: segment.name, among: nodes.lazy.map(\.id)) {
            diagnostic.help = ["did you mean `\(near)`?"]
            diagnostic.fixes = [
                Diagnostic.Fix(
                    "write `\(near)`", applicability: .machineApplicable,
                    edits: [Diagnostic.Fix.Edit(span, replacement: near)])
            ]
        }
        return diagnostic
    }

    private func notAncestor(
        _ segment: ExpressionReference.Segment, node: Int, other: Int, _ site: ExpressionSite, _ reader: DocumentReader
    ) -> Diagnostic {
        let span = reader.span(segment.range, in: site.scalar)
        let user = nodes[node]
        var diagnostic = Diagnostic(
            .notAnAncestor, "`\(user.id)` refers to `\(segment.name)`, but does not wait for it", at: span,
            related: [Diagnostic.Label(nodes[other].idSpan, "`\(segment.name)` is defined here")])
        if other >= definition.nodes.count {
            diagnostic.help = ["`\(segment.name)` stands in `finally` and runs after this node"]
        } else {
            diagnostic.help = [
                "add it: `needs: [\((user.needs.map(\.node) + [segment.name]).joined(separator: ", "))]`"
            ]
            if let last = user.needs.last, last.condition == .met {
                let place = SourceSpan(file: reader.file, start: Int(last.span.end), end: Int(last.span.end))
                diagnostic.fixes = [
                    Diagnostic.Fix(
                        "add `\(segment.name)` to `needs`",
                        edits: [Diagnostic.Fix.Edit(place, replacement: ", \(segment.name)")])
                ]
            }
        }
        return diagnostic
    }

    private func maybeSkipped(
        _ segment: ExpressionReference.Segment, _ other: Int, _ site: ExpressionSite, _ reader: DocumentReader
    ) -> Diagnostic {
        let why = nodes[other].options.when.map { Diagnostic.Label($0.span, "it is skipped when this is false") }
        return Diagnostic(
            .maybeSkipped, "`\(segment.name)` may have no outputs when this is evaluated",
            at: reader.span(segment.range, in: site.scalar), related: why.map { [$0] } ?? [],
            help: ["give a default: `nodes.\(segment.name).outputs.… ?? \"\"`"])
    }

    // MARK: Secrets and shell text

    private func checkSecrets(_ site: ExpressionSite, _ reader: inout DocumentReader) {
        switch site.place {
        case .with, .environment, .workflowEnvironment: return
        default: break
        }
        for reference in site.template.references where reference.root == "secrets" {
            reader.report(
                Diagnostic(
                    .secretNotAllowed, "secrets can be used in `env` and `with` only",
                    at: reader.span(reference.range, in: site.scalar),
                    help: ["hand it to the node: `env: {TOKEN: \"${{ \(reference.path.joined(separator: ".")) }}\"}`"]))
        }
    }

    private func reportInterpolation(_ site: ExpressionSite, node: NodeDefinition, _ reader: inout DocumentReader) {
        site.template.forEachExpression { expression, offset in
            let name =
                expression.references.first?.segments.last.map { $0.name.uppercased() }.map {
                    $0.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                } ?? "VALUE"
            reader.report(
                Diagnostic(
                    .interpolatedShell, "an expression in `run` would become part of the program's text",
                    at: reader.span(offset..<offset + expression.text.utf8.count, in: site.scalar),
                    label: "a value could end the command and begin another",
                    help: [
                        "hand it over: `env: {\(name): \"${{ \(expression.text) }}\"}` and write `\"$\(name)\"` here"
                    ]))
        }
    }

    // MARK: Types

    private mutating func types(for site: ExpressionSite) -> [String: ValueType] {
        var types: [String: ValueType] = [
            "inputs": .object(
                Dictionary(definition.inputs.map { ($0.name, $0.valueType) }, uniquingKeysWith: { first, _ in first }),
                open: false),
            "run": .object(["id": .string, "workflow": .string], open: false),
            "workflow": .object(["dir": .string, "name": .string], open: false),
        ]
        var named: [String: ValueType] = [:]
        for reference in site.template.references where reference.root == "nodes" && reference.segments.count > 1 {
            let name = reference.path[1]
            named[name] = indexes[name].map { nodeType($0) } ?? .any
        }
        types["nodes"] = .object(named, open: true)
        var variables = Dictionary(
            definition.env.map { ($0.name, ValueType.string) }, uniquingKeysWith: { first, _ in first })
        if site.place == .workflowEnvironment { variables = [:] }
        types["env"] = .object(variables, open: false)
        types["secrets"] = .object(
            Dictionary(definition.secrets.map { ($0.name, ValueType.string) }, uniquingKeysWith: { first, _ in first }),
            open: false)
        if let node = site.place.node {
            types["attempt"] = .integer
            if let foreach = nodes[node].options.foreach {
                switch site.place {
                case .items: break
                default:
                    types[foreach.variable] = .any
                    types["item_index"] = .integer
                }
            }
            if case .nodeOutput = site.place {
                types["outputs"] = kinds[nodes[node].kind]?.outputType(of: nodes[node], in: kindSite) ?? .anyObject
                types["outputs"] = .anyObject
                types["artifacts"] = .anyObject
                types["with"] = .anyObject
            }
        }
        return types
    }

    private mutating func nodeType(_ index: Int) -> ValueType {
        if let known = outputTypes[index] { return known }
        let node = nodes[index]
        var outputs = kinds[node.kind]?.outputType(of: node, in: kindSite) ?? .anyObject
        if case .object(var fields, let open) = outputs {
            for output in node.options.outputs { fields[output.name] = output.type.valueType }
            if node.options.foreach != nil { fields = fields.mapValues { .array($0) } }
            outputs = .object(fields, open: open)
        }
        let names = node.options.artifacts.map(\.name) + (kinds[node.kind]?.artifactNames(of: node) ?? [])
        let artifacts = Dictionary(names.map { ($0, ValueType.string) }, uniquingKeysWith: { first, _ in first })
        let type = ValueType.object(
            ["outputs": outputs, "artifacts": .object(artifacts, open: false), "status": .string], open: false)
        outputTypes[index] = type
        return type
    }

    private func checkResult(_ site: ExpressionSite, _ type: ValueType, _ reader: inout DocumentReader) {
        switch site.place {
        case .when:
            if !type.fits(.boolean) {
                reader.report(
                    Diagnostic(
                        .expressionType, "`when` is \(type.description), not a boolean", at: reader.span(site.scalar),
                        help: ["compare it: `… == …`"]))
            } else if site.template.isConstant {
                reader.report(
                    Diagnostic(
                        .constantCondition, "the condition is always the same", at: reader.span(site.scalar),
                        severity: .warning))
            }
        case .items:
            if case .expression = site.template, !type.fits(.array(.any)) {
                reader.report(
                    Diagnostic(
                        .expressionType, "`foreach.items` is \(type.description), not an array",
                        at: reader.span(site.scalar)))
            }
        default: break
        }
    }
}
