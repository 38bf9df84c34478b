// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

struct RunMachineRetryTests {
    @Test(arguments: [
        (RetryPolicy(maxAttempts: 9), [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]),
        (RetryPolicy(maxAttempts: 9, delay: Milliseconds(100), factor: 1), [100, 100, 100]),
        (RetryPolicy(maxAttempts: 9, delay: Milliseconds(10), factor: 1.5), [10, 15, 22, 33, 50]),
        (RetryPolicy(maxAttempts: 9, delay: .zero, factor: 10), [0, 0, 0]),
        (RetryPolicy(maxAttempts: 9, delay: Milliseconds(90_000)), [60_000, 60_000]),
    ])
    func theWaitGrowsByTheFactorUpToTheMost(policy: RetryPolicy, waits: [Int64]) {
        for (index, wait) in waits.enumerated() {
            #expect(policy.wait(afterFailure: index + 1, asked: nil, chance: 0).count == wait)
            #expect(
                policy.wait(afterFailure: index + 1, asked: nil, chance: 0.999).count == wait, "no jitter, no chance")
        }
    }

    @Test func jitterTakesAwayItsPart() {
        let policy = RetryPolicy(maxAttempts: 9, jitter: 0.25)
        #expect(policy.wait(afterFailure: 3, asked: nil, chance: 0).count == 4000)
        #expect(policy.wait(afterFailure: 3, asked: nil, chance: 0.5).count == 3500)
        #expect(policy.wait(afterFailure: 3, asked: nil, chance: 0.999).count == 3001)
        let whole = RetryPolicy(maxAttempts: 9, jitter: 1)
        #expect(whole.wait(afterFailure: 1, asked: nil, chance: 0.999).count == 1)
    }

    @Test func theLongerOfTheOwnAndTheAskedWaitHolds() {
        let policy = RetryPolicy(maxAttempts: 9)
        #expect(policy.wait(afterFailure: 1, asked: Milliseconds(999), chance: 0).count == 1000)
        #expect(policy.wait(afterFailure: 1, asked: Milliseconds(90_000), chance: 0).count == 90_000)
        #expect(policy.wait(afterFailure: 1, asked: Milliseconds(-5), chance: 0).count == 1000)
    }

    @Test func extremePoliciesDoNotTrap() {
        let most = Milliseconds(.max)
        for factor in [1, 2, 1e308, .infinity] {
            for delay in [Milliseconds.zero, Milliseconds(1), most] {
                let policy = RetryPolicy(maxAttempts: .max, delay: delay, factor: factor, maxDelay: most, jitter: 1)
                for failures in [0, 1, 2, 65, .max] {
                    for chance in [0, 0.999] {
                        #expect(policy.wait(afterFailure: failures, asked: nil, chance: chance) >= .zero)
                    }
                }
            }
        }
        let slow = RetryPolicy(maxAttempts: 500, delay: Milliseconds(1), factor: 1.01, maxDelay: Milliseconds(1000))
        #expect(slow.wait(afterFailure: 401, asked: nil, chance: 0).count == 53, "1.01 to the power of 400")
    }

    @Test func whichFailuresAreTriedAgain() {
        let standard = RetryPolicy(maxAttempts: 2)
        let healing: Set<FailureReason> = [
            .exitCode, .signal, .timeout, .idleTimeout, .schemaMismatch, .rateLimit, .serverError, .connection,
            .interrupted,
        ]
        for reason in FailureReason.allCases {
            let failure = NodeFailure(reason, "x")
            #expect(standard.covers(failure) == healing.contains(reason), "\(reason)")
            #expect(RetryPolicy(maxAttempts: 2, on: ["child"]).covers(failure) == (reason == .child))
            #expect(!RetryPolicy(maxAttempts: 2, on: [reason.rawValue], unless: [reason.rawValue]).covers(failure))
        }
    }

    @Test func jitterIsTheSameEachTimeAndNotForAllAlike() throws {
        func waits(seed: UInt64) throws -> [Int64] {
            let policy = RetryPolicy(maxAttempts: 2, jitter: 0.5)
            let nodes = (0..<20).map { node("n\($0)", retry: policy) }
            var run = try RunMachineRun(nodes, slots: 20, seed: seed)
            for node in nodes { try run.fail(node.id) }
            return run.log.compactMap {
                if case .nodeFailed(_, _, _, let retryAt) = $0.event { retryAt?.milliseconds } else { nil }
            }
        }
        let first = try waits(seed: 1)
        #expect(first.count == 20)
        #expect(first.allSatisfy { (500...1000).contains($0) })
        #expect(Set(first).count > 10)
        #expect(try waits(seed: 1) == first)
        #expect(try waits(seed: 2) != first)
    }

    @Test func noAttemptIsMadeAfterTheLimitInTime() throws {
        let policy = RetryPolicy(maxAttempts: 10, delay: Milliseconds(100), factor: 1, maxTotal: Milliseconds(250))
        var run = try RunMachineRun([node("a", retry: policy)])
        for _ in 0..<2 {
            try run.fail("a")
            run.wait(100)
            try run.send(.woken(0))
        }
        try run.crash()
        try run.fail("a")
        #expect(
            run.text == """
                0 run started: one
                0 a started #1
                0 a failed: exit_code, again at 100
                100 a started #2
                100 a failed: exit_code, again at 200
                200 a started #3
                200 a interrupted #3
                200 run started: two
                200 a started #4
                200 a failed: exit_code
                200 run failed: node `a` failed

                """)
    }
}
