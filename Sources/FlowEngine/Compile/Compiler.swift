// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import YAML

/// Compiles workflow texts: text → located document → definition → plan, with all faults in one pass.
public struct Compiler: Sendable {
    /// The most nodes of a workflow.
    public static let largestWorkflow = 1_000_000

    private let kinds: [String: any NodeKind]
    private let agents: [AgentDefinition]
    /// The files of the workflows that use the one which is compiled.
    private let visiting: Set<String>

    /// A compiler that knows these kinds of nodes and these agents.
    public init(kinds: [any NodeKind], agents: [AgentDefinition] = []) {
        self.init(kinds: kinds, agents: agents, visiting: [])
    }

    private init(kinds: [any NodeKind], agents: [AgentDefinition], visiting: Set<String>) {
        self.visiting = visiting
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.agents = agents
    }

    /// Compiles a workflow.
    public func compile(_ source: WorkflowSource) -> Compilation {
        var sources = SourceMap()
        let file = sources.add(SourceFile(name: source.name, bytes: source.bytes))
        let (document, problems) = YAMLDocument.parse(source.bytes)
        var diagnostics = problems.map { Diagnostic($0, file: file) }
        guard let document else {
            if problems.count == 1, let first = problems.first, SyntaxRecovery.isSyntax(first) {
                diagnostics = readingOn(first, source, file: file)
            }
            return Compilation(sources: sources, diagnostics: diagnostics.inOrder())
        }
        var main = DefinitionBuilder(reader: DocumentReader(document: document, file: file), kinds: kinds)
        guard var definition = main.head() else {
            let found = Self.independent(main.reader.diagnostics, of: diagnostics)
            return Compilation(sources: sources, document: document, diagnostics: (diagnostics + found).inOrder())
        }
        // The workflow itself is the first part; what it includes follows.
        var parts = includedParts(of: &main, source, &sources, &diagnostics)
        for place in parts.indices { parts[place].headOfFragment(into: &definition) }
        for part in parts { main.defaults = main.defaults.completed(by: part.defaults) }
        for place in parts.indices { parts[place].defaults = main.defaults }
        parts.insert(main, at: 0)
        for place in parts.indices { parts[place].readNodes(into: &definition) }
        for place in parts.indices { parts[place].readEnd(into: &definition) }
        parts[0].standIns(&definition.nodes)
        parts[0].standIns(&definition.finally)
        definition.toolNodes = PeopleRules.tools(of: definition)
        let (agents, kinds) = (self.agents, Array(self.kinds.values))
        let children = WorkflowInterfaces(source, visiting: visiting.union([source.path])) { visiting in
            Compiler(kinds: kinds, agents: agents, visiting: visiting)
        }
        let site = KindSite(
            agents: agents.map(\.name) + definition.agents.map(\.name),
            agentDefinitions: AgentDefinition.byName(agents, definition.agents), kinds: self.kinds.keys.sorted(),
            readFile: { source.readFile(FilePath.join(source.directory, $0)) },
            workflow: { children.interface(of: $0) })
        let index = NodeIndex(definition)
        let neverRuns = judge(definition, index, site, &parts, source)
        var files = Set(definition.files)
        for place in parts.indices { checkFiles(&files, source, &parts[place].reader) }
        for node in definition.nodes(ofKind: "workflow") {
            if let path = node.literalBody { files.formUnion(children.interface(of: path)?.files ?? []) }
        }
        for node in definition.nodes(ofKind: "agent") {
            let checks = AgentChecks(node, site)
            files.formUnion(checks.files)
            for path in checks.workflows {
                files.insert(path)
                files.formUnion(children.interface(of: path)?.files ?? [])
            }
        }
        definition.files = files.filter { !DocumentReader.leavesFolder($0) }.sorted()
        diagnostics += Self.independent(parts.flatMap(\.reader.diagnostics), of: diagnostics)
        // What could not be read may well use an input.
        if !diagnostics.hasErrors {
            let sites = parts.flatMap(\.sites)
            let liveness = LivenessRules(index, neverRuns: neverRuns)
            diagnostics += unusedInputs(definition, sites) + liveness.deadNodes()
            diagnostics += liveness.unreadOutputs(definition, sites)
        }
        diagnostics = diagnostics.inOrder()
        let plan =
            diagnostics.hasErrors
            ? nil
            : Plan(
                definition: definition, slotFreeKinds: Set(self.kinds.values.filter { !$0.usesSlot }.map(\.name)),
                expectedTimes: NodeEstimate.expectedTimes(of: definition))
        return Compilation(
            sources: sources, document: document, definition: definition, plan: plan, diagnostics: diagnostics,
            agents: AgentUse.agents(of: definition) { children.interface(of: $0) })
    }

