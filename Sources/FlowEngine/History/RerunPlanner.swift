// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import YAML

/// Plans re-runs of stored runs: reads the old run, applies a patch, and finds what would run again. Nothing is changed.
public struct RerunPlanner: Sendable {
    private let reader: RunReader
    private let loader: WorkflowLoader

    /// A planner over a store, that compiles with `loader`.
    public init(reader: RunReader, loader: WorkflowLoader) {
        self.reader = reader
        self.loader = loader
    }

    /// The plan of a re-run.
    ///
    /// - Parameters:
    ///   - run: the old run; it may still be going on.
    ///   - request: what is asked for. Inputs that differ and nodes that are pinned are added to it.
    ///   - patch: is applied to the run's workflow, or to the one that takes its place.
    ///   - newWorkflow: takes the place of the run's workflow; nil keeps that.
    public func plan(
        of run: RunSummary, request: RerunRequest, patch: WorkflowPatch = WorkflowPatch(),
        newWorkflow: LoadedWorkflow? = nil
    ) async throws(RerunFailure) -> PlannedRerun {
        let facts: Facts
        var made: PatchedWorkflow.Compared?
        do throws(EngineError) {
            facts = try await self.facts(of: run)
            if newWorkflow == nil { made = try await SlicedPatch.apply(patch, to: run, facts.inputs, reader, loader) }
        } catch {
            throw .engine(error)
        }
        if made == nil { made = try await whole(run, facts.inputs, patch, newWorkflow) }
        guard let made, let plan = made.patched.workflow.compilation.plan else { throw .faults([]) }
        let (patched, diff) = (made.patched, made.diff)
        var request = request
        request.changedInputs.formUnion(Self.differences(facts.inputs, patched.inputs))
        request.pins.formUnion(patched.pins.keys)
        let found: RerunPlan
        do throws(RerunError) {
            found = try RerunPlan.make(standings: Self.standings(facts.rows), new: plan, diff: diff, request: request)
        } catch {
            throw .refused(error)
        }
        var planned = PlannedRerun(
            run: run, plan: found, diff: diff, request: request, workflow: patched.workflow, inputs: patched.inputs,
            options: facts.options, pins: patched.pins)
        do throws(EngineError) { planned.cost = try await cost(of: found, facts.rows, run) } catch {
            throw .engine(error)
        }
        return planned
    }

    /// What is read of the old run.
    private struct Facts {
        var inputs: JSONObject
        var options: RunOptions
        var rows: [NodeSummary]
    }

    private func facts(of run: RunSummary) async throws(EngineError) -> Facts {
        let (inputs, options) = try await reader.inputs(of: run)
        return Facts(inputs: inputs, options: options, rows: try await reader.nodes(of: run.id))
    }

    /// Compiles the old workflow and the new one, and compares them node by node.
    private func whole(
        _ run: RunSummary, _ inputs: JSONObject, _ patch: WorkflowPatch, _ newWorkflow: LoadedWorkflow?
    ) async throws(RerunFailure) -> PatchedWorkflow.Compared {
        let old: LoadedWorkflow
        do throws(EngineError) { old = try await reader.workflow(of: run, loader: loader) } catch {
            throw .engine(error)
        }
        guard let before = old.compilation.definition, old.compilation.plan != nil else {
            throw .engine(
                EngineError(.invalidWorkflow, "this version of flow cannot compile the workflow of run \(run.id)"))
        }
        let base = newWorkflow ?? old
        let patched = patch.apply(
            to: base, inputs: Self.withoutDefaults(inputs, of: before, for: base.compilation.definition),
            loader: loader)
        guard patched.faults.isEmpty, let plan = patched.workflow.compilation.plan else {
            throw .faults(patched.faults)
        }
        let isSame = newWorkflow == nil && patched.changedFiles.isEmpty
        let diff =
            isSame
            ? DefinitionDiff()
            : DefinitionDiff(
                old: before, new: plan.definition, oldSurroundings: WorkflowSurroundings(of: old),
                newSurroundings: WorkflowSurroundings(of: patched.workflow))
        return PatchedWorkflow.Compared(patched: patched, diff: diff)
    }

    /// What the calls of the nodes that run again have cost when they were made.
    private func cost(
        of plan: RerunPlan, _ rows: [NodeSummary], _ run: RunSummary
    ) async throws(EngineError) -> CostReport {
        let rerun = Set(plan.decisions.lazy.filter { $0.action == .run }.map(\.node))
        var report = CostReport()
        guard !rerun.isEmpty else { return report }
        // A node that was taken over made its calls where it ran.
        var origins: [String: Set<String>] = [:]
        for row in rows {
            let node = String(row.node.prefix { $0 != "[" })
            if rerun.contains(node) { origins[row.origin ?? run.id, default: []].insert(node) }
        }
        for (origin, nodes) in origins.sorted(by: { $0.key < $1.key }) {
            for call in try await reader.calls(of: origin) {
                let node = String(call.node.prefix { $0 != "[" })
                if nodes.contains(node) { report.add(call, as: node) }
            }
        }
        return report
    }

    /// How the nodes of a run stand, by name; the items of a fan-out are among them, under their own names.
    public func standings(of run: RunSummary) async throws(EngineError) -> [String: NodeStanding] {
        Self.standings(try await reader.nodes(of: run.id))
    }

