// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The runs of a store as a tree: each derived run below the one that it comes from.
public struct RunTree: Sendable {
    /// The derived runs, the oldest first.
    public private(set) var branches: [BranchSummary]
    private var runs: [String: RunSummary]
    private var indexes: [String: Int] = [:]
    private var children: [String: [String]] = [:]

    /// Reads all branches of a store, with the rows of their runs: two queries however many there are.
    public static func read(_ reader: RunReader) async throws(EngineError) -> RunTree {
        let branches = try await reader.branches()
        guard !branches.isEmpty else { return RunTree(branches: [], runs: []) }
        return RunTree(branches: branches, runs: try await reader.runs(RunQuery(limit: .max)))
    }

    init(branches: [BranchSummary], runs: [RunSummary]) {
        self.branches = branches
        self.runs = Dictionary(runs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for (index, branch) in branches.enumerated() {
            indexes[branch.run] = index
            children[branch.parent, default: []].append(branch.run)
        }
    }

    /// The place of a run; nil for one that comes from no other.
    public subscript(run: String) -> BranchSummary? { indexes[run].map { branches[$0] } }

    /// The runs derived from one, the oldest first.
    public func children(of run: String) -> [String] { children[run] ?? [] }

    /// The status of a run in a word.
    public func status(of run: String) -> String { runs[run]?.status.rawValue ?? "?" }

    /// The workflow of a run.
    public func workflow(of run: String) -> String { runs[run]?.workflow ?? "?" }

    /// The first run on the way upwards that comes from no other.
    public func root(of run: String) -> String {
        var run = run
        // Parents are older than their children, so the way has an end; a damaged store must not hang us.
        for _ in 0...branches.count {
            guard let branch = self[run] else { break }
            run = branch.parent
        }
        return run
    }

    /// The runs that others come from and that come from none themselves, the oldest first.
    public var roots: [String] {
        var seen: Set<String> = []
        return branches.compactMap { branch in
            self[branch.parent] == nil && seen.insert(branch.parent).inserted ? branch.parent : nil
        }
    }

    /// The promoted run among those that come from the same root.
    public func head(ofLineWith run: String) -> String? {
        let root = root(of: run)
        return branches.last { $0.isHead && self.root(of: $0.run) == root }?.run
    }

    /// A run and all that comes from it, each before those that come from it.
    public func line(from run: String) -> [(run: String, depth: Int)] {
        var line: [(run: String, depth: Int)] = []
        var open = [(run: run, depth: 0)]
        while let next = open.popLast() {
            line.append(next)
            open += children(of: next.run).reversed().map { (run: $0, depth: next.depth + 1) }
        }
        return line
    }

    /// The tree with only the branches that come from a run.
    public func below(_ run: String) -> RunTree {
        let kept = Set(line(from: run).dropFirst().map(\.run))
        var tree = RunTree(branches: branches.filter { kept.contains($0.run) }, runs: [])
        tree.runs = runs
        return tree
    }

    /// A branch as JSON.
    public func json(of branch: BranchSummary) -> JSONValue {
        var object = JSONObject()
        object["run"] = .string(branch.run)
        object["parent"] = .string(branch.parent)
        object["root"] = .string(root(of: branch.run))
        object["kind"] = .string(branch.kind.rawValue)
        object["name"] = branch.name.map { .string($0) }
        object["hypothesis"] = branch.hypothesis.map { .string($0) }
        object["verdict"] = .string(branch.verdict.rawValue)
        object["conclusion"] = branch.conclusion.map { .string($0) }
        object["is_head"] = .bool(branch.isHead)
        object["status"] = .string(status(of: branch.run))
        object["workflow"] = .string(workflow(of: branch.run))
        return .object(object)
    }
}
