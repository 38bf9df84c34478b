// SPDX-License-Identifier: Apache-2.0

/// In what two workflows differ, by node and part. What is only written differently is no difference.
public struct DefinitionDiff: Sendable, Hashable {
    /// One part that differs.
    public struct Change: Sendable, Hashable {
        /// The part, such as `with.rows`; see `NormalForm`.
        public var part: String
        /// Nil where there is no such part.
        public var old: JSONValue?
        public var new: JSONValue?
        /// Whether the change can mean another result of the node.
        public var isEssential: Bool

        /// A change of a part.
        public init(_ part: String, old: JSONValue?, new: JSONValue?, isEssential: Bool = true) {
            self.part = part
            self.old = old
            self.new = new
            self.isEssential = isEssential
        }

        /// A text as it is, anything else as JSON; empty for nothing.
        public static func text(_ value: JSONValue?) -> String {
            value.map { $0.stringValue ?? $0.jsonText(.compact) } ?? ""
        }
    }

    /// A node that is in both workflows and differs.
    public struct NodeChange: Sendable, Hashable {
        public var node: String
        /// The parts that differ, at least one.
        public var changes: [Change]

        /// Whether the change can mean another result of the node.
        public var isEssential: Bool { changes.contains { $0.isEssential } }
    }

    /// Nodes that only the new workflow has, in its order.
    public private(set) var added: [String] = []
    /// Nodes that only the old workflow has, in its order.
    public private(set) var removed: [String] = []
    /// Nodes of both that differ, in the order of the new workflow.
    public private(set) var changed: [NodeChange] = []
    /// Inputs that differ: `NAME` from old to new field.
    public private(set) var inputs: [Change] = []
    /// Results of the workflow that differ.
    public private(set) var outputs: [Change] = []
    /// Variables of the workflow that differ. Nodes that see them are among `changed` too.
    public private(set) var environment: [Change] = []

    /// Whether nothing differs.
    public var isEmpty: Bool {
        added.isEmpty && removed.isEmpty && changed.isEmpty && inputs.isEmpty && outputs.isEmpty && environment.isEmpty
    }

    /// No differences.
    public init() {}

    /// Compares two workflows. It takes time in proportion to their size.
    public init(
        old: WorkflowDefinition, new: WorkflowDefinition,
        oldSurroundings: WorkflowSurroundings = WorkflowSurroundings(),
        newSurroundings: WorkflowSurroundings = WorkflowSurroundings()
    ) {
        inputs = Self.changes(
            old.inputs.map { ($0.name, $0.normalJSON) }, new.inputs.map { ($0.name, $0.normalJSON) })
        outputs = Self.changes(
            old.outputs.map { ($0.name, $0.normalJSON) }, new.outputs.map { ($0.name, $0.normalJSON) })
        environment = Self.changes(
            old.env.map { ($0.name, $0.template.normalJSON) }, new.env.map { ($0.name, $0.template.normalJSON) })
        compareNodes(Site(old, oldSurroundings, new, newSurroundings, environment))
    }

    /// The two workflows, and what of their surroundings differs.
    private struct Site {
        let old: WorkflowDefinition
        let oldSurroundings: WorkflowSurroundings
        let new: WorkflowDefinition
        let newSurroundings: WorkflowSurroundings
        var files: Set<String> = []
        /// Whether all surroundings are the same: then nodes that are the same as written need no second look.
        let isSame: Bool

        init(
            _ old: WorkflowDefinition, _ oldSurroundings: WorkflowSurroundings, _ new: WorkflowDefinition,
            _ newSurroundings: WorkflowSurroundings, _ environment: [Change]
        ) {
            self.old = old
            self.oldSurroundings = oldSurroundings
            self.new = new
            self.newSurroundings = newSurroundings
            for (path, digest) in oldSurroundings.files where newSurroundings.files[path] != digest {
                files.insert(path)
            }
            for path in newSurroundings.files.keys where oldSurroundings.files[path] == nil { files.insert(path) }
            isSame = files.isEmpty && environment.isEmpty && oldSurroundings.agents == newSurroundings.agents
        }
    }

