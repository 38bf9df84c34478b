// SPDX-License-Identifier: Apache-2.0

/// One request, with all the limits that hold for it.
public struct HTTPRequest: Sendable {
    /// The method, as it is sent: `GET`, `POST`, …
    public var method: String
    /// The absolute address. User info and query may hold secrets; neither shows up in an error.
    public var url: String
    /// The headers, in the order in which they are sent.
    public var headers: [(name: String, value: String)]
    /// The body, or nothing.
    public var body: [UInt8]?
    /// The time for the whole exchange, redirects included.
    public var timeout: Duration
    /// The time for name lookup, connection and TLS handshake.
    public var connectTimeout: Duration
    /// The longest time on an open connection in which no byte moves either way.
    public var idleTimeout: Duration
    /// The largest body that is taken, in bytes after decompression.
    public var maxResponseBytes: Int
    /// How many redirects are followed. With 0 the answer 3xx is the result.
    public var followRedirects: Int
    /// The schemes that the address, and every redirect, may have.
    public var allowedSchemes: [String]
    /// Whether loopback, private, link-local and other special addresses may be connected to.
    ///
    /// When false the check is made on the resolved address, and no proxy is used: a proxy would resolve the name itself.
    public var allowsPrivateAddresses: Bool
    /// Whether link-local addresses may be connected to; without `allowsPrivateAddresses` they may not anyway.
    ///
    /// The services by which clouds hand their machines the keys of the machine are there. Also checked on the resolved
    /// address; a proxy is not asked for such an address, but may resolve a name to one.
    public var allowsLinkLocalAddresses: Bool

    /// Makes a request with the given limits.
    public init(
        method: String = "GET",
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(60),
        connectTimeout: Duration = .seconds(10),
        idleTimeout: Duration = .seconds(30),
        maxResponseBytes: Int = 16 << 20,
        followRedirects: Int = 0,
        allowedSchemes: [String] = ["http", "https"],
        allowsPrivateAddresses: Bool = true,
        allowsLinkLocalAddresses: Bool = true
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.maxResponseBytes = maxResponseBytes
        self.followRedirects = followRedirects
        self.allowedSchemes = allowedSchemes
        self.allowsPrivateAddresses = allowsPrivateAddresses
        self.allowsLinkLocalAddresses = allowsLinkLocalAddresses
    }
}

extension HTTPRequest {
    /// The request in words, without user info and query: safe to log.
    var redacted: String { "\(Self.isToken(method) ? method : "?") \(Self.redact(url))" }

    /// Cuts the query and the user info from an address that may be malformed.
    static func redact(_ url: String) -> String {
        let bytes = Array(url.utf8)
        let end = bytes.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? bytes.endIndex
        var start = bytes.startIndex
        var prefix = bytes[..<start]
        if let colon = bytes[..<end].firstIndex(of: UInt8(ascii: ":")),
            bytes[colon..<end].starts(with: Array("://".utf8))
        {
            start = colon + 3
            prefix = bytes[..<start]
        }
        let path = bytes[start..<end].firstIndex(of: UInt8(ascii: "/")) ?? end
        let host = bytes[start..<path].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? start
        let visible = (prefix + bytes[host..<end]).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
        return String(decoding: visible, as: UTF8.self) + (end < bytes.endIndex ? "?…" : "")
    }

    /// Why the method or a header cannot be sent, or nothing.
    ///
    /// A line break in a value would let whoever made the value add headers of his own.
    var problem: String? {
        guard Self.isToken(method) else { return "the method is not a word of HTTP" }
        for header in headers {
            guard Self.isToken(header.name) else { return "a header has a name that HTTP does not allow" }
            guard header.value.utf8.allSatisfy({ $0 == 9 || ($0 >= 0x20 && $0 != 0x7f) }) else {
                return "the value of the header \(header.name) has a control character"
            }
        }
        return nil
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default:
                    "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
