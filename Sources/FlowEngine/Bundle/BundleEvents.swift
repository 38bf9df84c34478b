// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Hashing

/// The events of a run as a content: one JSON object a line, with the sequence, the time and the event.
struct BundleEvents {
    let run: String
    private(set) var events: [RecordedEvent] = []
    /// The hash of the last event.
    private(set) var chain: SHA256Digest
    private static let limits = JSONLimits(depth: 132)

    /// The events as they stand in a store.
    init(run: String, events: [RecordedEvent]) {
        self.run = run
        self.events = events
        chain = EventChain.start(run: run)
        for event in events { extend(event, EncodedEvent(event).canonical) }
    }

    /// The events of a content of a bundle. The chain is worked out anew.
    init(run: String, bytes: [UInt8]) throws(BundleError) {
        self.run = run
        chain = EventChain.start(run: run)
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let next = Int64(events.count) + 1
            guard let end = bytes[start...].firstIndex(of: 0x0A) else {
                throw BundleError(.invalid, "event \(next) of run \(run) has no end")
            }
            guard let json = try? JSONValue.parse(Array(bytes[start..<end]), limits: Self.limits),
                let sequence = json["sequence"]?.integerValue, let at = json["at"]?.integerValue,
                let body = json["event"], let event = RunEvent(json: body), json.objectValue?.count == 3
            else { throw BundleError(.invalid, "event \(next) of run \(run) is none that this version of flow knows") }
            guard sequence == next else {
                throw BundleError(.invalid, "event \(next) of run \(run) is missing: \(sequence) stands in its place")
            }
            let recorded = RecordedEvent(sequence: sequence, at: Timestamp(milliseconds: at), event: event)
            let canonical = EncodedEvent(recorded).canonical
            // What this version does not know would be lost.
            guard canonical == body.jsonBytes(.canonical) else {
                throw BundleError(
                    .invalid, "event \(next) of run \(run) says more than this version of flow understands")
            }
            guard canonical.count <= EventRow.limits.length else {
                throw BundleError(.invalid, "event \(next) of run \(run) is too large")
            }
            events.append(recorded)
            extend(recorded, canonical)
            start = end + 1
        }
    }

    private mutating func extend(_ event: RecordedEvent, _ canonical: [UInt8]) {
        chain = EventChain.link(
            after: chain, sequence: event.sequence, at: event.at.milliseconds, canonical: canonical)
    }

    /// The events as a content.
    var bytes: [UInt8] {
        var text: [UInt8] = []
        for event in events {
            text += "{\"at\":\(event.at.milliseconds),\"event\":".utf8
            text += EncodedEvent(event).canonical
            text += ",\"sequence\":\(event.sequence)}\n".utf8
        }
        return text
    }
}
