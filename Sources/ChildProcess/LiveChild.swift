// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// One child from its start until nothing of it is left. Belongs to the thread of `ChildLoop`.
///
///     running ── end of the process ─────────────▶ ended ── no stray, streams read ──▶ result
///        └─ timeout, cancel ─▶ stopping (TERM) ─ grace over ─▶ (KILL) ─▶ ended
final class LiveChild {
    /// Why and how a child is being stopped.
    struct Stop {
        var reason: ChildResult.Ending
        var killAt: Nanoseconds
        var isKilled = false
    }

    /// The end of the child's own process.
    struct End {
        var exit: flow_exit
        var at: Nanoseconds
    }

    /// How long the streams are read after the end of the process, if somebody else holds them open.
    static let drainTime: Nanoseconds = 50_000_000
    /// How long a killed stray may take to die before it is given up (a process inside a dead network disk).
    static let strayTime: Nanoseconds = 10_000_000_000

    let id: UInt64
    let command: ChildCommand
    let request: ChildRequest
    let identity: ChildIdentity
    let startedAt: Nanoseconds
    private let idle: Nanoseconds?
    private let timeoutAt: Nanoseconds

    var pidfd: Int32
    var input: InputStream
    var output: OutputStream
    var errorOutput: OutputStream
    var lastOutput: Nanoseconds
    var stop: Stop?
    var end: End?
    /// Processes left behind that are being killed.
    var strays: Set<Int32> = []
    var straysKilled = 0

    init(
        id: UInt64,
        request: ChildRequest,
        identity: ChildIdentity,
        pidfd: Int32,
        streams: (input: InputStream, output: OutputStream, errorOutput: OutputStream),
        now: Nanoseconds
    ) {
        self.id = id
        self.command = request.command
        self.request = request
        self.identity = identity
        self.pidfd = pidfd
        input = streams.input
        output = streams.output
        errorOutput = streams.errorOutput
        startedAt = now
        lastOutput = now
        idle = request.command.idleTimeout?.boundedNanoseconds
        timeoutAt = request.command.timeout.map { now + $0.boundedNanoseconds } ?? .max
    }

    /// The next moment at which `advance` has something to do.
    var deadline: Nanoseconds {
        if let end {
            if !strays.isEmpty {
                if let stop, !stop.isKilled { return stop.killAt }
                return end.at + Self.strayTime
            }
            return end.at + Self.drainTime
        }
        if let stop { return stop.isKilled ? .max : stop.killAt }
        return min(timeoutAt, idle.map { lastOutput + $0 } ?? .max)
    }

    /// Does what is due. Strays are the loop's to kill: it looks at `stop`.
    func advance(_ now: Nanoseconds) {
        guard now >= deadline else { return }
        if stop != nil {
            kill()
        } else if end == nil {
            let reason: ChildResult.Ending = now >= timeoutAt ? .timedOut : .idleTimedOut
            beginStop(reason, grace: command.grace.boundedNanoseconds, now)
        }
    }

    /// Asks the group to end; after the grace it is killed. A second call can only shorten the grace.
    func beginStop(_ reason: ChildResult.Ending, grace: Nanoseconds, _ now: Nanoseconds) {
        if var stop {
            stop.killAt = min(stop.killAt, now + grace)
            self.stop = stop
            return advance(now)
        }
        guard end == nil else { return }
        stop = Stop(reason: reason, killAt: now + grace)
        guard grace > 0 else { return kill() }
        // Our child is not reaped yet, so its number cannot mean another group.
        Glibc.kill(-identity.pid, SIGTERM)
        // A stopped process takes its SIGTERM only when it continues.
        Glibc.kill(-identity.pid, SIGCONT)
    }

    /// Takes note of the end of the process. Call it when the pidfd says so.
    func reap(_ now: Nanoseconds) -> Bool {
        guard end == nil else { return false }
        // While the child is a zombie its group still has this number: the last moment at which it is safe to use.
        // In a graceful stop the rest of the group keeps its grace.
        if stop == nil || stop?.isKilled == true { Glibc.kill(-identity.pid, SIGKILL) }
        var exit = flow_exit()
        let reaped = flow_reap(identity.pid, &exit)
        guard reaped != 0 else { return false }
        end = End(exit: exit, at: now)
        if pidfd >= 0 { close(pidfd) }
        pidfd = -1
        input.close()
        return true
    }

    /// Whether a stray is still in the grace of a stop.
    func grants(_ now: Nanoseconds) -> Bool {
        guard let stop else { return false }
        return !stop.isKilled && now < stop.killAt
    }

    /// Whether nothing is left to wait for.
    func isOver(_ now: Nanoseconds) -> Bool {
        guard let end else { return false }
        if !strays.isEmpty { return stop.map(\.isKilled) ?? true && now >= end.at + Self.strayTime }
        return (!output.isOpen && !errorOutput.isOpen) || now >= end.at + Self.drainTime
    }

    /// Closes what is open and puts the result together.
    func finish() -> ChildResult {
        input.close()
        output.close()
        errorOutput.close()
        let exit = end?.exit ?? flow_exit()
        let status: ChildResult.ExitStatus =
            exit.exited != 0 ? .exited(exit.code) : .signalled(exit.code, coreDumped: exit.core_dumped != 0)
        let ending: ChildResult.Ending
        if let stop {
            ending = stop.reason
        } else {
            switch status {
            case .exited(let code): ending = .exited(code)
            case .signalled(let signal, let coreDumped): ending = .signalled(signal, coreDumped: coreDumped)
            }
        }
        return ChildResult(
            ending: ending,
            status: status,
            identity: identity,
            output: output.finished(),
            errorOutput: errorOutput.finished(),
            userTime: .microseconds(exit.user_microseconds),
            systemTime: .microseconds(exit.system_microseconds),
            maxResidentBytes: Int(exit.max_resident_bytes),
            wallTime: .nanoseconds(Int64(clamping: (end?.at ?? startedAt) - startedAt)),
            straysKilled: straysKilled
        )
    }

    private func kill() {
        stop?.isKilled = true
        // Afterwards the number may belong to somebody else; strays are killed one by one.
        if end == nil { Glibc.kill(-identity.pid, SIGKILL) }
    }
}
