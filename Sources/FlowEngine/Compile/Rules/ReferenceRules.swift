// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Checks the names and types in all expressions of a workflow.
struct ReferenceRules {
    let definition: WorkflowDefinition
    let kinds: [String: any NodeKind]
    let kindSite: KindSite
    let nodes: [NodeDefinition]
    let indexes: [String: Int]
    /// Nodes of which it is not known what they put out.
    private let doubtfulNodes: Set<Int>
    /// The names that are the same everywhere.
    private var commonTypes: [String: ValueType]
    /// Nodes with a `foreach` that is not known: any name may be that of their item.
    var doubtfulItems: Set<Int> = []
    /// Nodes whose condition is false in every run.
    var neverRuns: Set<Int> = []
    let knownInputs: [String: ConditionFolder.Values]
    private var reach: Reach
    private var outputTypes: [Int: ValueType] = [:]
    /// The types of the items of nodes with `foreach`.
    var itemTypes: [Int: ValueType] = [:]

    init(
        _ definition: WorkflowDefinition, index: NodeIndex, kinds: [String: any NodeKind], kindSite: KindSite,
        doubtfulInputs: Set<String> = [], doubtfulNodes: Set<Int> = [], loose: Set<Int> = []
    ) {
        self.definition = definition
        self.kinds = kinds
        self.kindSite = kindSite
        self.doubtfulNodes = doubtfulNodes
        knownInputs = Self.knownInputs(definition, doubtful: doubtfulInputs)
        let inputs = definition.inputs.map { ($0.name, doubtfulInputs.contains($0.name) ? .any : $0.valueType) }
        let variables = definition.env.map { ($0.name, ValueType.string) }
        let secrets = definition.secrets.map { ($0.name, ValueType.string) }
        func object(_ fields: [(String, ValueType)]) -> ValueType {
            .object(Dictionary(fields, uniquingKeysWith: { first, _ in first }), open: false)
        }
        commonTypes = [
            "inputs": object(inputs), "env": object(variables), "secrets": object(secrets),
            "run": .object(
                ["id": .string, "workflow": .string, "status": .string, "failed_node": .string], open: false),
            "workflow": .object(["dir": .string, "name": .string], open: false),
        ]
        (nodes, indexes) = (index.nodes, index.places)
        reach = Reach(nodes, indexes: indexes, loose: loose)
    }

    /// Lets parts of the workflow that could not be read have any member.
    mutating func open(_ parts: Set<String>) {
        for part in parts {
            if case .object(let fields, _)? = commonTypes[part] { commonTypes[part] = .object(fields, open: true) }
        }
    }

    mutating func check(_ sites: [ExpressionSite], _ reader: inout DocumentReader) {
        for site in sites {
            if case .node(let node, "run") = site.place {
                reportInterpolation(site, node: node, &reader)
                continue
            }
            checkNodes(site, &reader)
            checkSecrets(site, &reader)
            var scope = FieldScope(types(for: site))
            checkItem(site, &scope, &reader)
            let (type, faults) = site.template.check(in: scope)
            let mayBeItem = site.place.node.map { doubtfulItems.contains($0) } ?? false
            for fault in faults where !(mayBeItem && fault.code == .unknownName) {
                reader.report(explained(fault, site), in: site.scalar)
            }
            guard faults.isEmpty else { continue }
            checkResult(site, type, &reader)
        }
    }

    // MARK: Nodes

