// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// A small HTTP/1.1 server for programs of this machine: it listens on 127.0.0.1 alone, on a port that the system chooses.
///
/// One thread moves the bytes of all connections; each request is answered in a task of its own, which is cancelled when
/// its client goes. Connections are kept alive; a request has a body of known length or in chunks; answers may be streamed.
public final class HTTPServer: Sendable {
    /// Answers a request. When it returns without an answer, the client gets the status 500.
    public typealias Handler = @Sendable (ServerRequest, ServerResponse) async -> Void

    /// The port on 127.0.0.1.
    public let port: UInt16
    private let inbox: ServerInbox

    /// Listens, and starts the thread.
    ///
    /// - Parameters:
    ///   - limits: what clients may ask for.
    ///   - handler: answers requests, many at the same time.
    public init(limits: ServerLimits = ServerLimits(), handler: @escaping Handler) throws(HTTPServerError) {
        guard let inbox = ServerInbox() else { throw HTTPServerError(code: errno, doing: "make a pipe") }
        let (listener, port) = try Self.listen()
        self.inbox = inbox
        self.port = port
        let loop = ServerLoop(listener: listener, port: port, inbox: inbox, limits: limits, handler: handler)
        // The thread takes the only reference; from here on nobody else touches the loop.
        let holder = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<ServerLoop>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, holder.toOpaque())
        guard code == 0 else {
            holder.release()
            close(listener)
            throw HTTPServerError(code: code, doing: "start the server's thread")
        }
        pthread_detach(thread)
    }

    deinit { inbox.post(.stop(nil)) }

    /// Closes all connections and returns when no request is being answered any more.
    public func stop() async {
        let inbox = inbox
        let tasks = await withCheckedContinuation { inbox.post(.stop($0)) }
        for task in tasks { await task.value }
    }

    private static func listen() throws(HTTPServerError) -> (Int32, UInt16) {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, flags, 0)
        guard descriptor >= 0 else { throw HTTPServerError(code: errno, doing: "make a socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = length
        let isListening = withUnsafeMutableBytes(of: &address) { raw in
            guard let pointer = raw.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
            return bind(descriptor, pointer, size) == 0 && Glibc.listen(descriptor, 128) == 0
                && getsockname(descriptor, pointer, &length) == 0
        }
        guard isListening else {
            let code = errno
            close(descriptor)
            throw HTTPServerError(code: code, doing: "listen on 127.0.0.1")
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
