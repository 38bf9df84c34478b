// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What is kept of a node's success: `{"outputs": {…}, "artifacts": {name: {digest, size, file, media_type}}}`.
/// Its compact JSON text, in the order in which the node gave its outputs, is stored; that text's digest is what the event log and dependent nodes refer to.
struct NodeRecord: Sendable {
    var outputs: JSONObject
    var artifacts: [KeptArtifact] = []

    static let empty = NodeRecord(outputs: JSONObject())
    static let emptyDigest = Digest(of: NodeRecord.empty.json.jsonBytes(.compact))

    init(outputs: JSONObject, artifacts: [KeptArtifact] = []) {
        self.outputs = outputs
        self.artifacts = artifacts
    }

    var json: JSONValue {
        var files = JSONObject()
        for artifact in artifacts { files[artifact.name] = artifact.json }
        return ["outputs": .object(outputs), "artifacts": .object(files)]
    }

    init(json: JSONValue) {
        outputs = json["outputs"]?.objectValue ?? JSONObject()
        artifacts = (json["artifacts"]?.objectValue ?? JSONObject()).compactMap {
            KeptArtifact(name: $0.key, json: $0.value)
        }
    }

    /// What expressions see: outputs as they are, artifacts as paths.
    func scopeValue(status: NodeStatus, folder: String) -> JSONValue {
        var paths = JSONObject()
        for artifact in artifacts { paths[artifact.name] = .string("\(folder)/\(artifact.file)") }
        return ["outputs": .object(outputs), "artifacts": .object(paths), "status": .string(status.rawValue)]
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
