// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// What is kept of a node's success: `{"outputs": {…}, "artifacts": {name: {digest, size, file, media_type}}}`, and, when
/// outputs are files or the node is a fan-out with files, `"paths": {"outputs": {…}, "artifacts": {…}}`: paths, or lists
/// of them, below the run's folder of artifacts.
/// Its compact JSON text, in the order in which the node gave its outputs, is stored; that text's digest is what the event log and dependent nodes refer to.
struct NodeRecord: Sendable {
    var outputs: JSONObject
    var artifacts: [KeptArtifact] = []
    /// Outputs that are files.
    var outputPaths = JSONObject()
    /// The files of a fan-out's items, in the order of the items, null where an item left none.
    var artifactPaths = JSONObject()

    static let empty = NodeRecord(outputs: JSONObject())
    static let emptyDigest = Digest(of: NodeRecord.empty.json.jsonBytes(.compact))

    init(outputs: JSONObject, artifacts: [KeptArtifact] = []) {
        self.outputs = outputs
        self.artifacts = artifacts
    }

    var json: JSONValue {
        var files = JSONObject()
        for artifact in artifacts { files[artifact.name] = artifact.json }
        var json: JSONObject = JSONObject()
        json["outputs"] = .object(outputs)
        json["artifacts"] = .object(files)
        if !outputPaths.isEmpty || !artifactPaths.isEmpty {
            json["paths"] = ["outputs": .object(outputPaths), "artifacts": .object(artifactPaths)]
        }
        return .object(json)
    }

    init(json: JSONValue) {
        outputs = json["outputs"]?.objectValue ?? JSONObject()
        artifacts = (json["artifacts"]?.objectValue ?? JSONObject()).compactMap {
            KeptArtifact(name: $0.key, json: $0.value)
        }
        outputPaths = json["paths"]?["outputs"]?.objectValue ?? JSONObject()
        artifactPaths = json["paths"]?["artifacts"]?.objectValue ?? JSONObject()
    }

    /// What expressions see: outputs as they are, artifacts as paths.
    func scopeValue(status: NodeStatus, folder: String) -> JSONValue {
        var paths = JSONObject()
        for artifact in artifacts { paths[artifact.name] = .string("\(folder)/\(artifact.file)") }
        var outputs = outputs
        let root = FilePath.dirname(folder)
        // What a sub-workflow puts out may be the full paths of its files.
        for member in outputs {
            if case .string(let path) = member.value, path.hasPrefix("/") {
                outputs[member.key] = .string(Self.located(path, below: root))
            }
        }
        if !outputPaths.isEmpty || !artifactPaths.isEmpty {
            for member in outputPaths { outputs[member.key] = Self.full(member.value, below: root) }
            for member in artifactPaths { paths[member.key] = Self.full(member.value, below: root) }
        }
        return ["outputs": .object(outputs), "artifacts": .object(paths), "status": .string(status.rawValue)]
    }
}

extension NodeRecord {
    /// A full path as it is in this store. `root` is a run's folder of kept files in it.
    private static func located(_ path: String, below root: String) -> String {
        guard root.hasPrefix("/") else { return path }
        // …/runs/<id>/artifacts
        let store = FilePath.dirname(FilePath.dirname(FilePath.dirname(root)))
        return StorePath.relocated(path, to: store)
    }

    /// Paths below a folder as full paths.
    private static func full(_ paths: JSONValue, below root: String) -> JSONValue {
        switch paths {
        case .string(let path): .string(path.hasPrefix("/") ? located(path, below: root) : "\(root)/\(path)")
        case .array(let list): .array(list.map { full($0, below: root) })
        default: paths
        }
    }
}

/// A file that a node left and that is kept by its digest.
struct KeptArtifact: Sendable {
    var name: String
    var digest: Digest
    var size: Int64
    /// Its file name in the node's folder of artifacts.
    var file: String
    var mediaType: String?

    var json: JSONValue {
        var object = JSONObject()
        object["digest"] = .string(digest.hex)
        object["size"] = .integer(size)
        object["file"] = .string(file)
        object["media_type"] = mediaType.map { .string($0) }
        return .object(object)
    }
}

extension KeptArtifact {
    init?(name: String, json: JSONValue) {
        guard let digest = json["digest"]?.stringValue.flatMap({ Digest(hex: $0) }),
            let file = json["file"]?.stringValue, let size = json["size"]?.integerValue
        else { return nil }
        self.init(name: name, digest: digest, size: size, file: file, mediaType: json["media_type"]?.stringValue)
    }
}
