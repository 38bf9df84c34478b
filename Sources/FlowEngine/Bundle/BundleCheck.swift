// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// A run of a bundle that has been checked, and what follows from its events.
struct BundledRun: Sendable {
    /// A file of the run's folder, or of a node's folder of kept files.
    struct File: Sendable, Hashable {
        /// Its path below the run's folder.
        var path: String
        var digest: Digest
        /// Whether its content lies among the store's objects too; logs do not.
        var isObject: Bool
    }

    var entry: BundleManifest.Run
    var events: [RecordedEvent]
    var summary: RunSummary
    var nodes: [NodeSummary]
    /// The JSON texts.
    var values: [Digest: [UInt8]]
    var files: [File]
    var source: SourceBundle
}

/// Checks a bundle as a whole: every content, every chain, and that the runs in it are runs.
///
/// The rows of runs and nodes are not in a bundle: they are worked out from the events, as after a crash.
struct BundleCheck {
    private let file: BundleFile
    private let loader: WorkflowLoader
    private var runs: [BundledRun] = []
    private var steps: [String: (parent: String?, step: RunLineage.Step)] = [:]
    private var used: Set<Digest> = []

    /// The runs of a bundle, each after the one that it comes from.
    static func runs(of file: BundleFile, loader: WorkflowLoader) throws(BundleError) -> [BundledRun] {
        try file.verify()
        var check = BundleCheck(file: file, loader: loader)
        for entry in file.manifest.runs {
            do throws(BundleError) { try check.add(entry) } catch {
                throw error.description.hasPrefix(file.path) ? error : file.fault(error.code, error.description)
            }
        }
        if let extra = file.manifest.order.first(where: { !check.used.contains($0) }) {
            throw file.fault(.invalid, "no run refers to the content \(extra)")
        }
        return check.runs
    }

    private var path: String { file.path }

    private init(file: BundleFile, loader: WorkflowLoader) {
        self.file = file
        self.loader = loader
    }

    private mutating func add(_ entry: BundleManifest.Run) throws(BundleError) {
        let id = entry.id
        let events = try events(of: entry)
        var used = self.used
        let holdings = try RunHoldings(run: id, events: events) { digest throws(BundleError) in
            used.insert(digest)
            return try file.bytes(of: digest)
        }
        self.used = used
        guard holdings.parent == entry.states.first?.parent else {
            throw fault(id, "its events name another run that it comes from than the manifest")
        }
        if let kind = holdings.derivation?.kind, kind != entry.states.first?.kind {
            throw fault(id, "its events say \(kind.rawValue), the manifest says otherwise")
        }
        let source = try source(of: holdings, id)
        guard let plan = loader.load(source, name: source.entry).compilation.plan else {
            throw fault(id, "this version of flow cannot compile its workflow")
        }
        guard plan.definition.name == holdings.workflow else {
            throw fault(id, "its workflow is `\(plan.definition.name)`, its events say `\(holdings.workflow)`")
        }
        let inherited = try inherited(by: id, holdings)
        let replay = RunReplay(plan: plan, events: events, inherited: Set(inherited.keys))
        var summary = RunSummary(
            id: id, workflow: holdings.workflow, status: replay.machine.status, createdAt: events[0].at,
            nodeCount: plan.nodes.count, source: holdings.source, inputs: holdings.inputs,
            interruptions: entry.interruptions)
        replay.correct(&summary, events: events)
        steps[id] = (
            holdings.parent, RunLineage.Step(run: id, derivation: holdings.derivation, rows: replay.nodes)
        )
        var files = entry.files.sorted { $0.key < $1.key }.map {
            BundledRun.File(path: $0.key, digest: $0.value, isObject: !$0.key.hasPrefix("logs/"))
        }
        for artifact in holdings.artifacts {
            let folder = FilePath.basename(RunLayout(folder: "").artifacts(artifact.node, of: id))
            files.append(
                BundledRun.File(path: "artifacts/\(folder)/\(artifact.file)", digest: artifact.digest, isObject: true))
        }
        for kept in files { try require(kept.digest, "the file `\(kept.path)`", id) }
        runs.append(
            BundledRun(
                entry: entry, events: events, summary: summary, nodes: Self.inOrder(replay.nodes, events),
                values: holdings.values,
                files: files, source: source))
    }

    /// The rows in the order in which something first happened to their nodes.
    private static func inOrder(_ rows: [NodeSummary], _ events: [RecordedEvent]) -> [NodeSummary] {
        var first: [String: Int64] = [:]
        for recorded in events {
            if let node = recorded.event.node, first[node] == nil { first[node] = recorded.sequence }
        }
        return rows.map { (first[$0.node] ?? .max, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    private func fault(_ run: String, _ text: String) -> BundleError { BundleError(.invalid, "run \(run): \(text)") }

    private mutating func require(_ digest: Digest, _ what: String, _ run: String) throws(BundleError) {
        guard file.manifest.contents[digest] != nil else { throw fault(run, "\(what) is missing: \(digest)") }
        used.insert(digest)
    }

    private mutating func events(of entry: BundleManifest.Run) throws(BundleError) -> [RecordedEvent] {
        try require(entry.events, "its list of events", entry.id)
        let events = try BundleEvents(run: entry.id, bytes: try file.bytes(of: entry.events) ?? [])
        guard Int64(events.events.count) == entry.eventCount else {
            throw fault(entry.id, "it has \(events.events.count) events, not \(entry.eventCount)")
        }
        guard Digest(events.chain) == entry.chain else {
            throw fault(entry.id, "its events are not those of its chain: one was changed, added or taken away")
        }
        return events.events
    }

    private mutating func source(of holdings: RunHoldings, _ run: String) throws(BundleError) -> SourceBundle {
        var files: [String: [UInt8]] = [:]
        for (path, digest) in holdings.files.sorted(by: { $0.key < $1.key }) {
            try require(digest, "the file `\(path)` of the workflow", run)
            files[path] = try file.bytes(of: digest)
        }
        return SourceBundle(entry: holdings.entry, files: files)
    }

    private func inherited(
        by run: String, _ holdings: RunHoldings
    ) throws(BundleError) -> [String: InheritedNode] {
        guard let parent = holdings.parent, let derivation = holdings.derivation else { return [:] }
        var line = [RunLineage.Step(run: run, derivation: derivation, rows: [])]
        var next: String? = parent
        while let current = next {
            // The manifest has each run after its parent, so the way has an end.
            guard let (parent, step) = steps[current] else { throw fault(run, "run \(current) is missing") }
            line.append(step)
            next = parent
        }
        return RunLineage.inherited(line.reversed())
    }
}
