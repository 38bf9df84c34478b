// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// All that the events of a run refer to: contents, files of the workflow, kept files, and other runs.
struct RunHoldings {
    /// A file that a node keeps.
    struct Artifact: Hashable {
        var node: String
        /// Its name in the node's folder.
        var file: String
        var digest: Digest
    }

    /// The JSON texts, with their contents.
    private(set) var values: [Digest: [UInt8]] = [:]
    private(set) var artifacts: [Artifact] = []
    private(set) var source: Digest
    private(set) var inputs: Digest
    private(set) var workflow: String
    /// The workflow's file, and the digests of all files by their paths.
    private(set) var entry = ""
    private(set) var files: [String: Digest] = [:]
    /// The run that this one is derived from.
    private(set) var parent: String?
    private(set) var derivation: Derivation?
    /// The runs of sub-workflows, in the order in which they were waited for.
    private(set) var children: [String] = []

    private let run: String

    /// Goes through the events of a run. `value` gives a content; nil when it is not there.
    init(
        run: String, events: [RecordedEvent], value: (Digest) throws(BundleError) -> [UInt8]?
    ) throws(BundleError) {
        self.run = run
        guard case .runCreated(let workflow, let source, let inputs)? = events.first?.event else {
            throw BundleError(.invalid, "the first event of run \(run) does not create it")
        }
        (self.workflow, self.source, self.inputs) = (workflow, source, inputs)
        var results: [String: Digest] = [:]
        var seen: Set<String> = []
        for recorded in events {
            for content in recorded.event.contents {
                try keep(content.digest, "\(content.what) of event \(recorded.sequence)", value)
            }
            switch recorded.event {
            case .runCreated, .runDerived:
                var place: Int64 = 1
                if case .runDerived(let parent, let digest) = recorded.event {
                    place = 2
                    try derive(parent, digest, value)
                }
                guard recorded.sequence == place else {
                    throw fault("event \(recorded.sequence) stands in the wrong place")
                }
            case .nodeSucceeded(let node, _, let result), .nodeReused(let node, _, let result): results[node] = result
            case .nodeWaiting(_, _, .run(let child)):
                if seen.insert(child).inserted { children.append(child) }
            default: break
            }
        }
        try readSource()
        for (node, result) in results.sorted(by: { $0.key < $1.key }) { try readResult(result, of: node) }
        for (node, pin) in (derivation?.pins ?? [:]).sorted(by: { $0.key < $1.key }) { try readResult(pin, of: node) }
    }

    private func fault(_ text: String) -> BundleError { BundleError(.invalid, "run \(run): \(text)") }

    private mutating func keep(
        _ digest: Digest, _ what: String, _ value: (Digest) throws(BundleError) -> [UInt8]?
    ) throws(BundleError) {
        guard values[digest] == nil else { return }
        guard let bytes = try value(digest) else { throw fault("\(what) is missing: \(digest)") }
        values[digest] = bytes
    }

    private func json(_ digest: Digest, _ what: String) throws(BundleError) -> JSONValue {
        guard let bytes = values[digest], let json = try? JSONValue.parse(bytes) else {
            throw fault("\(what) is no JSON text: \(digest)")
        }
        return json
    }

    private mutating func derive(
        _ parent: String, _ digest: Digest, _ value: (Digest) throws(BundleError) -> [UInt8]?
    ) throws(BundleError) {
        self.parent = parent
        guard let derivation = Derivation(json: try json(digest, "what it takes over")) else {
            throw fault("what it takes over cannot be read: \(digest)")
        }
        self.derivation = derivation
        for (node, pin) in derivation.pins.sorted(by: { $0.key < $1.key }) {
            try keep(pin, "the given result of `\(node)`", value)
        }
    }

    private mutating func readSource() throws(BundleError) {
        let manifest = try json(source, "the list of the workflow's files")
        guard let entry = manifest["entry"]?.stringValue, let listed = manifest["files"]?.objectValue else {
            throw fault("the list of the workflow's files cannot be read: \(source)")
        }
        self.entry = entry
        for member in listed {
            guard BundlePath.isSafe(member.key), member.key != StoredSource.differenceFile else {
                throw fault("the file `\(member.key.prefix(200))` of the workflow does not lie in its folder")
            }
            guard let digest = member.value.stringValue.flatMap({ Digest(hex: $0) }) else {
                throw fault("the file `\(member.key.prefix(200))` of the workflow has no digest")
            }
            files[member.key] = digest
        }
        guard files[entry] != nil else { throw fault("the workflow's own file is not among its files") }
        // A file cannot also be the folder of another one.
        for path in files.keys {
            var folder = path[...]
            while let slash = folder.lastIndex(of: "/") {
                folder = folder[..<slash]
                if files[String(folder)] != nil {
                    throw fault("`\(folder.prefix(200))` is a file and a folder of the workflow")
                }
            }
        }
        guard Digest(of: manifest) == source else {
            throw fault("the list of the workflow's files is not written as it should be: \(source)")
        }
        _ = try json(inputs, "the inputs")
    }

    private mutating func readResult(_ digest: Digest, of node: String) throws(BundleError) {
        let record = NodeRecord(json: try json(digest, "the result of `\(node)`"))
        var names: Set<String> = []
        for artifact in record.artifacts {
            guard BundlePath.isName(artifact.file), names.insert(artifact.file).inserted else {
                throw fault("the file `\(artifact.file.prefix(200))` of `\(node)` cannot be kept under that name")
            }
            artifacts.append(Artifact(node: node, file: artifact.file, digest: artifact.digest))
        }
        for member in record.outputPaths { try check(member.value, of: node) }
        for member in record.artifactPaths { try check(member.value, of: node) }
    }

    /// A path in a result is one below the run's folder of kept files, or a full path of a file that the store has.
    private func check(_ value: JSONValue, of node: String) throws(BundleError) {
        switch value {
        case .array(let items): for item in items { try check(item, of: node) }
        case .string(let path):
            guard StorePath(path) != nil || BundlePath.isSafe(path) else {
                throw fault("the path `\(path.prefix(200))` in the result of `\(node)` leads out of the store")
            }
        default: break
        }
    }
}
