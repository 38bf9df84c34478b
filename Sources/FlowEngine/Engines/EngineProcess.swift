// SPDX-License-Identifier: Apache-2.0

package import ChildProcess
package import FlowCore
import Synchronization

/// A running program that speaks the protocol of engines: one JSON message a line on its standard input and output. What
/// else it writes is its log.
package final class EngineProcess: Sendable {
    /// Why nothing more comes from the program.
    package struct End: Error, Sendable, Hashable {
        package var failure: NodeFailure
    }

    /// Takes the messages about one request, on the thread of all children: it must not wait.
    package typealias Listener = @Sendable (Result<EngineMessage, End>) -> Void

    private struct State {
        var nextID: Int64 = 1
        var listeners: [Int64: Listener] = [:]
        /// The beginning of a line whose end has not come.
        var line: [UInt8] = []
        var errorLine: [UInt8] = []
        var end: End?
        var task: Task<Void, Never>?
        var log: (@Sendable (NodeLogLine) -> Void)?
        var lastSign = ContinuousClock.now
    }

    /// The longest message of an engine, in bytes.
    package static let largestMessage = 16 << 20
    private static let longestLogLine = 16 << 10

    package let name: String
    private let channel = InputChannel()
    private let state = Mutex(State())

    /// Starts a program. That it cannot be started shows at the first request.
    ///
    /// - Parameters:
    ///   - words: the program and its arguments.
    ///   - log: takes what the program writes beside messages, until another one is set.
    package init(
        name: String, words: [String], environment: [String: String], directory: String, processes: ChildProcesses,
        log: (@Sendable (NodeLogLine) -> Void)? = nil
    ) {
        self.name = name
        state.withLock { $0.log = log }
        var command = ChildCommand(
            executable: words.first ?? "", arguments: Array(words.dropFirst()), environment: environment,
            directory: directory)
        command.input = .channel(channel)
        command.output = OutputPlan(onChunk: { [weak self] in self?.take($0) })
        command.errorOutput = OutputPlan(tailCap: 8192, onChunk: { [weak self] in self?.takeErrors($0) })
        // What had a chance to end in order was asked before.
        command.grace = .milliseconds(200)
        command.limits = ResourceLimits(coreSize: 0)
        let started = command
        // Lives as long as the program; `end` ends and awaits it.
        let task = Task { [weak self] in
            let end = await Self.end(of: started, processes)
            self?.finish(end)
        }
        state.withLock { $0.task = task }
    }

    deinit { channel.end() }

    private static func end(of command: ChildCommand, _ processes: ChildProcesses) async -> End {
        do throws(SpawnError) {
            let result = try await processes.run(command)
            if var failure = RunKind.failure(of: result) {
                if failure.reason == .exitCode { failure.message = "the engine ended: " + failure.message }
                return End(failure: failure)
            }
            return End(failure: NodeFailure(.exitCode, "the engine ended before it was done", exitCode: 0))
        } catch {
            return End(failure: NodeFailure(.spawn, error.description))
        }
    }

    /// Whether the program runs, as far as is known.
    package var isAlive: Bool { state.withLock { $0.end == nil } }

    /// How long it has written nothing.
    package var silence: Duration { .now - state.withLock { $0.lastSign } }

    /// From now on the log goes there.
    package func setLog(_ log: (@Sendable (NodeLogLine) -> Void)?) { state.withLock { $0.log = log } }

    // MARK: Asking

    /// Sends a request; `listener` hears all that is said about it, and last of all a message that is the last, or the
    /// end of the program.
    @discardableResult
    package func send(
        _ method: String, _ parameters: JSONObject = JSONObject(), _ listener: @escaping Listener
    ) -> Int64 {
        let (id, end) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            if state.end == nil { state.listeners[id] = listener }
            return (id, state.end)
        }
        if let end {
            listener(.failure(end))
        } else if !channel.write(EngineMessage.text(id, method, parameters)) {
            // A program that is gone is told by its end; one that reads nothing would never answer.
            if isAlive { abort(NodeFailure(.exitCode, "the engine does not read its input")) }
        }
        return id
    }

    /// Sends a request and waits for the last word about it.
    ///
    /// - Parameter time: how long to wait; a program that does not answer in time is kept running.
    package func ask(
        _ method: String, _ parameters: JSONObject = JSONObject(), within time: Duration
    ) async throws(End) -> EngineMessage {
        let answer = Answer()
        let id = send(method, parameters) { result in
            switch result {
            case .success(let message): if message.status.isLast { answer.finish(.success(message)) }
            case .failure(let end): answer.finish(.failure(end))
            }
        }
        // Ends with the request: it is cancelled as soon as the answer is there.
        let timer = Task { [weak self] in
            guard (try? await Task.sleep(for: time)) != nil else { return }
            self?.forget(id)
            answer.finish(
                .failure(End(failure: NodeFailure(.timeout, "the engine did not answer `\(method)` within \(time)"))))
        }
        defer { timer.cancel() }
        let result = await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            answer.finish(.failure(End(failure: NodeFailure(.cancelled, "ended on request"))))
        }
        forget(id)
        return try result.get()
    }

    /// Nobody listens for a request any more.
    package func forget(_ id: Int64) { state.withLock { $0.listeners[id] = nil } }

    // MARK: Hearing

    private func take(_ bytes: [UInt8]) {
        var lines: [[UInt8]] = []
        let isTooLong = state.withLock { state in
            state.lastSign = .now
            var rest = bytes[...]
            while let end = rest.firstIndex(of: 0x0A) {
                lines.append(state.line + rest[..<end])
                state.line = []
                rest = rest[(end + 1)...]
            }
            state.line += rest
            return state.line.count > Self.largestMessage || lines.contains { $0.count > Self.largestMessage }
        }
        guard !isTooLong else {
            return abort(NodeFailure(.badData, "the engine wrote a line of more than \(Self.largestMessage) bytes"))
        }
        for line in lines { hear(line) }
    }

    private func hear(_ line: [UInt8]) {
        guard let message = EngineMessage.read(line) else { return log(.output, line) }
        let listener = state.withLock { state in
            let listener = state.listeners[message.id]
            if message.status.isLast { state.listeners[message.id] = nil }
            return listener
        }
        listener?(.success(message))
    }

    private func takeErrors(_ bytes: [UInt8]) {
        var lines: [[UInt8]] = []
        state.withLock { state in
            state.lastSign = .now
            for byte in bytes {
                if byte == 0x0A || state.errorLine.count >= Self.longestLogLine {
                    lines.append(state.errorLine)
                    state.errorLine = []
                }
                if byte != 0x0A { state.errorLine.append(byte) }
            }
        }
        for line in lines { log(.error, line) }
    }

    private func log(_ stream: NodeLogLine.Stream, _ line: [UInt8]) {
        guard let log = state.withLock({ $0.log }) else { return }
        var rest = line[...]
        repeat {
            log(NodeLogLine(stream, String(decoding: rest.prefix(Self.longestLogLine), as: UTF8.self)))
            rest = rest.dropFirst(Self.longestLogLine)
        } while !rest.isEmpty
    }

    // MARK: Ending

    /// The first reason counts. Who listens hears it last.
    private func finish(_ end: End) {
        let (listeners, first, line, errorLine) = state.withLock { state in
            let first = state.end ?? end
            state.end = first
            defer {
                state.listeners = [:]
                state.line = []
                state.errorLine = []
            }
            return (Array(state.listeners.values), first, state.line, state.errorLine)
        }
        if !line.isEmpty { log(.output, line) }
        if !errorLine.isEmpty { log(.error, errorLine) }
        for listener in listeners { listener(.failure(first)) }
    }

    /// Ends a program that cannot be talked with.
    private func abort(_ failure: NodeFailure) {
        finish(End(failure: failure))
        state.withLock { $0.task }?.cancel()
    }

    /// Ends the program and waits until it is gone: the end of its input, after `grace` a signal.
    package func end(grace: Duration) async {
        channel.end()
        guard let task = state.withLock({ $0.task }) else { return }
        if grace > .zero, isAlive {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await task.value }
                group.addTask {
                    if (try? await Task.sleep(for: grace)) != nil || Task.isCancelled { task.cancel() }
                }
                await group.next()
                group.cancelAll()
            }
        }
        task.cancel()
        await task.value
    }

    /// Holds the answer to a request for the one who waits.
    private final class Answer: Sendable {
        private struct State {
            var result: Result<EngineMessage, End>?
            var waiter: CheckedContinuation<Result<EngineMessage, End>, Never>?
        }

        private let state = Mutex(State())

        func finish(_ result: Result<EngineMessage, End>) {
            let waiter = state.withLock { state in
                guard state.result == nil else { return nil as CheckedContinuation<Result<EngineMessage, End>, Never>? }
                state.result = result
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: result)
        }

        func wait() async -> Result<EngineMessage, End> {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state in
                    if state.result == nil { state.waiter = continuation }
                    return state.result
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }
}
