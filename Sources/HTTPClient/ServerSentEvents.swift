// SPDX-License-Identifier: Apache-2.0

/// Reads a stream of server-sent events (`text/event-stream`) piece by piece.
public struct ServerSentEvents: Sendable {
    /// One event of the stream.
    public struct Event: Sendable, Equatable {
        /// The type; `message` when the server names none.
        public var event: String
        /// The lines of data, joined by line feeds.
        public var data: String
        /// The last id that the server sent, on this event or before it.
        public var id: String?

        /// Makes an event.
        public init(event: String = "message", data: String, id: String? = nil) {
            self.event = event
            self.data = data
            self.id = id
        }
    }

    /// The stream broke a limit; nothing more can be read from it.
    public struct LimitExceeded: Error, Sendable, Equatable, CustomStringConvertible {
        /// The limit in bytes.
        public var limit: Int

        /// Makes the error.
        public init(limit: Int) {
            self.limit = limit
        }

        /// The limit in words.
        public var description: String { "a line or an event of the stream is longer than \(limit) bytes" }
    }

    /// How long the server asks to wait before a new connection, if it did.
    public private(set) var reconnectionTime: Duration?
    /// Whether bytes of an event were read that has not ended. At the end of a stream this means it was cut.
    public var isInsideEvent: Bool { !line.isEmpty || !data.isEmpty || !type.isEmpty }

    private let maxLineBytes: Int
    private let maxEventBytes: Int
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var type: [UInt8] = []
    private var id: String?
    private var endedWithReturn = false
    private var isFirstLine = true

    /// Makes a parser.
    ///
    /// - Parameters:
    ///   - maxLineBytes: the longest line that is taken.
    ///   - maxEventBytes: the most data of one event.
    public init(maxLineBytes: Int = 1 << 20, maxEventBytes: Int = 8 << 20) {
        self.maxLineBytes = maxLineBytes
        self.maxEventBytes = maxEventBytes
    }

    /// Takes the next bytes and returns the events that are complete with them.
    public mutating func push(_ bytes: [UInt8]) throws(LimitExceeded) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while let first = rest.first {
            // A return and a line feed are one line end, even when they come in two pieces.
            if endedWithReturn {
                endedWithReturn = false
                if first == UInt8(ascii: "\n") {
                    rest = rest.dropFirst()
                    continue
                }
            }
            let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            line += rest[..<(end ?? rest.endIndex)]
            guard line.count <= maxLineBytes else { throw LimitExceeded(limit: maxLineBytes) }
            guard let end else { break }
            endedWithReturn = rest[end] == UInt8(ascii: "\r")
            rest = rest[(end + 1)...]
            if let event = try endLine() { events.append(event) }
        }
        return events
    }

    private mutating func endLine() throws(LimitExceeded) -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let name = line[..<(colon ?? line.endIndex)]
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: name, as: UTF8.self) {
        case "data":
            data += value
            data.append(UInt8(ascii: "\n"))
            guard data.count <= maxEventBytes else { throw LimitExceeded(limit: maxEventBytes) }
        case "event":
            type = Array(value)
        case "id" where !value.contains(0):
            id = String(decoding: value, as: UTF8.self)
        case "retry":
            let digits = String(decoding: value, as: UTF8.self)
            if value.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let time = UInt32(digits) {
                reconnectionTime = .milliseconds(Int64(time))
            }
        default:
            break
        }
        return nil
    }

    private mutating func endEvent() -> Event? {
        defer {
            data.removeAll(keepingCapacity: true)
            type.removeAll(keepingCapacity: true)
        }
        guard !data.isEmpty else { return nil }
        return Event(
            event: type.isEmpty ? "message" : String(decoding: type, as: UTF8.self),
            data: String(decoding: data.dropLast(), as: UTF8.self),
            id: id
        )
    }
}