    /// Checks what the parts say together: the graph, the expressions, and what each kind asks for.
    /// Gives the nodes that can never run.
    private func judge(
        _ definition: WorkflowDefinition, _ index: NodeIndex, _ site: KindSite, _ parts: inout [DefinitionBuilder],
        _ source: WorkflowSource
    ) -> Set<Int> {
        let graph = GraphRules(definition, index: index, source: source.bytes)
        let doubtful = parts.reduce(into: Set<Int>()) { $0.formUnion($1.doubtfulNodes) }
        parts[0].reader.diagnostics += graph.diagnostics() + PoolRules(definition: definition).diagnostics()
        parts[0].reader.diagnostics += PeopleRules.diagnostics(definition)
        var references = ReferenceRules(
            definition, index: index, kinds: kinds, kindSite: site,
            doubtfulInputs: parts.reduce(into: Set()) { $0.formUnion($1.doubtfulInputs) }, doubtfulNodes: doubtful,
            loose: parts.reduce(into: graph.loose) { $0.formUnion($1.looseNodes) })
        references.doubtfulItems = parts.reduce(into: Set()) { $0.formUnion($1.doubtfulItems) }
        references.open(parts.reduce(into: Set()) { $0.formUnion($1.doubtfulParts) })
        for place in parts.indices { references.check(parts[place].sites, &parts[place].reader) }
        var last: (name: String, kind: any NodeKind)?
        for (place, node) in index.nodes.enumerated() where doubtful.isEmpty || !doubtful.contains(place) {
            if last?.name != node.kind { last = kinds[node.kind].map { (node.kind, $0) } }
            if let kind = last?.kind { parts[0].reader.diagnostics += kind.check(node, in: site) }
        }
        return references.neverRuns
    }

    /// The files that the workflow includes, read as far as their text goes.
    private func includedParts(
        of main: inout DefinitionBuilder, _ source: WorkflowSource, _ sources: inout SourceMap,
        _ diagnostics: inout [Diagnostic]
    ) -> [DefinitionBuilder] {
        var parts: [DefinitionBuilder] = []
        var seen: Set<String> = []
        for (path, span) in main.includes {
            guard !DocumentReader.leavesFolder(path) else {
                main.reader.report(DocumentReader.outside(path, at: span))
                continue
            }
            guard seen.insert(FilePath.normalise(path)).inserted else {
                main.reader.report(Diagnostic(.duplicateKey, "`\(path)` is included twice", at: span))
                continue
            }
            guard let bytes = source.readFile(FilePath.join(source.directory, path)) else {
                main.reader.report(
                    Diagnostic(.missingFile, "there is no file `\(path)` beside the workflow", at: span))
                continue
            }
            let name = FilePath.normalise(FilePath.join(FilePath.dirname(source.name), path))
            let file = sources.add(SourceFile(name: name, bytes: bytes))
            let (document, problems) = YAMLDocument.parse(bytes)
            diagnostics += problems.map { Diagnostic($0, file: file) }
            guard let document else { continue }
            parts.append(DefinitionBuilder(reader: DocumentReader(document: document, file: file), kinds: kinds))
        }
        return parts
    }

    /// The faults of a text that is not YAML: as far as it can be read around its syntax errors, the others too.
    private func readingOn(_ first: YAMLProblem, _ source: WorkflowSource, file: Int) -> [Diagnostic] {
        let recovery = SyntaxRecovery(source.bytes, first)
        let problems = recovery.problems.map { Diagnostic($0, file: file) }
        guard let document = recovery.document, !recovery.isPartial else { return problems }
        var readable = source
        readable.bytes = document.source
        let others = compile(readable).diagnostics.filter { diagnostic in
            diagnostic.severity == .error
                && !recovery.blanks.contains {
                    $0.lowerBound < Int(diagnostic.span.end) && Int(diagnostic.span.start) < $0.upperBound
                }
        }
        // What the second reading says of the text itself is there already.
        return problems + others.filter { !$0.code.description.hasPrefix("F01") || $0.code == .duplicateKey }
    }

    /// The diagnostics that do not come from a problem of the text at the same place.
    private static func independent(_ diagnostics: [Diagnostic], of problems: [Diagnostic]) -> [Diagnostic] {
        guard !problems.isEmpty else { return diagnostics }
        return diagnostics.filter { diagnostic in
            !problems.contains {
                $0.span.file == diagnostic.span.file && $0.span.start < diagnostic.span.end
                    && diagnostic.span.start < $0.span.end
            }
        }
    }

    /// Checks that files which the workflow names are there, and counts them among its files.
    private func checkFiles(_ files: inout Set<String>, _ source: WorkflowSource, _ reader: inout DocumentReader) {
        for (node, path) in reader.paths where files.insert(path).inserted {
            if DocumentReader.leavesFolder(path) {
                reader.report(DocumentReader.outside(path, at: reader.span(node)))
            } else if path.isEmpty || source.readFile(FilePath.join(source.directory, path)) == nil {
                reader.report(
                    Diagnostic(
                        .missingFile, "there is no file `\(path)` beside the workflow", at: reader.span(node)))
            }
        }
    }

