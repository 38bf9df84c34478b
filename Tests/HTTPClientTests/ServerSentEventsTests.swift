// SPDX-License-Identifier: Apache-2.0
import HTTPClient
import Testing

struct ServerSentEventsTests {
    private typealias Event = ServerSentEvents.Event

    private let stream =
        "\u{feff}: comment\ndata: one\n\nevent: delta\nid: 7\ndata: two\ndata:  lines\n\n"
        + "data\r\n\r\nretry: 1500\nevent: nothing\n\ndata: ü\r\rid\ndata: last\n\n"

    private let expected = [
        Event(data: "one"),
        Event(event: "delta", data: "two\n lines", id: "7"),
        Event(data: "", id: "7"),
        Event(data: "ü", id: "7"),
        Event(data: "last", id: ""),
    ]

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `The same events come out however the bytes are cut`(size: Int) throws {
        let bytes = Array(stream.utf8)
        var parser = ServerSentEvents()
        var events: [Event] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try parser.push(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(events == expected)
        #expect(parser.reconnectionTime == .milliseconds(1500))
        #expect(!parser.isInsideEvent)
    }

    @Test func `An event without its empty line is not delivered, and shows as unfinished`() throws {
        var parser = ServerSentEvents()
        #expect(try parser.push(Array("data: x\n".utf8)).isEmpty)
        #expect(parser.isInsideEvent)
        #expect(try parser.push(Array("\n".utf8)) == [Event(data: "x")])
        #expect(!parser.isInsideEvent)
    }

    @Test func `Lines and events have a limit`() throws {
        var lines = ServerSentEvents(maxLineBytes: 10)
        _ = try lines.push(Array("data: 1234".utf8))
        #expect(throws: ServerSentEvents.LimitExceeded(limit: 10)) { try lines.push([0x35]) }
        var events = ServerSentEvents(maxEventBytes: 10)
        #expect(throws: ServerSentEvents.LimitExceeded(limit: 10)) {
            for _ in 0..<3 { _ = try events.push(Array("data: 1234\n".utf8)) }
        }
    }
}