    private mutating func checkNodes(_ site: ExpressionSite, _ reader: inout DocumentReader) {
        var reported: Set<String> = []
        for reference in site.template.references where reference.root == "nodes" && reference.segments.count > 1 {
            let segment = reference.segments[1]
            let needsOutputs = !reference.hasDefault && reference.path.dropFirst(2).first != "status"
            guard !reported.contains(segment.name) else { continue }
            guard let other = indexes[segment.name] else {
                reported.insert(segment.name)
                reader.report(unknown(segment, site, reader))
                continue
            }
            guard let node = site.place.node else {
                let options = nodes[other].options
                if needsOutputs, options.maySkip || options.onFailure == .continue, !doubtfulNodes.contains(other) {
                    reported.insert(segment.name)
                    reader.report(maybeSkipped(reference, other, site, reader))
                }
                continue
            }
            let isFinally = node >= definition.nodes.count
            if other == node {
                reported.insert(segment.name)
                reader.report(
                    Diagnostic(
                        .notAnAncestor, "node `\(segment.name)` refers to itself",
                        at: reader.span(segment.range, in: site.scalar),
                        help: ["a node's own results can be used in its `outputs` only, as `outputs.…`"]))
                continue
            }
            if isFinally, other < definition.nodes.count {
                if needsOutputs {
                    reported.insert(segment.name)
                    reader.report(maybeSkipped(reference, other, site, reader))
                }
                continue
            }
            // Most references are to what the node needs itself.
            if nodes[node].needs.contains(where: { $0.node == segment.name && Reach.isCertain($0, nodes[other]) }) {
                continue
            }
            reach.look(from: node)
            if !reach.isAncestor(other) {
                guard !reach.isLoose else { continue }
                reported.insert(segment.name)
                reader.report(notAncestor(segment, node: node, other: other, site, reader))
            } else if needsOutputs, !reach.isCertain(other) {
                reported.insert(segment.name)
                reader.report(maybeSkipped(reference, other, site, reader))
            }
        }
    }

    private func unknown(
        _ segment: ExpressionReference.Segment, _ site: ExpressionSite, _ reader: DocumentReader
    ) -> Diagnostic {
        let span = reader.span(segment.range, in: site.scalar)
        var diagnostic = Diagnostic(.unknownNode, "unknown node `\(segment.name)`", at: span)
        if let near = Spelling.nearest(to: segment.name, among: nodes.lazy.map(\.id)) {
            diagnostic.help = ["did you mean `\(near)`?"]
            diagnostic.fixes = [.spelling(near, for: segment.name, among: nodes.lazy.map(\.id), at: span)]
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
            diagnostic.fixes = needFix(segment.name, of: node, reader).map { [$0] } ?? []
        }
        return diagnostic
    }

    private func maybeSkipped(
        _ reference: ExpressionReference, _ other: Int, _ site: ExpressionSite, _ reader: DocumentReader
    ) -> Diagnostic {
        let node = nodes[other]
        var why: [Diagnostic.Label] = []
        if let when = node.options.when {
            why = [Diagnostic.Label(when.span, "it is skipped when this is false")]
        } else if node.options.onFailure == .continue {
            why = [Diagnostic.Label(node.idSpan, "it may fail, and the others go on")]
        } else if let user = site.place.node, user >= definition.nodes.count {
            why = [Diagnostic.Label(node.idSpan, "`finally` runs also when this node has not")]
        } else if let user = site.place.node, let need = nodes[user].needs.first(where: { $0.node == node.id }) {
            why = [Diagnostic.Label(need.span, "`\(need.condition.rawValue)` is also met without outputs")]
        }
        return Diagnostic(
            .maybeSkipped, "`\(node.id)` may have no outputs when this is evaluated",
            at: reader.span(reference.range, in: site.scalar), related: why,
            help: ["give a default: `\(reference.path.joined(separator: ".")) ?? \(fallback(reference, node))`"],
            fixes: defaultFix(reference, fallback(reference, node), site, reader).map { [$0] } ?? [])
    }

    /// A fault with what to do about a name that could be declared.
    private func explained(_ fault: ExpressionFault, _ site: ExpressionSite) -> ExpressionFault {
        guard fault.code == .unknownName, fault.replacement == nil else { return fault }
        var fault = fault
        for reference in site.template.references {
            guard let place = reference.segments.firstIndex(where: { $0.range == fault.range }) else { continue }
            let name = reference.segments[place].name
            switch (reference.root, place) {
            case ("nodes", 3) where ["outputs", "artifacts"].contains(reference.path[2]):
                fault.help.append("declare it under `\(reference.path[2])` of node `\(reference.path[1])`")
            case ("env", 1): fault.help.append("declare it under `env` of the workflow")
            case ("secrets", 1): fault.help.append("declare it: `secrets: {\(name): {}}`")
            case ("inputs", 1): fault.help.append("declare it: `inputs: {\(name): {type: string}}`")
            case (_, 0) where definition.inputs.contains { $0.name == name }:
                fault.help = ["an input is written `inputs.\(name)`"]
                fault.replacement = .init(fault.range, "inputs.\(name)", isSure: true)
            case (_, 0) where indexes[name] != nil:
                fault.help = ["a node's result is written `nodes.\(name).outputs.…`"]
            default: break
            }
            break
        }
        return fault
    }