    private func unusedInputs(_ definition: WorkflowDefinition, _ sites: [ExpressionSite]) -> [Diagnostic] {
        var used: Set<String> = []
        for site in sites {
            for reference in site.template.references where reference.root == "inputs" {
                guard reference.segments.count > 1 else { return [] }
                used.insert(reference.path[1])
            }
        }
        return definition.inputs.filter { !used.contains($0.name) }.map {
            Diagnostic(
                .unusedInput, "input `\($0.name)` is not used", at: $0.span, severity: .warning,
                help: ["use it as `inputs.\($0.name)`, or remove it"])
        }
    }

    /// Compiles an agent's file.
    public func compileAgent(_ source: WorkflowSource) -> (AgentDefinition?, [Diagnostic], SourceMap) {
        var sources = SourceMap()
        let file = sources.add(SourceFile(name: source.name, bytes: source.bytes))
        let (document, problems) = YAMLDocument.parse(source.bytes)
        let diagnostics = problems.map { Diagnostic($0, file: file) }
        guard let document else { return (nil, diagnostics.inOrder(), sources) }
        var reader = DocumentReader(document: document, file: file)
        let agent = Self.agent(&reader)
        return (agent, (diagnostics + reader.diagnostics).inOrder(), sources)
    }

    private static func agent(_ reader: inout DocumentReader) -> AgentDefinition? {
        let document = reader.document
        guard let fields = reader.fields(document.root, .agent, of: "an agent") else { return nil }
        if let version = fields["agent"], document.scalar(of: version) != .integer(1) {
            reader.report(
                Diagnostic(
                    .formatVersion, "`agent` is the version of the format, the number 1", at: reader.span(version),
                    help: ["write `agent: 1`"]))
        }
        func text(_ name: String) -> String? { fields[name].map { document.string(of: $0) } }
        func list(_ name: String) -> [String] {
            fields[name].map { document.elements(of: $0).map { document.string(of: $0) } } ?? []
        }
        AgentChecks.check(fields, &reader)
        guard let name = text("name"), let instructions = text("instructions") else { return nil }
        return AgentDefinition(
            name: name, title: text("title"), role: text("role"), description: text("description"),
            instructions: instructions, model: text("model"), output: fields["output"].map { reader.json($0) },
            temperature: fields["temperature"].flatMap { reader.json($0).numberValue },
            maxTokens: fields["max_tokens"].flatMap { reader.json($0).integerValue }.map { Int($0) },
            maxTurns: fields["max_turns"].flatMap { reader.json($0).integerValue }.map { Int($0) },
            tools: list("tools"), permissions: fields["permissions"].map { reader.json($0) },
            context: fields["context"].map { reader.json($0) },
            toolMode: text("tool_mode").flatMap(ToolMode.init(rawValue:)),
            version: text("version"), tags: list("tags"), capabilities: list("capabilities"),
            card: AgentCard(
                status: text("status").flatMap(AgentCard.Status.init(rawValue:)) ?? .active,
                type: text("agent_type").flatMap(AgentCard.AgentType.init(rawValue:)) ?? .assistant,
                author: text("author"), engine: text("engine"), handoffs: list("handoffs"),
                requirements: requirements(fields["requires"], document)))
    }

    private static func requirements(_ node: YAMLNode?, _ document: YAMLDocument) -> AgentCard.Requirements {
        func words(_ key: String) -> [String] {
            guard let node, document.kind(of: node) == .mapping,
                let list = document.value(of: node, forKey: key), document.kind(of: list) == .sequence
            else { return [] }
            return document.elements(of: list).map { document.string(of: $0) }
        }
        return AgentCard.Requirements(programs: words("programs"), features: words("features"))
    }
}

extension Diagnostic {
    /// A problem of the YAML text.
    init(_ problem: YAMLProblem, file: Int) {
        let code: DiagnosticCode =
            switch problem.code {
            case .syntax, .tab: .syntax
            case .encoding: .encoding
            case .controlCharacter: .hiddenCharacter
            case .duplicateKey: .duplicateKey
            case .emptyDocument: .emptyDocument
            case .multipleDocuments: .multipleDocuments
            case .directive, .nonScalarKey, .mergeKey, .tag: .unsupportedYAML
            case .undefinedAlias, .recursiveAlias: .badAlias
            case .aliasBudget: .aliasBudget
            case .depth: .tooDeep
            case .tooLarge: .tooLarge
            }
        func span(_ range: Range<Int>) -> SourceSpan {
            SourceSpan(file: file, start: range.lowerBound, end: range.upperBound)
        }
        self.init(
            code, problem.message, at: span(problem.range),
            related: problem.related.map { Diagnostic.Label(span($0.range), $0.label) },
            help: problem.code == .emptyDocument ? [Self.smallestWorkflow] : problem.help.map { [$0] } ?? [])
    }

    private static let smallestWorkflow =
        "the smallest workflow is `{flow: 1, name: hello, nodes: {hello: {run: echo hello}}}`"
}
