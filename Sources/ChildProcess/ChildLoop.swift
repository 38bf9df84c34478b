// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Synchronization

/// The thread that starts, serves and reaps all children of one `ChildProcesses`. Everything in it belongs to that thread.
final class ChildLoop {
    /// What a ready descriptor means; the low bits of the key of an event. The rest is the id of the child, or the
    /// process id of a stray.
    enum Source: UInt64 {
        case inbox
        case process
        case input
        case output
        case errorOutput
        case stray
        case guardian
    }

    private static let bufferSize = 64 << 10
    private static let startsPerRound = 16
    /// How often orphans of running children are looked for (a few microseconds): to reap them, and to tell the guardian.
    private static let sweepInterval: Nanoseconds = 200_000_000

    private let inbox: Inbox
    private let marker: ChildMarker
    private let epoll: Int32
    private let null: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private let tag: ChildTag
    private var guardian: GuardianProcess?

    /// Requests that wait for their turn.
    private var backlog: [(UInt64, ChildRequest)] = []
    private var children: [UInt64: LiveChild] = [:]
    /// Children that ended and wait for strays or streams.
    private var ended: Set<UInt64> = []
    private var orphanage: Orphanage
    private var waiters: [(ids: Set<UInt64>, done: CheckedContinuation<Void, Never>)] = []
    private var programs = ProgramPaths()
    private var isStopping = false
    private var needsSweep = false
    private var nextSweep: Nanoseconds = .max
    /// No child has anything to do before this moment.
    private var earliest: Nanoseconds = .max