    private mutating func compareNodes(_ site: Site) {
        var before: [String: NodeDefinition] = [:]
        before.reserveCapacity(site.old.nodes.count)
        for node in site.old.allNodes { before[node.id] = node }
        var kept = 0
        // A node that moved to `finally` or from it is another one: it waits for other things.
        let oldFinally = Set(site.old.finally.map(\.id))
        for (isFinally, nodes) in [(false, site.new.nodes), (true, site.new.finally)] {
            for node in nodes {
                guard let other = before[node.id] else {
                    added.append(node.id)
                    continue
                }
                kept += 1
                var changes: [Change] = []
                if oldFinally.contains(node.id) != isFinally {
                    changes.append(
                        Change("phase", old: isFinally ? "nodes" : "finally", new: isFinally ? "finally" : "nodes"))
                }
                changes += Self.changes(from: other, to: node, site)
                if !changes.isEmpty { changed.append(NodeChange(node: node.id, changes: changes)) }
            }
        }
        guard kept < before.count else { return }
        let names = Set(site.new.allNodes.map(\.id))
        removed = site.old.allNodes.map(\.id).filter { !names.contains($0) }
    }

    private static func changes(from old: NodeDefinition, to new: NodeDefinition, _ site: Site) -> [Change] {
        let isSame = old.isWritten(as: new)
        if isSame, site.isSame { return [] }
        var before = isSame ? [] : NormalForm(of: old).parts
        var after = isSame ? [] : NormalForm(of: new).parts
        if !site.isSame {
            before += site.oldSurroundings.parts(
                of: old, in: site.old, reads: NodeReads(of: old, in: site.old), among: site.files)
            after += site.newSurroundings.parts(
                of: new, in: site.new, reads: NodeReads(of: new, in: site.new), among: site.files)
        }
        return changes(from: before, to: after)
    }

    /// The differences of two lists of parts, in the order of the new one; what is only in the old one comes last.
    public static func changes(from old: [NormalForm.Part], to new: [NormalForm.Part]) -> [Change] {
        if old == new { return [] }
        let before = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(new.map(\.name))
        var changes: [Change] = []
        for part in new where before[part.name]?.value != part.value {
            changes.append(
                Change(part.name, old: before[part.name]?.value, new: part.value, isEssential: part.isEssential))
        }
        for part in old where !after.contains(part.name) {
            changes.append(Change(part.name, old: part.value, new: nil, isEssential: part.isEssential))
        }
        return changes
    }

    private static func changes(_ old: [(String, JSONValue)], _ new: [(String, JSONValue)]) -> [Change] {
        changes(from: old.map { NormalForm.Part($0, $1) }, to: new.map { NormalForm.Part($0, $1) })
    }
}

extension NodeDefinition {
    /// Whether two nodes are known to be the same without making their normal forms. No is no answer.
    fileprivate func isWritten(as other: NodeDefinition) -> Bool {
        func areSame(_ left: [TemplateEntry], _ right: [TemplateEntry]) -> Bool {
            left.elementsEqual(right) { $0.name == $1.name && $0.template == $1.template }
        }
        guard kind == other.kind, body == other.body, areSame(fields, other.fields),
            needs.elementsEqual(other.needs, by: { $0.node == $1.node && $0.condition == $1.condition })
        else { return false }
        let (mine, theirs) = (options, other.options)
        if mine === theirs { return true }
        // Rare keys are left to the normal form.
        func isPlain(_ options: NodeOptions) -> Bool {
            options.foreach == nil && options.repetition == nil && options.artifacts.isEmpty && options.retry == nil
                && options.fallback == nil && options.demands.isEmpty && options.budget == nil
        }
        return isPlain(mine) && isPlain(theirs) && mine.when?.text == theirs.when?.text
            && areSame(mine.with, theirs.with) && areSame(mine.env, theirs.env)
            && mine.outputs.elementsEqual(theirs.outputs) {
                $0.name == $1.name && $0.type == $1.type && $0.value == $1.value
            }
            && mine.timeout == theirs.timeout && mine.idleTimeout == theirs.idleTimeout
            && mine.onFailure == theirs.onFailure && mine.onInterrupt == theirs.onInterrupt
            && mine.effects == theirs.effects && mine.cache == theirs.cache
    }
}