    /// A type with its article.
    private static func phrase(_ type: ValueType) -> String {
        switch type {
        case .any, .null: type.description
        case .integer, .array, .object: "an \(type.description)"
        default: "a \(type.description)"
        }
    }

    /// A default of the output's type, as an example.
    private func fallback(_ reference: ExpressionReference, _ node: NodeDefinition) -> String {
        guard reference.segments.count > 3,
            let output = node.options.outputs.first(where: { $0.name == reference.path[3] })
        else { return "''" }
        if node.options.foreach != nil { return "[]" }
        switch output.type {
        case .integer, .number: return "0"
        case .boolean: return "false"
        case .array, .files: return "[]"
        case .object: return "{}"
        default: return "''"
        }
    }

    /// `item` is known only in a node with `foreach`, by the name that is given there.
    private func checkItem(_ site: ExpressionSite, _ scope: inout FieldScope, _ reader: inout DocumentReader) {
        let mayBeItem = site.place.node.map { doubtfulItems.contains($0) } ?? false
        for name in ["item", "item_index"] where scope.types[name] == nil {
            if mayBeItem {
                scope.types[name] = .any
                continue
            }
            guard let reference = site.template.references.first(where: { $0.root == name }) else { continue }
            let first = reference.segments[0]
            let span = reader.span(first.range, in: site.scalar)
            var diagnostic = Diagnostic(
                .unknownName, "`\(name)` is known only in a node with `foreach`", at: span,
                help: ["add `foreach: {items: …}` to the node"])
            if let variable = site.place.node.flatMap({ nodes[$0].options.foreach?.variable }) {
                if case .items? = Optional(site.place) {
                    diagnostic.message = "`\(name)` is not known before the list is there"
                    diagnostic.help = []
                } else {
                    diagnostic.message = "the item is named `\(variable)` here, not `\(name)`"
                    diagnostic.help = []
                    diagnostic.help = ["did you mean `\(variable)`?"]
                    diagnostic.fixes = [
                        Diagnostic.Fix(
                            "write `\(variable)`", applicability: .machineApplicable,
                            edits: [Diagnostic.Fix.Edit(span, replacement: variable)])
                    ]
                }
            }
            reader.report(diagnostic)
            scope.types[name] = .any
        }
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

    private func reportInterpolation(_ site: ExpressionSite, node: Int, _ reader: inout DocumentReader) {
        site.template.forEachExpression { expression, offset in
            let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
            let start = offset + expression.text.utf8.prefix(while: isBlank).count
            let end = offset + expression.text.utf8.count - expression.text.utf8.reversed().prefix(while: isBlank).count
            let text = expression.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let isList = if case .array = nodes[node].body { true } else { false }
            let script = isList ? "" : reader.document.string(of: site.scalar)
            let name = variable(for: expression, text, script: script, nodes[node])?.name ?? "VALUE"
            reader.report(
                Diagnostic(
                    .interpolatedShell, "an expression in `run` would become part of the program's text",
                    at: reader.span(start..<Swift.max(start, end), in: site.scalar),
                    label: isList
                        ? "a value could become an option" : "a value could end the command and begin another",
                    help: [
                        "hand it over: `env: {\(name): \"${{ \(text) }}\"}` and "
                            + (isList ? "let the program read the variable" : "write `\"$\(name)\"` here")
                    ],
                    fixes: isList ? [] : shellFix(expression, at: offset, site, node: node, reader).map { [$0] } ?? []))
        }
    }

    // MARK: Types

    mutating func types(for site: ExpressionSite) -> [String: ValueType] {
        types(at: site.place, for: site.template)
    }

    mutating func types(at place: ExpressionSite.Place, for template: Template) -> [String: ValueType] {
        var types = commonTypes
        var named: [String: ValueType] = [:]
        for reference in template.references where reference.root == "nodes" && reference.segments.count > 1 {
            let name = reference.path[1]
            named[name] = indexes[name].map { nodeType($0) } ?? .any
        }
        types["nodes"] = .object(named, open: true)
        if place == .workflowEnvironment { types["env"] = .object([:], open: false) }
        if let node = place.node {
            types["attempt"] = .integer
            if let foreach = nodes[node].options.foreach {
                switch place {
                case .items: break
                default:
                    // A name that is taken is told elsewhere.
                    types[foreach.variable] = types[foreach.variable] == nil ? elementType(of: node, foreach) : .any
                    types["item_index"] = .integer
                }
            }
            if nodes[node].options.repetition != nil {
                switch place {
                case .items, .key, .when: break
                case .until:
                    types["iteration"] = .integer
                    types["outputs"] = .anyObject
                    if case .object(let fields, _) = itemType(node) { types["outputs"] = fields["outputs"] }
                default:
                    types["iteration"] = .integer
                    types["previous"] = .any
                }
            }
            if case .nodeOutput = place {
                types["outputs"] = .anyObject
                types["artifacts"] = .anyObject
                types["with"] = .anyObject
            }
        }
        return types
    }

    /// What a node puts out; of a fan-out, what its items do.
    private mutating func itemType(_ index: Int) -> ValueType { makeType(index, isItem: true) }

    private mutating func nodeType(_ index: Int) -> ValueType {
        if let known = outputTypes[index] { return known }
        let type = makeType(index, isItem: false)
        outputTypes[index] = type
        return type
    }

    /// The outputs of a node with those of its fallback, which may stand in: what only one of them has may be null.
    private func combined(_ fields: [String: ValueType], fallback: FallbackDefinition) -> [String: ValueType] {
        guard let other = indexes[fallback.node], nodes[other].options.fallback == nil,
            case .object(let type, _) = makeType(other, isItem: false),
            case .object(let others, open: false)? = type["outputs"]
        else { return fields }
        var fields = fields
        for (name, own) in fields {
            if let type = others[name] {
                if type != own { fields[name] = .any }
            } else {
                fields[name] = .optional(own)
            }
        }
        return fields
    }

    private func makeType(_ index: Int, isItem: Bool) -> ValueType {
        let node = nodes[index]
        guard !doubtfulNodes.contains(index) else { return .any }
        var outputs = kinds[node.kind]?.outputType(of: node, in: kindSite) ?? .anyObject
        if case .object(var fields, let open) = outputs {
            for output in node.options.outputs { fields[output.name] = output.type.valueType }
            if !isItem, let foreach = node.options.foreach {
                if foreach.keepsOutputTypes {
                    fields["samples"] = .array(.object(fields, open: open))
                    fields["agreement"] = .number
                } else {
                    let gaps = hasGaps(node)
                    fields = fields.mapValues { .array(gaps && $0 != .any ? .optional($0) : $0) }
                }
            }
            if !isItem, let fallback = node.options.fallback { fields = combined(fields, fallback: fallback) }
            outputs = .object(fields, open: open)
        }
        return .object(
            ["outputs": outputs, "artifacts": artifactType(of: node), "status": .string], open: false)
    }

    private mutating func checkResult(_ site: ExpressionSite, _ type: ValueType, _ reader: inout DocumentReader) {
        switch site.place {
        case .when:
            if !type.fits(.boolean) {
                reader.report(
                    Diagnostic(
                        .expressionType, "`when` takes true or false", at: reader.span(site.scalar),
                        label: "this is \(Self.phrase(type))", help: ["compare it: `… == …`"]))
            } else {
                checkConditions(site, &reader)
            }
        case .until:
            if !type.fits(.boolean) {
                reader.report(
                    Diagnostic(
                        .expressionType, "`until` takes true or false", at: reader.span(site.scalar),
                        label: "this is \(Self.phrase(type))", help: ["compare it: `… == …`"]))
            } else if site.template.isConstant {
                reader.report(
                    Diagnostic(
                        .constantCondition, "the condition is always the same", at: reader.span(site.scalar),
                        severity: .warning))
            }
        case .items where site.place.node.map { nodes[$0].options.foreach?.shape == .list } ?? true:
            if case .expression = site.template, !type.fits(.array(.any)) {
                reader.report(
                    Diagnostic(
                        .expressionType, "`items` takes a list", at: reader.span(site.scalar),
                        label: "this is \(Self.phrase(type))"))
            }
        default: checkConditions(site, &reader)
        }
    }
}
