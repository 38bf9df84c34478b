// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Compares one run with the base. Linear in the rows; results are read only where their digests differ.
struct PairComparer {
    let base: ComparedRun
    let other: ComparedRun
    let reader: RunReader
    let loader: WorkflowLoader
    let options: ComparisonOptions
    let paths: NeutralPaths

    /// What became of the records of a node that were read.
    private struct Found {
        var rows: (name: String, base: NodeSummary?, other: NodeSummary?)
        var difference = RecordDifference()
        var diverges: Bool
        /// Whether the result reads otherwise only in the names of folders.
        var isCarrier = false
    }

    func compare(_ letters: (String, String)) async throws(EngineError) -> RunPair {
        let rows = RowPairs(base.rows, other.rows)
        var found: [Found] = []
        for row in rows.different { found.append(try await look(at: row)) }
        let definitions = try await ComparedDefinitions.read(
            base, other, wanted: wanted(found, rows), reader: reader, loader: loader)
        var pair = RunPair(base: letters.0, other: letters.1)
        pair.definition = definitions.workflow
        pair.sourceFiles = changedFiles()
        pair.inputs = changes(base.inputs, other.inputs)
        let choices = ["max_parallel", "approval"]
        func chosen(_ run: ComparedRun) -> JSONObject {
            JSONObject(
                choices.compactMap { key in run.options.json[key].map { JSONObject.Member(key: key, value: $0) } })
        }
        pair.options = changes(chosen(base), chosen(other))
        // Nodes that nothing happened to have no row.
        let named = Set(found.map(\.rows.name))
        for name in definitions.onlyInBase.union(definitions.onlyInOther).subtracting(named) {
            found.append(Found(rows: (name, nil, nil), diverges: true))
        }
        let sameRows = Dictionary(
            rows.same.lazy.filter { definitions.nodes[$0.base.node] != nil }.map { ($0.base.node, $0) },
            uniquingKeysWith: { first, _ in first })
        for name in definitions.nodes.keys where !named.contains(name) {
            found.append(Found(rows: (name, sameRows[name]?.base, sameRows[name]?.other), diverges: false))
        }
        pair.nodes = try await nodes(found, definitions, pair)
        pair.sameNodes = rows.same.count - sameRows.count + found.count - pair.nodes.count
        if options.showsAll {
            let shown = Set(pair.nodes.map(\.node))
            for row in rows.same where !shown.contains(row.base.node) { pair.nodes.append(Self.same(row)) }
            for entry in found where !shown.contains(entry.rows.name) {
                if let a = entry.rows.base, let b = entry.rows.other { pair.nodes.append(Self.same((a, b))) }
            }
        }
        pair.nodes = Self.ordered(pair.nodes, definitions)
        try await addOutputs(to: &pair, definitions, diverges: found.contains { $0.diverges || $0.isCarrier })
        try await addMeasures(to: &pair, definitions, rows)
        return pair
    }

    // MARK: Rows

    private func look(
        at rows: (name: String, base: NodeSummary?, other: NodeSummary?)
    ) async throws(EngineError) -> Found {
        guard let a = rows.base, let b = rows.other else { return Found(rows: rows, diverges: true) }
        var found = Found(rows: rows, diverges: a.status != b.status && !(a.status.isSuccess && b.status.isSuccess))
        if [.failed, .rejected].contains(a.status), a.status == b.status,
            paths.neutral(a.message ?? "") != paths.neutral(b.message ?? "")
        {
            found.diverges = true
        }
        if a.kind != b.kind { found.diverges = true }
        if a.result != b.result {
            found.difference = try await RecordDifference(
                old: a.result, new: b.result, reader: reader, paths: paths, options: options)
            if found.difference.isEmpty { found.isCarrier = true } else { found.diverges = true }
        }
        return found
    }

    /// The nodes whose definition is needed.
    private func wanted(_ found: [Found], _ rows: RowPairs) -> Set<String> {
        var names: Set<String> = []
        for entry in found { names.insert(ComparedRun.parent(of: entry.rows.name) ?? entry.rows.name) }
        if options.showsAll, rows.same.count < 10_000 { for row in rows.same { names.insert(row.base.node) } }
        return names
    }

    private func changes(_ old: JSONObject, _ new: JSONObject) -> [ValueChange] {
        var changes = JSONDiff(paths.neutral(old), paths.neutral(new)).changes
        if options.showsAll {
            for member in old where new[member.key] == member.value {
                changes.append(ValueChange(path: member.key, old: member.value, new: member.value))
            }
        }
        return changes
    }

    private func changedFiles() -> [String] {
        guard base.summary.source != other.summary.source else { return [] }
        let names = base.files.keys + other.files.keys.filter { base.files[$0] == nil }
        return names.filter { base.files[$0] != other.files[$0] && $0 != base.entry && $0 != other.entry }.sorted()
    }

