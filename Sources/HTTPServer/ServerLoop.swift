// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The thread that moves the bytes of all connections. Only this thread touches its state.
final class ServerLoop {
    private let listener: Int32
    private let hosts: Set<String>
    private let inbox: ServerInbox
    private let limits: ServerLimits
    private let handler: HTTPServer.Handler
    private var connections: [UInt64: ServerConnection] = [:]
    private var lastID: UInt64 = 0

    init(
        listener: Int32, port: UInt16, inbox: ServerInbox, limits: ServerLimits, handler: @escaping HTTPServer.Handler
    ) {
        self.listener = listener
        self.inbox = inbox
        self.limits = limits
        self.handler = handler
        // A page in a browser can send requests here under a name of its own; none of these is one.
        hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
    }

    func run() {
        blockSignals()
        while true {
            let order = Array(connections.keys)
            var set = [pollfd(fd: inbox.readEnd, events: Int16(POLLIN), revents: 0)]
            let isRoom = connections.count < limits.connections
            set.append(pollfd(fd: isRoom ? listener : -1, events: Int16(POLLIN), revents: 0))
            for id in order { set.append(connections[id]?.interest ?? pollfd(fd: -1, events: 0, revents: 0)) }
            let code = poll(&set, nfds_t(set.count), 1000)
            guard code >= 0 || errno == EINTR else { return end(nil) }
            let now = ContinuousClock.now
            for (place, id) in order.enumerated() where code > 0 { serve(id, set[place + 2].revents, now) }
            if code > 0, set[1].revents != 0 { accept(now) }
            for message in inbox.take() {
                switch message {
                case .output(let id, let bytes, let isLast, let closes):
                    output(id, bytes, isLast: isLast, closes: closes, now)
                case .abort(let id): drop(id)
                case .stop(let waiter): return end(waiter)
                }
            }
            for (id, connection) in connections where connection.isOverdue(now) { drop(id) }
        }
    }

    private func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }

    private func end(_ waiter: CheckedContinuation<[Task<Void, Never>], Never>?) {
        var tasks: [Task<Void, Never>] = []
        for connection in connections.values {
            connection.task?.cancel()
            if let task = connection.task { tasks.append(task) }
            close(connection.descriptor)
        }
        connections = [:]
        close(listener)
        for case .stop(let other) in inbox.close() { other?.resume(returning: tasks) }
        waiter?.resume(returning: tasks)
    }

    private func accept(_ now: ContinuousClock.Instant) {
        while connections.count < limits.connections {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            // Answers come in small pieces, which must not wait for each other.
            var on: Int32 = 1
            setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            lastID += 1
            connections[lastID] = ServerConnection(descriptor: client, limits: limits, now: now)
        }
    }

    /// Ends a connection; who answers its request is told by a cancelled task.
    private func drop(_ id: UInt64) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        connection.task?.cancel()
        close(connection.descriptor)
    }

    private func serve(_ id: UInt64, _ events: Int16, _ now: ContinuousClock.Instant) {
        guard events != 0, var connection = connections[id] else { return }
        var isAlive = events & Int16(POLLERR | POLLNVAL) == 0
        if isAlive, events & Int16(POLLIN | POLLHUP) != 0 { isAlive = connection.receive(now) }
        if isAlive, events & Int16(POLLOUT) != 0 { isAlive = connection.flush(now) }
        connections[id] = connection
        guard isAlive, !connection.isFinished else { return drop(id) }
        advance(id, now)
    }

    /// Begins to answer the next request of a connection, if it is whole and the one before has its answer.
    private func advance(_ id: UInt64, _ now: ContinuousClock.Instant) {
        guard var connection = connections[id], !connection.isBusy, !connection.closesAfterOutput else { return }
        switch connection.parser.next() {
        case .wanting: connections[id] = connection
        case .wantsLeave:
            connection.output += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
            _ = connection.flush(now)
            connections[id] = connection
        case .refused(let status, let why):
            connections[id] = connection
            refuse(id, status, why, now)
        case .request(var request):
            guard request.header("host").map({ hosts.contains($0.lowercased()) }) ?? true else {
                request.keepsAlive = false
                connections[id] = connection
                return refuse(id, 403, "this server is known as 127.0.0.1 only", now)
            }
            connection.isBusy = true
            let response = ServerResponse(connection: id, inbox: inbox, request: request)
            let (handler, asked) = (handler, request)
            // Ends with the answer; cancelled when the client goes, and awaited by who stops the server.
            connection.task = Task {
                await handler(asked, response)
                response.end()
            }
            connections[id] = connection
        }
    }

    private func refuse(_ id: UInt64, _ status: Int, _ why: String, _ now: ContinuousClock.Instant) {
        let body = "{\"error\":{\"message\":\"\(why)\",\"type\":\"invalid_request_error\"}}"
        let head =
            "HTTP/1.1 \(status) \(ServerResponse.reason(status))\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
        output(id, Array((head + body).utf8), isLast: true, closes: true, now)
    }

    private func output(
        _ id: UInt64, _ bytes: [UInt8], isLast: Bool, closes: Bool, _ now: ContinuousClock.Instant
    ) {
        guard var connection = connections[id] else { return }
        connection.output += bytes
        if isLast {
            connection.isBusy = false
            connection.task = nil
        }
        if closes { connection.closesAfterOutput = true }
        let isAlive = connection.flush(now) && connection.pending <= limits.output
        connections[id] = connection
        guard isAlive, !connection.isFinished else { return drop(id) }
        // The client may have sent its next request meanwhile.
        if isLast { advance(id, now) }
    }
}
