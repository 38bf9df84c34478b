// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What is read of a run before it is compared: rows and inputs, no results.
struct ComparedRun: Sendable {
    let summary: RunSummary
    let rows: [NodeSummary]
    let inputs: JSONObject
    let options: RunOptions
    /// The files of the source by their digests, and which of them is the workflow.
    let files: JSONObject
    let entry: String
    /// Nodes whose outputs a person gave.
    let pins: Set<String>
    let branch: BranchSummary?
    /// Nodes that people have changed, said something to, or sent back while the run went on.
    let changedByPeople: Set<String>

    /// The events of longer runs are not read to find out what people did.
    private static let mostRowsForPeople = 2000

    private static func changedByPeople(
        _ run: String, _ rows: [NodeSummary], _ reader: RunReader
    ) async throws(EngineError) -> Set<String> {
        guard rows.count <= mostRowsForPeople else { return [] }
        var nodes: Set<String> = []
        for recorded in try await reader.events(of: run) {
            switch recorded.event {
            case .intervened(let node, _): nodes.insert(node)
            case .runRewound(let rewind): nodes.formUnion(rewind.nodes)
            case .approvalDecided(let node, let decision)
            where decision.comment != nil || decision.values != nil: nodes.insert(node)
            default: break
            }
        }
        // What is said at a gate is its result.
        return nodes.subtracting(rows.lazy.filter { $0.kind == "approval" }.map(\.node))
    }

    static func read(_ summary: RunSummary, _ reader: RunReader) async throws(EngineError) -> ComparedRun {
        let rows = try await reader.nodes(of: summary.id)
        let (inputs, options) = try await reader.inputs(of: summary)
        let manifest = try await reader.json(summary.source)
        return ComparedRun(
            summary: summary, rows: rows, inputs: inputs, options: options,
            files: manifest?["files"]?.objectValue ?? JSONObject(), entry: manifest?["entry"]?.stringValue ?? "",
            pins: pins(in: rows), branch: try await reader.branch(summary.id),
            changedByPeople: try await changedByPeople(summary.id, rows, reader))
    }

    /// The node of which a row is an item; nil for a row of a node itself.
    static func parent(of name: String) -> String? {
        guard let bracket = name.utf8.firstIndex(of: UInt8(ascii: "[")) else { return nil }
        return String(name[..<bracket])
    }

    private static func pins(in rows: [NodeSummary]) -> Set<String> {
        // Rows of nodes that are taken over are made from what the lineage says of them, with these words.
        let words = InheritedNode(result: .zero, origin: "", kind: "", isPinned: true).row(named: "").message
        return Set(rows.lazy.filter { $0.status == .reused && $0.message == words }.map(\.node))
    }

    func described(_ letter: String) -> RunComparison.Run {
        var (reused, attempts) = (0, 0)
        for row in rows {
            if row.status == .reused { reused += 1 } else { attempts += row.attempt }
        }
        return RunComparison.Run(
            letter: letter, id: summary.id, workflow: summary.workflow, status: summary.status,
            reason: summary.reason, createdAt: summary.createdAt,
            duration: summary.startedAt.flatMap { start in summary.endedAt?.since(start) }, nodes: rows.count,
            reused: reused, attempts: attempts, source: summary.source, branch: branch)
    }
}

/// The rows of two runs side by side, by name.
struct RowPairs {
    /// Rows that differ in status, result, attempts or failure, and those that only one run has.
    private(set) var different: [(name: String, base: NodeSummary?, other: NodeSummary?)] = []
    private(set) var same: [(base: NodeSummary, other: NodeSummary)] = []

    init(_ base: [NodeSummary], _ other: [NodeSummary]) {
        var places: [String: Int] = [:]
        var isTaken = [Bool](repeating: false, count: other.count)
        for (place, row) in base.enumerated() {
            // Runs of one workflow often come to their nodes in the same order.
            var found: Int?
            if place < other.count, other[place].node == row.node {
                found = place
            } else {
                if places.isEmpty {
                    places.reserveCapacity(other.count)
                    for (place, row) in other.enumerated() { places[row.node] = place }
                }
                found = places[row.node]
            }
            guard let found else {
                different.append((row.node, row, nil))
                continue
            }
            isTaken[found] = true
            if Self.differ(row, other[found]) {
                different.append((row.node, row, other[found]))
            } else {
                same.append((row, other[found]))
            }
        }
        for (place, row) in other.enumerated() where !isTaken[place] { different.append((row.node, nil, row)) }
        dropTakenItems(base, other)
    }

    /// A run that takes a fan-out over has no rows of its items: they are a part of its result.
    private mutating func dropTakenItems(_ base: [NodeSummary], _ other: [NodeSummary]) {
        func isLoneItem(_ row: (name: String, base: NodeSummary?, other: NodeSummary?)) -> Bool {
            (row.base == nil || row.other == nil) && ComparedRun.parent(of: row.name) != nil
        }
        guard different.contains(where: isLoneItem) else { return }
        func taken(_ rows: [NodeSummary]) -> Set<String> {
            Set(rows.lazy.filter { $0.status == .reused }.map(\.node))
        }
        let (inBase, inOther) = (taken(base), taken(other))
        different.removeAll { row in
            guard isLoneItem(row), let parent = ComparedRun.parent(of: row.name) else { return false }
            return (row.base == nil ? inBase : inOther).contains(parent)
        }
    }

    private static func differ(_ a: NodeSummary, _ b: NodeSummary) -> Bool {
        if a.result != b.result || a.kind != b.kind { return true }
        if a.status != b.status { return !(a.status.isSuccess && b.status.isSuccess) }
        if a.attempt != b.attempt, a.status != .reused { return true }
        return [.failed, .rejected].contains(a.status) && a.message != b.message
    }
}

extension NodeStatus {
    /// Whether the node has a result: its own, or one of another run.
    var isSuccess: Bool { self == .succeeded || self == .reused }
}

/// Paths in values that name a run's own folder, or that of a source, without the name of the run.
struct NeutralPaths: Sendable {
    private let folders: [String]

    init(folder: String, realFolder: String?) {
        folders = [folder] + (realFolder.map { $0 == folder ? [] : [$0] } ?? [])
    }

    func neutral(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(neutral(text))
        case .array(let elements): .array(elements.map(neutral))
        case .object(let object): .object(neutral(object))
        default: value
        }
    }

    func neutral(_ object: JSONObject) -> JSONObject {
        JSONObject(object.map { JSONObject.Member(key: $0.key, value: neutral($0.value)) })
    }

    func neutral(_ text: String) -> String {
        var text = text
        for folder in folders where text.contains(folder) {
            text = Self.replace("\(folder)/runs/", in: text, by: "RUN") {
                $0.count <= 12 && RunIdentifier.isPlausible(String($0))
            }
            text = Self.replace("\(folder)/sources/", in: text, by: "WORKFLOW") { Digest(hex: $0) != nil }
        }
        return text
    }

    /// Replaces `beginning` and the name after it, up to the next `/` or what cannot stand in it.
    private static func replace(
        _ beginning: String, in text: String, by word: String, _ isName: (Substring) -> Bool
    ) -> String {
        var result = ""
        var rest = text[...]
        while let range = rest.firstRange(of: beginning) {
            let name = rest[range.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            result += rest[..<range.lowerBound]
            result += isName(name) ? word : beginning + name
            rest = rest[name.endIndex...]
        }
        return result + rest
    }
}