    // MARK: Nodes

    private func nodes(
        _ found: [Found], _ definitions: ComparedDefinitions, _ pair: RunPair
    ) async throws(EngineError) -> [NodePair] {
        let candidates = found.map { entry in
            Divergence.Candidate(
                name: entry.rows.name, parent: ComparedRun.parent(of: entry.rows.name), diverges: entry.diverges,
                isOneSided: entry.rows.base == nil || entry.rows.other == nil)
        }
        let endings = found.lazy.filter { $0.rows.base?.status != $0.rows.other?.status && $0.diverges }
            .map(\.rows.name).filter { definitions.base.nodes[$0]?.isFinal != true }
        let divergence = Divergence(
            candidates, definitions, pinned: base.pins.union(other.pins), endings: Array(endings))
        let reads = ReadChanges(
            pair, definitions, people: base.changedByPeople.union(other.changedByPeople))
        var nodes: [NodePair] = []
        for (entry, candidate) in zip(found, candidates) {
            var node = Self.pair(entry.rows, definitions)
            node.resultDiffers = entry.diverges
            node.outputs = entry.difference.outputs
            node.files = entry.difference.files
            node.base.usage = entry.difference.usage.old
            node.other.usage = entry.difference.usage.new
            let plain = candidate.parent ?? candidate.name
            if candidate.parent == nil { node.definition = definitions.nodes[plain] ?? [] }
            let before = entry.diverges ? divergence.divergingBefore(candidate) : []
            node.isFirst = entry.diverges && before.isEmpty
            judge(&node, plain, before, divergence, reads, definitions)
            if entry.diverges, candidate.parent == nil {
                node.rendered = try await rendered(plain, definitions)
            }
            if node.differs { nodes.append(node) }
        }
        return nodes
    }

    private func judge(
        _ node: inout NodePair, _ plain: String, _ before: [String], _ divergence: Divergence, _ reads: ReadChanges,
        _ definitions: ComparedDefinitions
    ) {
        let isItem = plain != node.node
        var patches = (definitions.nodes[plain] ?? []).map { "definition of \($0.part)" }
        if node.resultDiffers, base.pins.union(other.pins).contains(node.node) { patches.append("pinned") }
        if node.resultDiffers { patches += reads.reasons(of: plain, hasDivergingNeed: !before.isEmpty) }
        let after = before.prefix(5).map { "after \($0)" } + (before.count > 5 ? ["and \(before.count - 5) more"] : [])
        if definitions.onlyInBase.contains(plain) || (isItem && node.other.status == nil) {
            node.cause = .onlyInBase
            node.reasons = after
        } else if definitions.onlyInOther.contains(plain) || (isItem && node.base.status == nil) {
            node.cause = .onlyInOther
            node.reasons = after
        } else if !patches.isEmpty, !isItem || node.resultDiffers {
            node.cause = .patched
            node.reasons = patches + after
        } else if !node.resultDiffers {
            node.cause = .same
        } else if !before.isEmpty {
            node.cause = .upstream
            node.reasons = after
        } else {
            node.cause = .nondeterministic
        }
    }

    private func rendered(_ name: String, _ definitions: ComparedDefinitions) async throws(EngineError) -> [ValueChange]
    {
        guard let old = definitions.base.node(name), let new = definitions.other.node(name) else { return [] }
        let first = try await RenderedValues(of: old, in: base, workflow: definitions.base.workflow, reader).values
        let second = try await RenderedValues(of: new, in: other, workflow: definitions.other.workflow, reader).values
        // What could be worked out in only one run says nothing.
        let both = first.keys.filter { second[$0] != nil }
        func kept(_ values: JSONObject) -> JSONObject {
            JSONObject(both.compactMap { key in values[key].map { JSONObject.Member(key: key, value: $0) } })
        }
        return JSONDiff(paths.neutral(kept(first)), paths.neutral(kept(second))).changes
    }

    private static func pair(
        _ rows: (name: String, base: NodeSummary?, other: NodeSummary?), _ definitions: ComparedDefinitions
    ) -> NodePair {
        let kind =
            rows.other?.kind ?? rows.base?.kind ?? definitions.other.node(rows.name)?.kind
            ?? definitions.base.node(rows.name)?.kind ?? ""
        var node = NodePair(node: rows.name, kind: kind, cause: .same)
        node.base = NodePair.Side(rows.base)
        node.other = NodePair.Side(rows.other)
        return node
    }

    private static func same(_ rows: (base: NodeSummary, other: NodeSummary)) -> NodePair {
        var node = NodePair(node: rows.base.node, kind: rows.base.kind, cause: .same)
        node.base = NodePair.Side(rows.base)
        node.other = NodePair.Side(rows.other)
        return node
    }

