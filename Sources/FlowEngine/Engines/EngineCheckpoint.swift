// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// Where the next attempt of a node can go on: what the engine gave at its last checkpoint. It lies beside the folders of
/// the attempts, and counts only for the same work of the same engine.
struct EngineCheckpoint: Sendable {
    /// The most that an engine may keep, in bytes.
    static let largest = 8 << 20

    private let path: String
    private let key: JSONValue

    init(_ manifest: EngineManifest, action: String, inputs: JSONObject, directory: String) {
        path = FilePath.join(FilePath.dirname(directory), "checkpoint.engine.json")
        key = [
            "engine": .string(manifest.name), "version": .string(manifest.version), "action": .string(action),
            "inputs": .string(Digest(of: JSONValue.object(inputs).jsonBytes(.canonical)).hex),
        ]
    }

    /// What an earlier attempt kept; nil when there is nothing that fits.
    func read() -> JSONValue? {
        guard let bytes = try? File.read(path, limit: Self.largest + 4096), let json = try? JSONValue.parse(bytes),
            json["for"] == key
        else { return nil }
        return json["checkpoint"]
    }

    /// Keeps a checkpoint in the place of the one before. False when it is too large or the disk does not take it.
    func write(_ checkpoint: JSONValue) -> Bool {
        let bytes = JSONValue.object(
            JSONObject([
                JSONObject.Member(key: "for", value: key), JSONObject.Member(key: "checkpoint", value: checkpoint),
            ])
        ).jsonBytes(.compact)
        guard bytes.count <= Self.largest else { return false }
        do throws(FileError) {
            try File.writeDurably(bytes, to: path)
            return true
        } catch {
            return false
        }
    }

    /// The work is done.
    func remove() { try? File.remove(path) }
}
