// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// One connection of a server: what has come, and what is still to be sent.
struct ServerConnection {
    let descriptor: Int32
    var parser: RequestParser
    var output: [UInt8] = []
    private var sent = 0
    /// Whether a request is being answered.
    var isBusy = false
    var closesAfterOutput = false
    /// Answers the request.
    var task: Task<Void, Never>?
    private let limits: ServerLimits
    /// When something last came or went.
    private var lastMove: ContinuousClock.Instant
    /// When the first byte of the request came that is not whole yet.
    private var began: ContinuousClock.Instant?

    /// Bytes of further requests that are taken while one is being answered.
    private static let ahead = 64 << 10

    init(descriptor: Int32, limits: ServerLimits, now: ContinuousClock.Instant) {
        self.descriptor = descriptor
        self.limits = limits
        parser = RequestParser(limits: limits)
        lastMove = now
    }

    var pending: Int { output.count - sent }

    /// Whether all has been sent and nothing more is to come.
    var isFinished: Bool { closesAfterOutput && pending == 0 }

    var interest: pollfd {
        // Also while a request is being answered: that is how the end of the client is seen.
        let reads = !closesAfterOutput && !(isBusy && parser.waiting > Self.ahead)
        let events = (reads ? Int16(POLLIN) : 0) | (pending > 0 ? Int16(POLLOUT) : 0)
        return pollfd(fd: descriptor, events: events, revents: 0)
    }

    /// Takes what has come; false when the client is gone.
    mutating func receive(_ now: ContinuousClock.Instant) -> Bool {
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        guard count > 0 else { return false }
        lastMove = now
        if !isBusy, parser.isIdle { began = now }
        parser.append(piece[..<count])
        return true
    }

    /// Sends what can be sent; false when the client is gone.
    mutating func flush(_ now: ContinuousClock.Instant) -> Bool {
        while sent < output.count {
            let count = output[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            sent += count
            lastMove = now
        }
        output.removeAll(keepingCapacity: output.count < 1 << 16)
        sent = 0
        return true
    }

    /// Whether the client is too slow.
    func isOverdue(_ now: ContinuousClock.Instant) -> Bool {
        if pending > 0 { return now - lastMove > limits.patience }
        if isBusy { return false }
        if parser.isIdle { return now - lastMove > limits.idle }
        // A request that comes byte by byte has a time for the whole.
        return now - (began ?? lastMove) > limits.patience
    }
}