    private static func standings(_ rows: [NodeSummary]) -> [String: NodeStanding] {
        var standings: [String: NodeStanding] = [:]
        standings.reserveCapacity(rows.count)
        for node in rows {
            var duration: Milliseconds?
            if let start = node.startedAt, let end = node.endedAt {
                duration = Milliseconds(max(0, end.milliseconds - start.milliseconds))
            }
            standings[node.node] = NodeStanding(status: node.status, result: node.result, duration: duration)
        }
        return standings
    }

    /// The inputs without those that had their default in the old workflow where the new one has another.
    private static func withoutDefaults(
        _ inputs: JSONObject, of old: WorkflowDefinition, for new: WorkflowDefinition?
    ) -> JSONObject {
        var kept = inputs
        for input in new?.inputs ?? [] {
            guard let before = old.inputs.first(where: { $0.name == input.name }), before.fallback != input.fallback,
                inputs[input.name] == before.fallback ?? .null
            else { continue }
            kept[input.name] = nil
        }
        return kept
    }

    /// The names of inputs whose values differ. Two files with the same content are the same value.
    private static func differences(_ old: JSONObject, _ new: JSONObject) -> Set<String> {
        var names: Set<String> = []
        for name in Set(old.keys).union(new.keys) {
            let (before, after) = (old[name] ?? .null, new[name] ?? .null)
            if before != after, !InputContent.areSame(before, after) { names.insert(name) }
        }
        return names
    }
}

/// A plan of a re-run with all that is needed to start it.
public struct PlannedRerun: Sendable {
    /// The old run, as it stood.
    public var run: RunSummary
    public var plan: RerunPlan
    /// In what the workflows differ.
    public var diff: DefinitionDiff
    /// What was asked for, with what was found to differ.
    public var request: RerunRequest
    /// The workflow of the new run.
    public var workflow: LoadedWorkflow
    /// The typed inputs of the new run.
    public var inputs: JSONObject
    /// The options of the old run.
    public var options: RunOptions
    /// The given outputs of nodes.
    public var pins: [String: JSONObject]
    /// What the calls of the nodes that run again have cost when they were made, by node.
    public var cost = CostReport()

    /// Names what the plan would do: another state of the old run, another workflow, input or pin gives another digest.
    public var digest: Digest {
        var pinned = JSONObject()
        for (node, outputs) in pins { pinned[node] = .object(outputs) }
        return Digest(
            of: [
                "version": 1, "run": .string(run.id), "source": .string(Digest(of: workflow.bundle.manifest).hex),
                "inputs": .object(inputs), "pins": .object(pinned), "nodes": plan.canonical,
            ])
    }
}

/// Why there is no plan of a re-run.
public enum RerunFailure: Error, Sendable {
    /// The run or its files cannot be read.
    case engine(EngineError)
    /// The patch or the new workflow has faults.
    case faults([PatchedWorkflow.Faults])
    /// What is asked for cannot be.
    case refused(RerunError)
}

extension WorkflowSurroundings {
    /// What lies beside the text of a workflow that was read: its agents, and its files but for those that are part of
    /// its text.
    init(of workflow: LoadedWorkflow) {
        var agents = workflow.agents
        for agent in workflow.compilation.definition?.agents ?? [] {
            agents.removeAll { $0.name == agent.name }
            let source = WorkflowSource(name: agent.name, bytes: agent.file.jsonBytes(.pretty), directory: "")
            if let read = Compiler(kinds: []).compileAgent(source).0 { agents.append(read) }
        }
        var texts: Set<String> = [workflow.bundle.entry]
        if let document = workflow.compilation.document,
            let include = document.value(of: document.root, forKey: "include")
        {
            let paths = document.kind(of: include) == .sequence ? Array(document.elements(of: include)) : [include]
            texts.formUnion(paths.map { FilePath.normalise(document.string(of: $0)) })
        }
        var files: [String: Digest] = [:]
        for (path, bytes) in workflow.bundle.files
        where !texts.contains(path) && !path.hasPrefix(SourceBundle.agentFolder + "/") {
            files[path] = Digest(of: bytes)
        }
        self.init(agents: agents, files: files)
    }
}

/// Values of inputs that are files.
enum InputContent {
    /// The largest file that is compared by its content, in bytes.
    private static let largest = 1 << 30

    /// Whether two values are paths of files with the same content, or lists of such.
    static func areSame(_ old: JSONValue, _ new: JSONValue) -> Bool {
        switch (old, new) {
        case (.string(let old), .string(let new)):
            guard let before = digest(old), let after = digest(new) else { return false }
            return before == after && FilePath.basename(old) == FilePath.basename(new)
        case (.array(let old), .array(let new)):
            return !old.isEmpty && old.count == new.count && zip(old, new).allSatisfy { $0 == $1 || areSame($0, $1) }
        default: return false
        }
    }

    /// The value of an input of files: each is told by its name and content.
    static func part(of value: JSONValue) -> JSONValue {
        switch value {
        case .string(let path): .string("\(FilePath.basename(path)) \(digest(path)?.hex ?? "missing")")
        case .array(let paths): .array(paths.map(part))
        default: value
        }
    }

    /// The digest of a file by its full path; nil for anything else.
    static func digest(_ path: String) -> Digest? {
        guard FilePath.isAbsolute(path), File.kind(of: path) == .file,
            let bytes = try? File.read(path, limit: largest)
        else { return nil }
        return Digest(of: bytes)
    }
}