    /// In the order of the base's text, then that of the other's; items behind their node.
    private static func ordered(_ nodes: [NodePair], _ definitions: ComparedDefinitions) -> [NodePair] {
        let last = definitions.base.nodes.count
        return nodes.map { node -> (NodePair, Int, Int, String) in
            let plain = ComparedRun.parent(of: node.node)
            let name = plain ?? node.node
            let place =
                definitions.base.nodes[name]?.place ?? definitions.other.nodes[name].map { last + $0.place } ?? .max
            let key = plain == nil ? "" : String(node.node.dropFirst(name.count + 1).dropLast())
            return (node, place, Int(key) ?? (plain == nil ? -1 : .max), node.node)
        }.sorted { ($0.1, $0.2, $0.3) < ($1.1, $1.2, $1.3) }.map(\.0)
    }
}

extension NodePair.Side {
    fileprivate init(_ row: NodeSummary?) {
        guard let row else { return }
        status = row.status
        // Its time and attempts are those of another run.
        guard row.status != .reused else { return }
        attempts = row.attempt
        duration = row.startedAt.flatMap { start in row.endedAt?.since(start) }
        message = row.message
    }
}

/// Changes that a node may read beside what other nodes put out.
private struct ReadChanges {
    private let inputs: Set<String>
    private let variables: Set<String>
    private let files: [String]
    private let agents: Set<String>
    private let approvalDiffers: Bool
    private let people: Set<String>
    private let definitions: ComparedDefinitions

    init(_ pair: RunPair, _ definitions: ComparedDefinitions, people: Set<String>) {
        self.people = people
        let inputs = Set(pair.inputs.lazy.filter { $0.kind != .same }.map { Self.head(of: $0.path) })
        self.inputs = inputs
        var variables: Set<String> = []
        for change in pair.definition where change.part.hasPrefix("env.") {
            variables.insert(String(change.part.dropFirst(4)))
        }
        for side in [definitions.base, definitions.other] {
            for entry in side.workflow.env
            where entry.template.references.contains(where: { $0.reads(inputs) }) { variables.insert(entry.name) }
        }
        self.variables = variables
        let prefix = SourceBundle.agentFolder + "/"
        agents = Set(
            pair.sourceFiles.lazy.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".yaml") }
                .map { String($0.dropFirst(prefix.count).dropLast(5)) })
        files = pair.sourceFiles.filter { !$0.hasPrefix(prefix) }
        approvalDiffers = pair.options.contains { $0.path == "approval" && $0.kind != .same }
        self.definitions = definitions
    }

    private static func head(of path: String) -> String { String(path.prefix { $0 != "." && $0 != "[" }) }

    /// - Parameter hasDivergingNeed: a change that the node does not name explains nothing then.
    func reasons(of name: String, hasDivergingNeed: Bool) -> [String] {
        var reasons: [String] = []
        let nodes = [definitions.base.node(name), definitions.other.node(name)].compactMap { $0 }
        let references = nodes.flatMap(\.references)
        for input in inputs.sorted() where references.contains(where: { $0.reads([input]) }) {
            reasons.append("input \(input)")
        }
        let isProgram = nodes.contains { $0.kind == "run" }
        let texts =
            variables.isEmpty && files.isEmpty
            ? [] : nodes.flatMap { NormalForm(of: $0).parts.compactMap { DefinitionChange.text($0.value) } }
        for variable in variables.sorted() {
            let isNamed =
                references.contains { $0.root == "env" && ($0.path.count < 2 || $0.path[1] == variable) }
                || (isProgram && texts.contains { $0.contains(variable) })
            if isNamed || (isProgram && !hasDivergingNeed) { reasons.append("env \(variable)") }
        }
        for file in files {
            let last = file.split(separator: "/").last.map(String.init) ?? file
            let isNamed = texts.contains { $0.contains(last) }
            if isNamed || (isProgram && !hasDivergingNeed) { reasons.append("file \(file)") }
        }
        for node in nodes where node.kind == "agent" {
            if case .literal(.string(let agent)) = node.body, agents.contains(agent) {
                reasons.append("agent \(agent)")
                break
            }
        }
        if people.contains(name) { reasons.append("people") }
        if approvalDiffers, nodes.contains(where: { $0.kind == "approval" }) { reasons.append("option approval") }
        return reasons
    }
}

extension ExpressionReference {
    /// Whether the reference is to one of these inputs, or to all of them.
    fileprivate func reads(_ inputs: Set<String>) -> Bool {
        root == "inputs" && !inputs.isEmpty && (path.count < 2 || inputs.contains(path[1]))
    }
}