    /// Opens what the thread needs; nil with an errno if that fails.
    init?(inbox: Inbox, marker: ChildMarker, guardianArguments: [String]?, failure: inout Int32) {
        self.inbox = inbox
        self.marker = marker
        tag = ChildTag(marker: marker)
        let epoll = flow_epoll_create()
        let null = flow_open("/dev/null", O_RDWR, 0)
        self.epoll = epoll
        self.null = null
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 16)
        orphanage = Orphanage(tag: tag, epoll: epoll)
        guardian = guardianArguments.map { GuardianProcess(arguments: $0) }
        failure = epoll < 0 ? -epoll : null < 0 ? -null : 0
        if failure == 0 { failure = -flow_epoll_add(epoll, inbox.descriptor, FLOW_WAIT_READ, Source.inbox.rawValue) }
        if failure != 0 { return nil }
    }

    deinit {
        if epoll >= 0 { close(epoll) }
        if null >= 0 { close(null) }
        orphanage.close()
        buffer.deallocate()
    }

    /// Serves until it is told to stop and no child is left.
    func run() {
        flow_block_signals()
        _ = flow_become_subreaper()
        var events = [flow_event](repeating: flow_event(), count: 64)
        while !(isStopping && children.isEmpty && backlog.isEmpty) {
            let count = flow_epoll_wait(epoll, &events, 64, backlog.isEmpty ? pause() : 0)
            for event in events.prefix(Int(max(0, count))) { handle(event) }
            startSome()
            tidy()
        }
        guardian?.dismiss()
    }

    // MARK: - Events

    private func handle(_ event: flow_event) {
        guard let source = Source(rawValue: event.key & 7) else { return }
        let id = event.key >> 3
        switch source {
        case .inbox:
            for message in inbox.take() { handle(message) }
        case .process:
            guard let child = children[id] else { return }
            guard child.reap(monotonicNow()) else { return }
            drain(&child.output)
            drain(&child.errorOutput)
            ended.insert(id)
            needsSweep = true
        case .input:
            guard let child = children[id], child.input.descriptor >= 0 else { return }
            child.input.write()
            watchInput(child)
        case .output:
            guard let child = children[id] else { return }
            receive(&child.output, of: child)
        case .errorOutput:
            guard let child = children[id] else { return }
            receive(&child.errorOutput, of: child)
        case .stray:
            orphanage.reap(Int32(truncatingIfNeeded: id), children)
            needsSweep = true
        case .guardian:
            guardian?.reap()
        }
    }

    private func handle(_ message: Inbox.Message) {
        switch message {
        case .run(let id, let request):
            backlog.append((id, request))
        case .cancel(let id):
            guard let child = children[id] else { return }
            child.beginStop(.cancelled, grace: child.command.grace.boundedNanoseconds, monotonicNow())
            arm(child)
        case .feed(let id):
            guard let child = children[id] else { return }
            child.input.feed()
            watchInput(child)
        case .terminateAll(let grace, let done):
            for (_, request) in backlog { request.resume(.success(.cancelledBeforeStart)) }
            backlog.removeAll()
            if children.isEmpty { return done.resume() }
            waiters.append((Set(children.keys), done))
            let now = monotonicNow()
            for child in children.values {
                child.beginStop(.cancelled, grace: grace, now)
                arm(child)
            }
        case .stop:
            isStopping = true
        }
    }

    /// Reads once. The kernel reports the stream again if there is more, so no child starves another.
    private func receive(_ stream: inout OutputStream, of child: LiveChild) {
        guard stream.isOpen else { return }
        switch stream.read(into: buffer) {
        case .data:
            child.lastOutput = monotonicNow()
        case .nothing:
            break
        case .end:
            stream.close()
        }
    }

    /// Reads what the child wrote before it ended. A descendant may go on writing, so the rounds are limited.
    private func drain(_ stream: inout OutputStream) {
        for _ in 0..<64 {
            switch stream.read(into: buffer) {
            case .data: continue
            case .nothing: return
            case .end: return stream.close()
            }
        }
    }

    // MARK: - Time

    private func arm(_ child: LiveChild) {
        earliest = min(earliest, child.deadline)
    }

    /// Milliseconds until something is due, rounded up; -1 for never.
    private func pause() -> Int32 {
        let next = min(earliest, children.isEmpty ? .max : nextSweep)
        if next == .max { return -1 }
        let now = monotonicNow()
        if next <= now { return 0 }
        return Int32(clamping: (next - now + 999_999) / 1_000_000)
    }

    /// Does what is due, looks for orphans, and finishes children of which nothing is left.
    private func tidy() {
        var now = monotonicNow()
        if now >= earliest {
            for child in children.values {
                child.advance(now)
                if child.end != nil { needsSweep = true }
            }
            earliest = .max
            for child in children.values { arm(child) }
        }
        if needsSweep || (now >= nextSweep && !children.isEmpty) {
            let before = orphanage.tolerated
            orphanage.sweep(children, now)
            if guardian != nil, orphanage.tolerated != before {
                for identity in before.subtracting(orphanage.tolerated) { guardian?.forget(identity) }
                for identity in orphanage.tolerated.subtracting(before) { guardian?.record(identity) }
            }
            needsSweep = false
            now = monotonicNow()
            nextSweep = now + Self.sweepInterval
        }
        guard !ended.isEmpty else { return }
        for id in ended {
            guard let child = children[id] else { continue }
            if child.isOver(now) { finish(child) } else { arm(child) }
        }
    }

    // MARK: - Start and end

    /// Starts a few of those that wait. A start takes a while, and the children that run want to be served meanwhile.
    private func startSome() {
        let batch = backlog.prefix(Self.startsPerRound)
        guard !batch.isEmpty else { return }
        backlog.removeFirst(batch.count)
        for (id, request) in batch { start(id, request) }
    }

    private func start(_ id: UInt64, _ request: ChildRequest) {
        if request.isCancelled.load(ordering: .acquiring) {
            return request.resume(.success(.cancelledBeforeStart))
        }
        if children.isEmpty { nextSweep = monotonicNow() + Self.sweepInterval }
        guardian?.start(null: null, epoll: epoll, key: Source.guardian.rawValue)
        let child: LiveChild
        do throws(SpawnError) {
            child = try launch(id, request)
        } catch {
            return request.resume(.failure(error))
        }
        children[id] = child
        LiveSessions.insert(child.identity)
        guardian?.record(child.identity)
        watch(child)
        arm(child)
        request.started(child.identity)
    }

    private func watch(_ child: LiveChild) {
        let id = child.id << 3
        _ = flow_epoll_add(epoll, child.pidfd, FLOW_WAIT_READ, id | Source.process.rawValue)
        _ = flow_epoll_add(epoll, child.output.descriptor, FLOW_WAIT_READ, id | Source.output.rawValue)
        _ = flow_epoll_add(epoll, child.errorOutput.descriptor, FLOW_WAIT_READ, id | Source.errorOutput.rawValue)
        let inbox = inbox
        child.input.open { [id = child.id] in inbox.post(.feed(id)) }
        child.input.feed()
        watchInput(child)
    }

    /// Waits for room in a child's input as long as something is to be written. The kernel forgets a closed pipe itself.
    private func watchInput(_ child: LiveChild) {
        guard child.input.descriptor >= 0, child.input.hasMore != child.input.isWatched else { return }
        child.input.isWatched.toggle()
        if child.input.isWatched {
            let key = child.id << 3 | Source.input.rawValue
            _ = flow_epoll_add(epoll, child.input.descriptor, FLOW_WAIT_WRITE, key)
        } else {
            _ = flow_epoll_remove(epoll, child.input.descriptor)
        }
    }

    private func launch(_ id: UInt64, _ request: ChildRequest) throws(SpawnError) -> LiveChild {
        let command = request.command
        let name = command.executable
        let known =
            name.utf8.contains(UInt8(ascii: "/"))
            ? nil : programs.path(of: name, in: command.environment["PATH"] ?? "", now: monotonicNow())
        var arguments = try SpawnArguments(
            command,
            markers: [(marker.name, marker.value), (tag.name, tag.value(of: id))],
            known: known
        )
        var spawn = flow_spawn()
        spawn.dies_with_parent = 1
        spawn.stdio = (-1, -1, -1)
        spawn.brand = tag.brand(of: id)
        command.limits.apply(to: &spawn)

        var ownsInput = false
        var input = try InputStream(
            command.input,
            null: null,
            executable: command.executable,
            childEnd: &spawn.stdio.0,
            childOwns: &ownsInput
        )
        defer {
            if ownsInput { close(spawn.stdio.0) }
            if spawn.stdio.1 >= 0 { close(spawn.stdio.1) }
            if spawn.stdio.2 >= 0 { close(spawn.stdio.2) }
        }
        var output: OutputStream
        do throws(SpawnError) {
            output = try OutputStream(
                command.output,
                name: "output",
                executable: command.executable,
                childEnd: &spawn.stdio.1
            )
        } catch {
            input.close()
            throw error
        }
        var errorOutput: OutputStream
        do throws(SpawnError) {
            errorOutput = try OutputStream(
                command.errorOutput,
                name: "error output",
                executable: command.executable,
                childEnd: &spawn.stdio.2
            )
        } catch {
            input.close()
            output.close()
            throw error
        }

        let now = monotonicNow()
        let error = arguments.spawn(&spawn)
        guard error == 0 else {
            input.close()
            output.close()
            errorOutput.close()
            throw SpawnError(step: spawn.failed_step, code: error, command: command)
        }
        let identity = ChildIdentity(pid: spawn.pid, startTime: ProcessStat(pid: spawn.pid)?.startTime ?? 0)
        return LiveChild(
            id: id,
            request: request,
            identity: identity,
            pidfd: spawn.pidfd,
            streams: (input, output, errorOutput),
            now: now
        )
    }

    private func finish(_ child: LiveChild) {
        children[child.id] = nil
        ended.remove(child.id)
        LiveSessions.remove(child.identity)
        guardian?.forget(child.identity)
        child.request.resume(.success(child.finish()))
        guard !waiters.isEmpty else { return }
        for index in waiters.indices { waiters[index].ids.remove(child.id) }
        for waiter in waiters where waiter.ids.isEmpty { waiter.done.resume() }
        waiters.removeAll { $0.ids.isEmpty }
    }
}
