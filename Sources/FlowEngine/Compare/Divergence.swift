// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Finds out why nodes differ, and where two runs part.
///
/// A node *diverges* when its status or result differs. A node also *carries* a divergence when its result differs only in
/// the names of run folders, or names files, and a node before it diverges: what follows may read the file behind an equal
/// path. Work and memory are linear in the nodes that differ and their needs.
struct Divergence {
    /// A node whose rows differ, or that only one run has.
    struct Candidate {
        var name: String
        /// The node of which it is an item.
        var parent: String?
        var diverges: Bool
        var isOneSided: Bool
    }

    private let definitions: ComparedDefinitions
    private let candidates: [Candidate]
    private let pinned: Set<String>
    private let diverging: Set<String>
    /// Items that differ, by their node.
    private var items: [String: [String]] = [:]
    /// Nodes that diverge or carry.
    private var tainted: Set<String> = []
    /// Main nodes of which the end differs: what `run.status` of a final node depends on.
    private let endings: [String]

    init(
        _ candidates: [Candidate], _ definitions: ComparedDefinitions, pinned: Set<String>, endings: [String]
    ) {
        self.candidates = candidates
        self.definitions = definitions
        self.pinned = pinned
        self.endings = endings
        diverging = Set(candidates.lazy.filter(\.diverges).map(\.name))
        for candidate in candidates {
            if let parent = candidate.parent, !candidate.isOneSided { items[parent, default: []].append(candidate.name) }
        }
        spread()
    }

    /// From the nodes that diverge to those that carry.
    private mutating func spread() {
        var followers: [String: [String]] = [:]
        for candidate in candidates where !candidate.diverges {
            for name in before(candidate) { followers[name, default: []].append(candidate.name) }
        }
        // A fan-out hands on the files of its items though its own result names only paths.
        for (parent, names) in items where !diverging.contains(parent) {
            for name in names { followers[name, default: []].append(parent) }
        }
        var open = Array(diverging)
        tainted = diverging
        while let name = open.popLast() {
            for follower in followers[name] ?? [] where tainted.insert(follower).inserted { open.append(follower) }
        }
    }

    func isPatched(_ name: String) -> Bool { definitions.nodes[name] != nil || pinned.contains(name) }

    /// The nodes before a node of which the result differs.
    func divergingBefore(_ candidate: Candidate) -> [String] {
        before(candidate).filter { tainted.contains($0) && $0 != candidate.name }
    }

    private func before(_ candidate: Candidate) -> [String] {
        guard let parent = candidate.parent else {
            return before(node: candidate.name) + (isPatched(candidate.name) ? [] : items[candidate.name] ?? [])
        }
        if candidate.isOneSided || isPatched(parent) { return [parent] }
        return before(node: parent)
    }

    private func before(node name: String) -> [String] {
        var names: [String] = []
        for side in [definitions.base, definitions.other] {
            guard let entry = side.nodes[name] else { continue }
            names += entry.node.needs.map(\.node) + ReferenceTable.names(in: entry.node)
            if entry.isFinal, entry.node.references.contains(where: { $0.root == "run" }) { names += endings }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

extension NodeDefinition {
    /// All uses of names in the node's templates.
    var references: [ExpressionReference] {
        var references = body.references
        for field in fields { references += field.template.references }
        for entry in options.with + options.env { references += entry.template.references }
        for output in options.outputs { references += output.value?.references ?? [] }
        references += options.when?.expression.references ?? []
        references += options.repetition?.until.expression.references ?? []
        references += options.foreach?.items.references ?? []
        references += options.foreach?.key?.references ?? []
        return references
    }
}
