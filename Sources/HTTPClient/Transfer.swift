// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc
import Synchronization

/// One exchange with one server: what the callbacks of libcurl fill, and whom to tell at the end.
///
/// Invariant behind `@unchecked Sendable`: after it was given to the loop only the loop's thread touches it, but for
/// `isCancelled`, which is atomic.
final class Transfer: @unchecked Sendable {
    /// What the loop hands back.
    typealias Outcome = Result<HTTPResponse, HTTPError>

    let request: HTTPRequest
    let address: WebAddress
    let isCancelled = Atomic<Bool>(false)
    /// Where the body goes; nothing means that it is collected.
    let onHeaders: (@Sendable (HTTPResponse) -> Void)?
    let onChunk: (@Sendable ([UInt8]) -> Void)?

    private(set) var status = 0
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var received = 0
    private(set) var failure: HTTPError.Kind?
    private var headerBytes = 0
    private var hasToldHeaders = false
    private var isConnected = false
    private var lastActivity = ContinuousClock.now
    private var lastUploaded: Int64 = 0
    private var finish: (@Sendable (Outcome) -> Void)?

    static let maxHeaderBytes = 256 << 10

    init(
        request: HTTPRequest,
        address: WebAddress,
        onHeaders: (@Sendable (HTTPResponse) -> Void)?,
        onChunk: (@Sendable ([UInt8]) -> Void)?,
        finish: @escaping @Sendable (Outcome) -> Void
    ) {
        self.request = request
        self.address = address
        self.onHeaders = onHeaders
        self.onChunk = onChunk
        self.finish = finish
    }

    /// Hands the outcome back; only the first call counts.
    func end(_ outcome: Outcome) {
        let finish = self.finish
        self.finish = nil
        finish?(outcome)
    }

    func error(_ kind: HTTPError.Kind, _ message: String) -> HTTPError {
        HTTPError(kind: kind, message: message, doing: request.redacted)
    }

    /// The response as far as it came.
    var response: HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: body, effectiveURL: address.text)
    }

    /// Where the server sends us, when the request wants to follow.
    var redirectTarget: String? {
        guard request.followRedirects > 0 else { return nil }
        return response.redirectTarget
    }
}

// MARK: - What the callbacks do

extension Transfer {
    /// Takes one header line; false ends the transfer.
    func takeHeader(_ line: [UInt8]) -> Bool {
        lastActivity = .now
        headerBytes += line.count
        guard headerBytes <= Self.maxHeaderBytes else {
            failure = .tooLarge
            return false
        }
        var text = line[...]
        while let last = text.last, last == 10 || last == 13 { text = text.dropLast() }
        if text.starts(with: Array("HTTP/".utf8)) {
            // A status line: what came before was an interim answer, or the one of a proxy.
            headers.removeAll()
            let words = text.split(separator: UInt8(ascii: " "), maxSplits: 2)
            status = words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0
        } else if text.isEmpty {
            // Trailers after the body end in an empty line too.
            guard status >= 200, redirectTarget == nil, !hasToldHeaders else { return true }
            hasToldHeaders = true
            onHeaders?(response)
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: text[..<colon], as: UTF8.self)
            let value = String(decoding: text[(colon + 1)...].trimmed, as: UTF8.self)
            headers.append((name, value))
        }
        return true
    }

    /// Takes a piece of the body; false ends the transfer.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        lastActivity = .now
        let (sum, overflow) = received.addingReportingOverflow(bytes.count)
        guard !overflow, sum <= request.maxResponseBytes else {
            failure = .tooLarge
            return false
        }
        received = sum
        guard redirectTarget == nil else { return true }
        if let onChunk {
            onChunk(Array(bytes))
        } else {
            body += bytes
        }
        return true
    }

    /// Opens a socket, unless the address is one that the request does not allow.
    func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Int32 {
        let target = address.pointee
        // "addr" is declared as the short general form, but libcurl stores the whole address there: never copy it.
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
        let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + offset, count: Int(target.addrlen))
        guard AddressPolicy.allows(AddressPolicy.bytes(socketAddress: bytes), for: request) else {
            failure = .blockedAddress
            return -1
        }
        // Close-on-exec, so that programs started meanwhile do not hold the connection open.
        return socket(target.family, target.socktype | Int32(SOCK_CLOEXEC.rawValue), target.protocol)
    }

    /// Called when a connection stands, new or reused, and the request is about to be sent on it.
    func beginRequest(peer: String) -> Bool {
        lastActivity = .now
        isConnected = true
        guard AddressPolicy.allows(AddressPolicy.bytes(text: peer), for: request) else {
            failure = .blockedAddress
            return false
        }
        // An address of the same name that was refused does not matter when another one was reached.
        failure = nil
        return true
    }
}

// MARK: - What the loop asks

extension Transfer {
    /// Whether the server has been silent for too long; `uploaded` is what was sent so far.
    func isIdle(now: ContinuousClock.Instant, uploaded: Int64) -> Bool {
        if uploaded != lastUploaded {
            lastUploaded = uploaded
            lastActivity = now
        }
        return isConnected && now - lastActivity >= request.idleTimeout
    }

    /// The error for a code of libcurl.
    func error(for code: CURLcode, library: CurlLibrary) -> HTTPError {
        switch failure {
        case .tooLarge where headerBytes > Self.maxHeaderBytes:
            return error(.tooLarge, "the headers of the answer are larger than \(Self.maxHeaderBytes) bytes")
        case .tooLarge:
            return error(.tooLarge, "the answer is larger than \(request.maxResponseBytes) bytes")
        case .blockedAddress:
            return error(.blockedAddress, "the server's address is private and not allowed here")
        default: break
        }
        let message = library.describe(code)
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            return error(.invalidURL, message)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return error(.resolve, "the name of the server was not found")
        case CURLE_COULDNT_CONNECT:
            return error(.connect, "no connection to the server")
        case CURLE_OPERATION_TIMEDOUT where !isConnected:
            return error(.timeout, "no connection within \(min(request.connectTimeout, request.timeout))")
        case CURLE_OPERATION_TIMEDOUT:
            return error(.timeout, "no whole answer within \(request.timeout)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_CLIENTCERT:
            return error(.tls, message)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            return error(.dropped(received: received), "\(message), after \(received) bytes of the body")
        default:
            return error(.other(code: Int(code.rawValue)), message)
        }
    }
}

extension HTTPResponse {
    /// The address of a redirect, when this response is one.
    var redirectTarget: String? {
        switch status {
        case 301, 302, 303, 307, 308: header("Location").flatMap { $0.isEmpty ? nil : $0 }
        default: nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without spaces and tabs at both ends.
    fileprivate var trimmed: Self {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
        var result = drop(while: isBlank)
        while let last = result.last, isBlank(last) { result = result.dropLast() }
        return result
    }
}
