// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

extension RunExecutor {
    /// Notes what a prepared node depends on, and looks for a result of the same in other runs; nil when it has to run.
    func reused(_ node: Int, _ batch: inout RunBatch) async throws(StoreError) -> RunInput? {
        guard let reuse = site.reuse, let policy = definition(of: node).reusePolicy,
            // What has run is not spared any more, also when a person lets it run once more.
            site.options.feedback.isEmpty, !machine.isTouched(node), machine.nodes[node].attempt == 0,
            let parts = try await fingerprint(of: node, reuse)
        else { return nil }
        let bytes = JSONValue.object(parts).jsonBytes(.canonical)
        let fingerprint = Digest(of: bytes)
        if !rows.fingerprinted.contains(node) {
            batch.contents.append((fingerprint, bytes))
            advance(.fingerprinted(node, fingerprint), &batch)
        }
        guard reuse.looksUp, !reuse.asked.contains(definition(of: node).id),
            policy.mode == .global || !reuse.ancestors.isEmpty
        else { return nil }
        for found in try await site.store.results(for: fingerprint)
        where found.origin.run != site.run && reuse.allows(found, by: policy, at: batch.now) {
            guard let record = await record(of: found), await takeFiles(of: record, for: node) else { continue }
            foundRecords[node] = (record, found.result)
            return .reused(node, from: found.origin, result: found.result)
        }
        return nil
    }

    /// A result that can be read and that stands for itself; nil for any other, of which the node makes a new one.
    private func record(of found: ReusableResult) async -> NodeRecord? {
        if found.result == NodeRecord.emptyDigest { return .empty }
        guard let bytes = try? await site.store.content(found.result), let json = try? JSONValue.parse(bytes)
        else { return nil }
        let record = NodeRecord(json: json)
        return record.artifactPaths.isEmpty && !record.namesFilesElsewhere ? record : nil
    }

    /// Puts the files of a result into this run, where they would be had the node run. False when they are not there any
    /// more.
    private func takeFiles(of record: NodeRecord, for node: Int) async -> Bool {
        guard !record.artifacts.isEmpty else { return true }
        let (layout, names, run, artifacts) = (site.layout, site.names, site.run, site.artifacts)
        let folder = layout.artifacts(name(of: node), of: run)
        return await onOwnThread { () -> Bool in
            do throws(FileError) {
                try File.removeTree(folder)
                try File.createDirectory(folder)
                for artifact in record.artifacts {
                    guard let object = artifacts.path(of: artifact.digest), File.exists(object) else {
                        try File.removeTree(folder)
                        return false
                    }
                    try File.hardLinkOrCopy(object, to: FilePath.join(folder, artifact.file))
                }
                try names.sync(folder, above: [layout.artifacts(of: run), layout.run(run), layout.runs])
                return true
            } catch {
                // The node runs, and says what is the matter with the disk if that is still so.
                try? File.removeTree(folder)
                return false
            }
        }
    }

    // MARK: What a node depends on

    /// All that the result of a prepared node depends on, by name; nil when a part of it cannot be told from outside.
    private func fingerprint(of node: Int, _ reuse: RunReuse) async throws(StoreError) -> JSONObject? {
        var definition = definition(of: node)
        let item = try await item(of: node)
        // Of an item it does not count which others there are.
        if item != nil { definition.options = definition.options.ofItem }
        let reads = NodeReads(of: definition, in: site.plan.definition)
        // What names the run itself is never the same twice.
        guard !reads.others.contains("run") else { return nil }
        var parts = JSONObject()
        parts["version"] = 1
        parts["node"] = .string(name(of: node))
        for part in NormalForm(of: definition).parts where part.isEssential { parts[part.name] = part.value }
        for part in reuse.surroundings.parts(of: definition, in: site.plan.definition, reads: reads) {
            parts[part.name] = part.value
        }
        for input in site.plan.definition.inputs where reads.readsAllInputs || reads.inputs.contains(input.name) {
            parts["inputs.\(input.name)"] = await part(of: input)
        }
        for name in NodeFingerprint.read(reads.nodes, site.plan) {
            guard let other = machine.index(of: name) else { continue }
            guard let part = try await part(of: other) else { return nil }
            parts["nodes.\(name)"] = part
        }
        if let item {
            parts["item"] = item.value
            if reads.others.contains("item_index") { parts["item_index"] = .integer(Int64(item.place)) }
        }
        return parts
    }

    /// An input as what it says: a file by its name and content. Each is read once.
    private func part(of input: InputDefinition) async -> JSONValue {
        if let known = inputParts[input.name] { return known }
        let value = site.inputs[input.name] ?? .null
        let isFile = input.kind == .file || input.kind == .files
        let part = isFile ? await onOwnThread { InputContent.part(of: value) } : value
        inputParts[input.name] = part
        return part
    }

    /// The result of another node as a digest; nil when it names files whose content it does not tell.
    private func part(of node: Int) async throws(StoreError) -> JSONValue? {
        let record = try await record(of: node)
        if record?.namesFilesElsewhere == true { return nil }
        var part = NodeFingerprint.part(status: machine.nodes[node].status, record: record?.json)
        if let record, !record.artifactPaths.isEmpty {
            guard let items = machine.items(of: node) else { return nil }
            var files: [JSONValue] = []
            for item in items {
                let record = try await self.record(of: item)
                files.append(.object(NodeFingerprint.part(status: machine.nodes[item].status, record: record?.json)))
            }
            part["items"] = .array(files)
        }
        return .string(Digest(of: .object(part)).hex)
    }
}

extension NodeOptions {
    /// What has a part in the result of one item of a fan-out, without the list.
    fileprivate var ofItem: NodeOptions {
        NodeOptions(
            when: when, with: with, env: env, outputs: outputs, artifacts: artifacts, repetition: repetition,
            cache: cache)
    }
}

extension NodeRecord {
    /// Whether an output is a file that belongs to another node or run.
    fileprivate var namesFilesElsewhere: Bool {
        func isElsewhere(_ value: JSONValue) -> Bool {
            switch value {
            case .string(let path): path.hasPrefix("/")
            case .array(let list): list.contains(where: isElsewhere)
            default: false
            }
        }
        return outputPaths.contains { isElsewhere($0.value) } || artifactPaths.contains { isElsewhere($0.value) }
    }
}
