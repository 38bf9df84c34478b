// SPDX-License-Identifier: Apache-2.0

/// Makes requests of the bytes of a connection. Strict: what two readers could understand differently is refused.
struct RequestParser {
    enum Step {
        /// More bytes are needed.
        case wanting
        /// The client waits for leave to send the body.
        case wantsLeave
        case request(ServerRequest)
        /// The connection cannot be used any more.
        case refused(status: Int, why: String)
    }

    private enum State {
        case head
        case body(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        case broken
    }

    private let limits: ServerLimits
    private var state = State.head
    private var bytes: [UInt8] = []
    /// Where the unread bytes begin.
    private var start = 0
    /// Up to where the end of the head has been looked for.
    private var searched = 0
    private var request: ServerRequest?
    private var needsLeave = false
    private var trailerLines = 0

    init(limits: ServerLimits) { self.limits = limits }

    /// Whether nothing of a request has come.
    var isIdle: Bool {
        if case .head = state { start == bytes.count } else { false }
    }

    /// How many bytes wait.
    var waiting: Int { bytes.count - start }

    mutating func append(_ more: ArraySlice<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes += more
    }

    /// The next thing that the bytes so far say.
    mutating func next() -> Step {
        do throws(Refusal) {
            while true {
                switch state {
                case .broken: return .refused(status: 400, why: "the connection is broken")
                case .head:
                    guard try readHead() else { return .wanting }
                case .body(let left):
                    take(left)
                    guard case .body(0) = state else { return askForMore() }
                    return finish()
                case .chunkSize:
                    guard let line = try line() else { return askForMore() }
                    let size = try chunkSize(line)
                    guard (request?.body.count ?? 0) + size <= limits.body else { throw tooLarge }
                    state = size == 0 ? .trailer : .chunk(size)
                case .chunk(let left):
                    take(left)
                    guard case .chunk(0) = state else { return askForMore() }
                    state = .chunkEnd
                case .chunkEnd:
                    guard let line = try line() else { return .wanting }
                    guard line.isEmpty else { throw Refusal(400, "a chunk is longer than it says") }
                    state = .chunkSize
                case .trailer:
                    guard let line = try line() else { return .wanting }
                    if line.isEmpty { return finish() }
                    trailerLines += 1
                    guard trailerLines <= limits.headers else { throw Refusal(431, "too many trailers") }
                }
            }
        } catch {
            state = .broken
            return .refused(status: error.status, why: error.why)
        }
    }

    private struct Refusal: Error {
        var status: Int
        var why: String

        init(_ status: Int, _ why: String) {
            self.status = status
            self.why = why
        }
    }

    private var tooLarge: Refusal { Refusal(413, "the body has more than \(limits.body) bytes") }

    private mutating func askForMore() -> Step {
        defer { needsLeave = false }
        return needsLeave ? .wantsLeave : .wanting
    }

    private mutating func finish() -> Step {
        guard let request else { return .wanting }
        self.request = nil
        state = .head
        searched = start
        trailerLines = 0
        needsLeave = false
        return .request(request)
    }

    /// Moves up to `left` bytes into the body.
    private mutating func take(_ left: Int) {
        let count = Swift.min(left, bytes.count - start)
        request?.body += bytes[start..<(start + count)]
        start += count
        if count > 0 { needsLeave = false }
        switch state {
        case .body: state = .body(left - count)
        case .chunk: state = .chunk(left - count)
        default: break
        }
    }

    /// The next line without its end; nil while it is not whole.
    private mutating func line() throws(Refusal) -> ArraySlice<UInt8>? {
        guard let end = bytes[start...].firstIndex(of: 0x0A) else {
            guard bytes.count - start <= 4096 else { throw Refusal(400, "a line of the body is too long") }
            return nil
        }
        guard end > start, bytes[end - 1] == 0x0D, end - start <= 4096 else {
            throw Refusal(400, "a line of the body does not end as it has to")
        }
        defer { start = end + 1 }
        needsLeave = false
        return bytes[start..<(end - 1)]
    }

