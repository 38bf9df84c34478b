// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import Synchronization
import Testing

struct LimitsTests {
    /// A clock that stands still until a test moves it, and tells who waits on it.
    private final class Clock: Sendable {
        private struct Sleeper {
            var until: Milliseconds
            var continuation: CheckedContinuation<Void, Never>
        }

        private let state = Mutex((now: Milliseconds.zero, sleepers: [Sleeper](), waits: [Milliseconds]()))
        private let (slept, tellSlept) = AsyncStream<Void>.makeStream()

        var waits: [Milliseconds] { state.withLock { $0.waits } }

        var clock: ModelClock {
            ModelClock(now: { self.state.withLock { $0.now } }) { wait in
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        let isCancelled = self.state.withLock { state in
                            if Task.isCancelled { return true }
                            state.waits.append(wait)
                            let until = Milliseconds(state.now.count + wait.count)
                            state.sleepers.append(Sleeper(until: until, continuation: continuation))
                            return false
                        }
                        if isCancelled { continuation.resume() }
                        self.tellSlept.yield()
                    }
                } onCancel: {
                    self.wake { _ in true }
                }
            }
        }

        func untilSomebodySleeps() async { for await _ in slept { break } }

        func advance(by time: Int64) {
            let now = state.withLock { state in
                state.now = Milliseconds(state.now.count + time)
                return state.now
            }
            wake { $0 <= now }
        }

        private func wake(_ isDue: (Milliseconds) -> Bool) {
            let due = state.withLock { state in
                let due = state.sleepers.filter { isDue($0.until) }
                state.sleepers.removeAll { isDue($0.until) }
                return due
            }
            for sleeper in due { sleeper.continuation.resume() }
        }
    }

    // MARK: The bucket

    @Test func aBucketSpreadsCalls() {
        var bucket = RateBucket(perMinute: 60, now: .zero)
        // Six at once, then one a second.
        #expect((0..<8).map { _ in bucket.take(at: .zero).count } == [0, 0, 0, 0, 0, 0, 1000, 2000])
        bucket.giveBack()
        #expect(bucket.take(at: .zero) == Milliseconds(2000))
        #expect(bucket.take(at: Milliseconds(2000)) == Milliseconds(1000))
        // It fills up to its capacity only.
        #expect((0..<7).map { _ in bucket.take(at: Milliseconds(1_000_000)).count } == [0, 0, 0, 0, 0, 0, 1000])
        var slow = RateBucket(perMinute: 1, now: .zero)
        #expect((0..<3).map { _ in slow.take(at: .zero).count } == [0, 60_000, 120_000])
    }

    // MARK: The gate

    private final class Running: Sendable {
        private let counts = Mutex((now: 0, most: 0))

        var most: Int { counts.withLock { $0.most } }

        func change(by step: Int) {
            counts.withLock { counts in
                counts.now += step
                counts.most = max(counts.most, counts.now)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func onlySoManyRunAtTheSameTime() async throws {
        let gate = ProviderGate(concurrency: 2, requestsPerMinute: nil)
        let running = Running()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try? await gate.enter()
                    running.change(by: 1)
                    // Whoever is first waits for the second, so that two do run at the same time.
                    repeat { await Task.yield() } while running.most < 2
                    running.change(by: -1)
                    gate.leave()
                }
            }
        }
        #expect(running.most == 2)
        #expect(gate.counts == (0, 0))
    }

    @Test func whoIsCancelledInLineLeavesNoGap() async throws {
        let gate = ProviderGate(concurrency: 1, requestsPerMinute: nil)
        try await gate.enter()
        let second = Task { () -> ModelError? in
            do throws(ModelError) {
                try await gate.enter()
                return nil
            } catch {
                return error
            }
        }
        while gate.counts.waiting == 0 { await Task.yield() }
        second.cancel()
        #expect(await second.value?.kind == .cancelled)
        gate.leave()
        try await gate.enter()
        #expect(gate.counts == (1, 0))
    }

    @Test func theRateIsKeptAndAWaitCanBeCancelled() async throws {
        let clock = Clock()
        let gate = ProviderGate(concurrency: nil, requestsPerMinute: 6, clock: clock.clock)
        try await gate.enter()
        let next = Task {
            do throws(ModelError) {
                try await gate.enter()
                return true
            } catch {
                return false
            }
        }
        await clock.untilSomebodySleeps()
        next.cancel()
        #expect(await next.value == false)
        #expect(gate.counts == (1, 0))
        // The permission of the cancelled one is there again.
        let third = Task { try? await gate.enter() }
        await clock.untilSomebodySleeps()
        clock.advance(by: 10_000)
        await third.value
        #expect(clock.waits == [Milliseconds(10_000), Milliseconds(10_000)])
    }

    // MARK: Fallback

    private static let busy = ModelError(.serverError, "busy", status: 503)
    private static let request = ModelRequest(messages: [ModelMessage(.user, "x")])

    private static func reply(_ text: String) -> Result<ModelReply, ModelError> {
        .success(ModelReply(text: text, model: text))
    }

    private static func fallback(
        _ models: [(String, ScriptedModel)], _ clock: Clock, cooldown: Int64 = 60_000
    ) -> FallbackModel {
        FallbackModel(
            models.map { FallbackModel.Choice(name: $0.0, provider: $0.1, cooldown: Milliseconds(cooldown)) },
            board: FallbackModel.Board(), clock: clock.clock)
    }

    @Test func theNextIsAskedAndTheFirstLeftAloneForAWhile() async throws {
        let clock = Clock()
        let a = ScriptedModel([.failure(Self.busy), Self.reply("a")])
        let b = ScriptedModel([Self.reply("b1"), Self.reply("b2")])
        let model = Self.fallback([("a", a), ("b", b)], clock)
        #expect(try await model.complete(Self.request).text == "b1")
        clock.advance(by: 59_999)
        #expect(try await model.complete(Self.request).text == "b2")
        #expect(a.requests.count == 1)
        clock.advance(by: 1)
        #expect(try await model.complete(Self.request).text == "a")
    }

    @Test func whenAllAreOutTheErrorSaysForHowLong() async throws {
        let clock = Clock()
        let limited = ModelError(.rateLimit, "slow down", retryAfter: Milliseconds(90_000), status: 429)
        let a = ScriptedModel([.failure(limited)])
        let b = ScriptedModel([.failure(Self.busy)])
        let model = Self.fallback([("a", a), ("b", b)], clock, cooldown: 1000)
        for wait in [1000, 600] as [Int64] {
            let error = await #expect(throws: ModelError.self) { try await model.complete(Self.request) }
            #expect(error?.kind == .serverError)
            #expect(error?.retryAfter == Milliseconds(wait))
            clock.advance(by: 400)
        }
        #expect(a.requests.count == 1 && b.requests.count == 1)
    }

    static let finals: [ModelError] = [
        ModelError(.clientError, "wrong", status: 400), ModelError(.refused, "no"),
        ModelError(.schemaMismatch, "odd"), ModelError(.truncated, "cut"), ModelError(.cancelled, "stop"),
    ]

    @Test(arguments: finals)
    func whatIsNotBetterElsewhereIsNotAskedElsewhere(_ error: ModelError) async throws {
        let b = ScriptedModel(["b"])
        let model = Self.fallback([("a", ScriptedModel([.failure(error)])), ("b", b)], Clock())
        await #expect(throws: error) { try await model.complete(Self.request) }
        #expect(b.requests.isEmpty)
    }

    @Test func oneModelAloneIsNeverLeftAlone() async throws {
        let a = ScriptedModel([.failure(Self.busy), Self.reply("a")])
        let model = Self.fallback([("a", a)], Clock())
        await #expect(throws: Self.busy) { try await model.complete(Self.request) }
        #expect(try await model.complete(Self.request).text == "a")
    }
}
