// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// The quick ways of frequent events give what the general way gives.
struct EncodedEventTests {
    static let names = ["a", "each[1]", "each[\"x\"]", "é", "tab\there", "back\\slash", "\u{7F}", "\u{1}", "", "a/b"]

    static var events: [RunEvent] {
        let digest = Digest(of: Array("content".utf8))
        return names.flatMap { name in
            [
                RunEvent.nodeStarted(node: name, attempt: 1), .nodeStarted(node: name, attempt: 2_000_000),
                .nodeSucceeded(node: name, attempt: 3, result: digest),
                .nodeSucceeded(node: name, attempt: 3, result: .zero),
            ]
        }
    }

    @Test(arguments: events) func isWrittenAndReadTheSame(_ event: RunEvent) {
        let recorded = RecordedEvent(sequence: 7, at: Timestamp(milliseconds: 1_234), event: event)
        let quick = EncodedEvent(recorded)
        let general = EncodedEvent(general: recorded)
        #expect(quick.canonical == general.canonical)
        #expect(quick.row.json() == general.row.json())
        #expect(quick.row.event() == recorded)
        #expect(general.row.event() == recorded)
    }
}