    private func chunkSize(_ line: ArraySlice<UInt8>) throws(Refusal) -> Int {
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard !digits.isEmpty, digits.count <= 8,
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
            digits.allSatisfy({ Self.isHexDigit($0) })
        else { throw Refusal(400, "the size of a chunk cannot be read") }
        return size
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    // MARK: The head

    private mutating func readHead() throws(Refusal) -> Bool {
        var place = Swift.max(start, searched)
        while place < bytes.count {
            guard bytes[place] == 0x0A else {
                place += 1
                continue
            }
            guard place > start, bytes[place - 1] == 0x0D else { throw Refusal(400, "a line ends without CR") }
            if place >= start + 3, bytes[place - 2] == 0x0A {
                guard place - start < limits.head else { throw Refusal(431, "the headers are too long") }
                try takeHead(bytes[start..<(place - 3)])
                start = place + 1
                return true
            }
            place += 1
        }
        searched = place
        guard bytes.count - start < limits.head else { throw Refusal(431, "the headers are too long") }
        return false
    }

    private mutating func takeHead(_ head: ArraySlice<UInt8>) throws(Refusal) {
        for byte in head where byte < 0x20 && byte != 0x0D && byte != 0x0A && byte != 0x09 || byte == 0x7F {
            throw Refusal(400, "the head has control characters")
        }
        var lines: [ArraySlice<UInt8>] = []
        var from = head.startIndex
        for place in head.indices where head[place] == 0x0A {
            lines.append(head[from..<(place - 1)])
            from = place + 1
        }
        lines.append(head[from...])
        guard !lines.contains(where: { $0.contains(0x0D) }) else { throw Refusal(400, "a line has a CR in it") }
        var request = try Self.requestLine(lines.first ?? [])
        guard lines.count - 1 <= limits.headers else { throw Refusal(431, "too many headers") }
        for line in lines.dropFirst() { request.headers.append(try Self.header(line)) }
        try frame(&request)
        self.request = request
    }

    private static func requestLine(_ line: ArraySlice<UInt8>) throws(Refusal) -> ServerRequest {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Refusal(400, "the request line cannot be read") }
        let method = parts[0]
        guard (1...16).contains(method.count), method.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw Refusal(400, "the method cannot be read")
        }
        let target = parts[1]
        guard target.first == UInt8(ascii: "/"), target.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Refusal(400, "the target is no path")
        }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else { throw Refusal(505, "HTTP/1.1 is spoken here") }
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        var request = ServerRequest(
            method: String(decoding: method, as: UTF8.self), path: String(decoding: path, as: UTF8.self),
            query: String(decoding: target.dropFirst(path.count + 1), as: UTF8.self))
        request.isCurrent = version == "HTTP/1.1"
        return request
    }

    private static func header(_ line: ArraySlice<UInt8>) throws(Refusal) -> (name: String, value: String) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
            throw Refusal(400, "a header cannot be read")
        }
        let name = line[..<colon]
        guard name.allSatisfy({ isToken($0) }) else { throw Refusal(400, "the name of a header cannot be read") }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        while let last = value.last, last == 0x20 || last == 0x09 { value.removeLast() }
        return (String(decoding: name, as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// Finds out how long the body is, and what becomes of the connection.
    private mutating func frame(_ request: inout ServerRequest) throws(Refusal) {
        func values(_ name: String) -> [String] { request.headers.filter { $0.name == name }.map(\.value) }
        let hosts = values("host").count
        guard hosts == 1 || (hosts == 0 && !request.isCurrent) else { throw Refusal(400, "there must be one Host") }
        var closes = false
        for value in values("connection") {
            for token in value.lowercased().split(separator: ",") where token.filter({ $0 != " " }) == "close" {
                closes = true
            }
        }
        request.keepsAlive = request.isCurrent && !closes
        let lengths = values("content-length")
        let encodings = values("transfer-encoding")
        needsLeave = request.isCurrent && values("expect").contains { $0.lowercased() == "100-continue" }
        switch (lengths.count, encodings.count) {
        case (0, 0): state = .body(0)
        case (1, 0):
            let digits = lengths[0].utf8
            guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = Int(lengths[0])
            else { throw Refusal(400, "Content-Length cannot be read") }
            guard length <= limits.body else { throw tooLarge }
            state = .body(length)
        case (0, 1):
            guard request.isCurrent, encodings[0].lowercased() == "chunked" else {
                throw Refusal(501, "only the encoding `chunked` is understood")
            }
            state = .chunkSize
        default: throw Refusal(400, "the length of the body is given more than once")
        }
    }
}
