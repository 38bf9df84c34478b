// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// Reads runs without running them: also beside a living engine.
public struct RunReader: Sendable {
    let store: any RunStore
    let layout: RunLayout

    /// A reader of a store.
    public init(store: any RunStore, layout: RunLayout) {
        self.store = store
        self.layout = layout
    }

    /// The run of an id, of the unique beginning of one (at least 2 characters), or of `@latest`,
    /// `@latest-failed`.
    public func find(_ text: String) async throws(EngineError) -> RunSummary {
        do throws(StoreError) {
            switch text {
            case "@latest", "@latest-failed":
                let statuses: Set<RunStatus> = text == "@latest" ? [] : [.failed]
                guard let run = try await store.runs(RunQuery(statuses: statuses, limit: 1)).first else {
                    throw StoreError(.missing, "there is no \(text == "@latest" ? "" : "failed ")run yet")
                }
                return run
            default:
                let isPlausible = RunIdentifier.isPlausible(text)
                if isPlausible, let run = try await store.run(text) { return run }
                if let run = try await runOfBranch(named: text) { return run }
                guard isPlausible else { throw StoreError(.missing, "`\(text)` is no run id and no branch") }
                let runs = text.utf8.count < 2 ? [] : try await store.runs(RunQuery(idPrefix: text, limit: 6))
                if let run = runs.first, runs.count == 1 { return run }
                if runs.isEmpty { throw StoreError(.missing, "there is no run `\(text)`") }
                let ids = runs.map(\.id).joined(separator: ", ")
                throw StoreError(.missing, "`\(text)` begins more than one run: \(ids)")
            }
        } catch {
            throw error.code == .missing ? EngineError(.noSuchRun, error.description) : EngineError(error)
        }
    }

    /// The run of a living branch.
    private func runOfBranch(named name: String) async throws(StoreError) -> RunSummary? {
        let branches = try await store.branches(of: nil).filter { $0.name == name }
        guard let branch = branches.last(where: { $0.verdict != .abandoned }) ?? branches.last else { return nil }
        return try await store.run(branch.run)
    }

    /// One run; nil if there is none of this id.
    public func summary(of run: String) async throws(EngineError) -> RunSummary? {
        do throws(StoreError) { return try await store.run(run) } catch { throw EngineError(error) }
    }

    /// The result of nodes that have put out nothing.
    public static var emptyResult: Digest { NodeRecord.emptyDigest }

    /// All events of a run.
    public func events(of run: String) async throws(EngineError) -> [RecordedEvent] {
        do throws(StoreError) {
            var events: [RecordedEvent] = []
            while true {
                let page = try await store.events(of: run, after: events.last?.sequence ?? 0, limit: 10_000)
                events += page
                if page.count < 10_000 { return events }
            }
        } catch {
            throw EngineError(error)
        }
    }

    /// The workflow of a run, compiled from the files that the run keeps.
    public func workflow(of summary: RunSummary, loader: WorkflowLoader) async throws(EngineError) -> LoadedWorkflow {
        let folder = layout.source(summary.source.hex)
        guard let entry = try await json(summary.source)?["entry"]?.stringValue else {
            throw EngineError(.inputOutput, "the workflow of run \(summary.id) is missing from \(folder)")
        }
        do throws(FileError) {
            return try loader.load(stored: StoredSource(folder: folder), entry: entry)
        } catch {
            throw EngineError(.inputOutput, "reading the workflow of run \(summary.id): \(error)")
        }
    }

    /// Whether the workflow of a run can have outputs: whether the word stands in its text at all. Large workflows are
    /// made by programs, often have none, and then need not be compiled to say so.
    public func mayHaveOutputs(_ summary: RunSummary) async -> Bool {
        guard let entry = try? await json(summary.source)?["entry"]?.stringValue,
            let text = try? StoredSource(folder: layout.source(summary.source.hex)).text(of: entry)
        else { return true }
        // `\` could write the key by its numbers.
        if text.contains(UInt8(ascii: "\\")) { return true }
        return ["outputs", "include"].contains { word in
            let word = Array(word.utf8)
            var from = text.startIndex
            while let place = text[from...].firstIndex(of: word[0]) {
                if text[place...].starts(with: word) { return true }
                from = place + 1
            }
            return false
        }
    }

