// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// An HTTP client with a connection cache, on a thread of its own that starts with the first request.
///
/// Requests may be made from any task, any number at once. Proxies are taken from the environment, but never for this
/// machine itself. When the last reference goes, idle connections are closed.
public final class HTTPClient: Sendable {
    private let userAgent: String
    private let loop = Mutex<TransferLoop?>(nil)

    /// Makes a client; neither the library nor the thread is started yet.
    public init(userAgent: String = "flow") {
        self.userAgent = userAgent
    }

    deinit {
        loop.withLock { $0 }?.stop()
    }

    /// Makes a request and collects the body.
    ///
    /// Any status is a result. A cancelled task ends the transfer and throws the kind `cancelled`.
    public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        try await perform(request, onHeaders: nil, onChunk: nil)
    }

    /// Makes a request and hands the body over in pieces as they come.
    ///
    /// Both closures run on the client's thread, one at a time, and hold up all other transfers: they must not wait.
    ///
    /// - Parameters:
    ///   - onHeaders: called once, before the first piece, with status and headers.
    ///   - onChunk: called with each piece of the body, whatever the status is.
    /// - Returns: the response with an empty body.
    public func stream(
        _ request: HTTPRequest,
        onHeaders: @escaping @Sendable (HTTPResponse) -> Void = { _ in },
        onChunk: @escaping @Sendable ([UInt8]) -> Void
    ) async throws(HTTPError) -> HTTPResponse {
        try await perform(request, onHeaders: onHeaders, onChunk: onChunk)
    }

    private func perform(
        _ request: HTTPRequest,
        onHeaders: (@Sendable (HTTPResponse) -> Void)?,
        onChunk: (@Sendable ([UInt8]) -> Void)?
    ) async throws(HTTPError) -> HTTPResponse {
        let (loop, library) = try start(for: request)
        let deadline = ContinuousClock.now + request.timeout
        var (hop, address) = try check(request, relativeTo: nil, library: library)
        var redirects = 0
        while true {
            let response = try await exchange(hop, address, on: loop, onHeaders: onHeaders, onChunk: onChunk)
            guard request.followRedirects > 0, let target = response.redirectTarget else { return response }
            redirects += 1
            guard redirects <= request.followRedirects else {
                let message = "the server redirected more than \(request.followRedirects) times"
                throw HTTPError(kind: .tooManyRedirects, message: message, doing: request.redacted)
            }
            hop.url = target
            let previous = address
            (hop, address) = try check(hop, relativeTo: previous, library: library)
            hop.redirect(status: response.status, isSameServer: address.origin == previous.origin)
            hop.timeout = deadline - .now
            guard hop.timeout > .zero else {
                let message = "no whole answer within \(request.timeout)"
                throw HTTPError(kind: .timeout, message: message, doing: request.redacted)
            }
        }
    }

    private func start(for request: HTTPRequest) throws(HTTPError) -> (TransferLoop, CurlLibrary) {
        switch CurlLibrary.loaded {
        case .failure(let missing):
            throw HTTPError(kind: .libraryMissing, message: missing.message, doing: request.redacted)
        case .success(let library):
            let loop = self.loop.withLock { loop in
                let current = loop ?? TransferLoop(library: library, userAgent: userAgent)
                loop = current
                return current
            }
            return (loop, library)
        }
    }

    private func check(
        _ request: HTTPRequest,
        relativeTo base: WebAddress?,
        library: CurlLibrary
    ) throws(HTTPError) -> (HTTPRequest, WebAddress) {
        if let problem = request.problem {
            throw HTTPError(kind: .invalidURL, message: problem, doing: request.redacted)
        }
        // Whatever a request allows, this client speaks no other protocol.
        let schemes = request.allowedSchemes.map { $0.lowercased() }.filter { ["http", "https"].contains($0) }
        switch WebAddress.parse(request.url, relativeTo: base, schemes: schemes, library: library) {
        case .failure(let malformed):
            throw HTTPError(kind: .invalidURL, message: malformed.message, doing: request.redacted)
        case .success(let address):
            var request = request
            request.url = address.text
            return (request, address)
        }
    }

    private func exchange(
        _ request: HTTPRequest,
        _ address: WebAddress,
        on loop: TransferLoop,
        onHeaders: (@Sendable (HTTPResponse) -> Void)?,
        onChunk: (@Sendable ([UInt8]) -> Void)?
    ) async throws(HTTPError) -> HTTPResponse {
        let ended = OneTimeValue<Transfer.Outcome>()
        let transfer = Transfer(request: request, address: address, onHeaders: onHeaders, onChunk: onChunk) {
            ended.set($0)
        }
        let outcome = await withTaskCancellationHandler {
            loop.submit(transfer)
            return await ended.value
        } onCancel: {
            loop.cancel(transfer)
        }
        return try outcome.get()
    }
}

extension HTTPRequest {
    /// Changes a request whose address is now the target of a redirect.
    mutating func redirect(status: Int, isSameServer: Bool) {
        // As browsers do: 303 always turns into GET, 301 and 302 turn a POST into GET.
        if (status == 303 && method != "HEAD") || ((status == 301 || status == 302) && method == "POST") {
            method = "GET"
            body = nil
            headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        // Another server must see neither key nor cookie, under whatever name they go.
        guard !isSameServer else { return }
        let harmless: Set<String> = ["accept", "accept-language", "content-type", "user-agent"]
        headers.removeAll { !harmless.contains($0.name.lowercased()) }
    }
}
