// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

/// A bundle in parts that a test changes and writes anew, with all digests right again: as somebody would who knows the
/// format.
struct CraftedBundle {
    var manifest: BundleManifest
    var contents: [Digest: [UInt8]] = [:]

    init(_ path: String) throws {
        let file = try BundleFile(path)
        manifest = file.manifest
        for digest in file.manifest.order { contents[digest] = try file.bytes(of: digest) }
    }

    /// Adds a content.
    mutating func add(_ bytes: [UInt8]) -> Digest {
        let digest = Digest(of: bytes)
        contents[digest] = bytes
        manifest.contents[digest] = Int64(bytes.count)
        return digest
    }

    mutating func remove(_ digest: Digest) {
        contents[digest] = nil
        manifest.contents[digest] = nil
    }

    func events(_ place: Int = 0) throws -> [RecordedEvent] {
        let run = manifest.runs[place]
        return try BundleEvents(run: run.id, bytes: contents[run.events] ?? []).events
    }

    /// Gives a run other events, with a chain of their own.
    mutating func setEvents(_ events: [RecordedEvent], _ place: Int = 0) {
        remove(manifest.runs[place].events)
        let list = BundleEvents(run: manifest.runs[place].id, events: events)
        manifest.runs[place].events = add(list.bytes)
        manifest.runs[place].eventCount = Int64(events.count)
        manifest.runs[place].chain = Digest(list.chain)
    }

    /// Changes the JSON text of the last result of a node.
    mutating func changeResult(of node: String, _ change: (inout JSONObject) -> Void) throws {
        var events = try events()
        let place = try #require(
            events.lastIndex { if case .nodeSucceeded(node, _, _) = $0.event { true } else { false } })
        guard case .nodeSucceeded(_, let attempt, let old) = events[place].event else { return }
        var object = try #require(try JSONValue.parse(contents[old] ?? []).objectValue)
        change(&object)
        let new = add(JSONValue.object(object).jsonBytes(.compact))
        events[place].event = .nodeSucceeded(node: node, attempt: attempt, result: new)
        setEvents(events)
        if !(try self.events().contains { $0.event.contents.contains { $0.digest == old } }) { remove(old) }
    }

    /// Changes the list of the workflow's files.
    mutating func changeSource(_ change: (inout JSONObject) -> Void) throws {
        var events = try events()
        guard case .runCreated(let workflow, let old, let inputs) = events[0].event else { return }
        var object = try #require(try JSONValue.parse(contents[old] ?? []).objectValue)
        change(&object)
        let new = add(JSONValue.object(object).jsonBytes(.canonical))
        events[0].event = .runCreated(workflow: workflow, source: new, inputs: inputs)
        setEvents(events)
        if new != old { remove(old) }
    }

    var bytes: [UInt8] { bytes(manifest: manifest.bytes) }

    /// The file with another manifest.
    func bytes(manifest text: [UInt8]) -> [UInt8] {
        var bytes = Array(BundleFile.header(of: text).utf8) + text
        for digest in manifest.order { bytes += contents[digest] ?? [] }
        return bytes
    }
}