    /// The inputs and options that a run was started with.
    public func inputs(of summary: RunSummary) async throws(EngineError) -> (JSONObject, RunOptions) {
        let json = try await json(summary.inputs)
        var inputs = json?["inputs"]?.objectValue ?? JSONObject()
        for member in inputs { inputs[member.key] = located(member.value, of: summary.id) }
        return (inputs, RunOptions(json: json?["options"] ?? .null))
    }

    /// An input with the paths of the run's files as they are in this store.
    private func located(_ value: JSONValue, of run: String) -> JSONValue {
        switch value {
        case .string(let path) where StorePath(path)?.run == run:
            .string(StorePath.relocated(path, to: layout.folder))
        case .array(let items): .array(items.map { located($0, of: run) })
        default: value
        }
    }

    /// A stored JSON value; nil if it is not there.
    public func json(_ digest: Digest) async throws(EngineError) -> JSONValue? {
        do throws(StoreError) {
            guard let bytes = try await store.content(digest) else { return nil }
            guard let value = try? JSONValue.parse(bytes) else {
                throw StoreError(.corrupt, "content \(digest) is no JSON")
            }
            return value
        } catch {
            throw EngineError(error)
        }
    }

    /// What a node put out: `outputs`, and `artifacts` with their paths.
    public func result(of node: NodeSummary, run: String) async throws(EngineError) -> JSONValue? {
        guard let digest = node.result, let json = try await json(digest) else { return nil }
        return NodeRecord(json: json).scopeValue(
            status: node.status, folder: layout.artifacts(node.node, of: node.origin ?? run))
    }
}

extension RunReader {
    /// The nodes of a run that something has happened to; those that it takes over from other runs first, by name.
    public func nodes(of run: String) async throws(EngineError) -> [NodeSummary] {
        do throws(StoreError) {
            let inherited = try await RunLineage(store: store).inherited(by: run)
            let own = try await store.nodes(of: run)
            guard !inherited.isEmpty else { return own }
            return inherited.sorted { $0.key < $1.key }.map { $0.value.row(named: $0.key) } + own
        } catch {
            throw EngineError(error)
        }
    }

    /// How many nodes of a run have which status, and their rows. With more than `mostRows` nodes the rows may be only those
    /// that somebody has to look at; a run that takes nodes over from others, or has files, gives all.
    public func overview(of run: RunSummary, mostRows: Int) async throws(EngineError) -> NodeOverview {
        let hasFiles = (try? File.list(layout.artifacts(of: run.id)))?.isEmpty == false
        if run.nodeCount > mostRows, !hasFiles, try await branch(run.id) == nil {
            do throws(StoreError) {
                return try await store.overview(of: run.id, settled: NodeStatus.settled)
            } catch {
                throw EngineError(error)
            }
        }
        return NodeOverview(of: try await nodes(of: run.id))
    }

    /// One of them, without reading the others.
    func node(_ name: String, of run: String) async throws(EngineError) -> NodeSummary? {
        do throws(StoreError) {
            if let row = try await store.node(name, of: run) { return row }
            return try await RunLineage(store: store).inherited(name, by: run)?.row(named: name)
        } catch {
            throw EngineError(error)
        }
    }

    /// Where the result of a node of a run comes from, if the node did not run there and no person gave it.
    func origin(of row: NodeSummary?, in run: String) async throws(EngineError) -> NodeOrigin? {
        guard let row, row.status == .reused else { return nil }
        if let origin = row.origin { return origin == run ? nil : NodeOrigin(run: origin, node: row.node) }
        do throws(StoreError) {
            return try await store.fingerprints(of: run).first { $0.node == row.node }?.origin
        } catch {
            throw EngineError(error)
        }
    }

    /// The place of a run in the tree of runs; nil for one that comes from no other.
    public func branch(_ run: String) async throws(EngineError) -> BranchSummary? {
        do throws(StoreError) { return try await store.branch(run) } catch { throw EngineError(error) }
    }

    /// The runs derived from any of the given ones, the oldest first; all derived runs without any.
    public func branches(of parents: [String]? = nil) async throws(EngineError) -> [BranchSummary] {
        do throws(StoreError) { return try await store.branches(of: parents) } catch { throw EngineError(error) }
    }

    /// Runs, the newest first.
    public func runs(_ query: RunQuery) async throws(EngineError) -> [RunSummary] {
        do throws(StoreError) { return try await store.runs(query) } catch { throw EngineError(error) }
    }
}
