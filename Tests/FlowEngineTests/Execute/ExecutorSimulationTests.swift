// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine
import FlowTesting
import Testing

/// Lives of a real executor with faults at every step. `make chaos` lives many more.
struct ExecutorSimulationTests {
    #if DEBUG
        static let seeds: Range<UInt64> = 0..<300
    #else
        static let seeds: Range<UInt64> = 0..<3000
    #endif

    private typealias Outcome = Result<ExecutorSimulation.Report, ExecutorSimulation.Failure>

    /// Lives a life on a thread that runs no tasks.
    private static func life(
        _ seed: UInt64, in folder: String, defect: ExecutorSimulation.Defect? = nil,
        storm: ExecutorSimulation.Storm? = nil,
        tells: Bool = false
    ) async -> Outcome {
        await onOwnThread {
            do throws(ExecutorSimulation.Failure) {
                return .success(
                    try ExecutorSimulation.run(
                        seed: seed, folder: folder, printsTrace: tells, defect: defect, storm: storm))
            } catch {
                return .failure(error)
            }
        }
    }

    @Test func `every life of an executor keeps the rules`() async throws {
        let folder = try ExecutorSimulation.makeFolder()
        defer { try? File.removeTree(folder) }
        var counts = ExecutorSimulationCounts()
        var failures = 0
        for seed in Self.seeds where failures < 3 {
            switch await Self.life(seed, in: folder) {
            case .success(let report): counts += report.counts
            case .failure(let failure):
                failures += 1
                Issue.record("\(failure), repeat: FlowChaos simulate --seed \(seed) --trace")
            }
        }
        guard failures == 0 else { return }
        // What never happens is not tested.
        for entry in ExecutorSimulationCounts.Entry.allCases {
            #expect(counts[entry] >= 5, "\(entry.rawValue): \(counts[entry])")
        }
    }

    @Test(arguments: ExecutorSimulation.Storm.allCases)
    func `much of one trouble breaks no rule either`(storm: ExecutorSimulation.Storm) async throws {
        let folder = try ExecutorSimulation.makeFolder()
        defer { try? File.removeTree(folder) }
        var failures = 0
        for seed in Self.seeds.prefix(Self.seeds.count / 5) where failures < 3 {
            guard case .failure(let failure) = await Self.life(seed, in: folder, storm: storm) else { continue }
            failures += 1
            Issue.record("\(failure), repeat: FlowChaos simulate --seed \(seed) --storm \(storm.rawValue) --trace")
        }
    }

    @Test func `the same seed gives the same life, step by step`() async throws {
        let folder = try ExecutorSimulation.makeFolder()
        defer { try? File.removeTree(folder) }
        for seed in 60..<75 as Range<UInt64> {
            let first = try await Self.life(seed, in: folder, tells: true).get()
            let second = try await Self.life(seed, in: folder, tells: true).get()
            #expect(first.trace == second.trace, "seed \(seed)")
            #expect(first.link == second.link, "seed \(seed)")
            #expect(first.log == second.log, "seed \(seed)")
        }
    }

    @Test(arguments: ExecutorSimulation.Defect.allCases)
    func `a world that breaks a rule is found out`(defect: ExecutorSimulation.Defect) async throws {
        let folder = try ExecutorSimulation.makeFolder()
        defer { try? File.removeTree(folder) }
        for seed in 0..<1000 as Range<UInt64> {
            if case .failure = await Self.life(seed, in: folder, defect: defect) { return }
        }
        Issue.record("no seed notices \(defect.rawValue)")
    }
}
