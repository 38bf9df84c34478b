// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Glibc
import Hashing

/// Simulates many lives of a run: a real executor under a seeded scheduler, with faults at every step.
///
///     FlowChaos simulate [--seeds N] [--first S] [--storm clock|reads|people|crashes|disk] [--failures N]
///     FlowChaos simulate --seed S --trace        one life, told step by step
///
/// Ends with 1 when a rule was broken; for each such seed it tells the rule and the command that repeats it.
@main
struct FlowChaos {
    static func main() {
        guard let options = ChaosOptions(CommandLine.arguments) else {
            complain("usage: FlowChaos simulate [--seeds N] [--first S] [--seed S] [--trace]")
            exit(64)
        }
        do {
            let folder = try ExecutorSimulation.makeFolder()
            let code = simulate(options, folder: folder)
            try? File.removeTree(folder)
            exit(code)
        } catch {
            complain("making a folder: \(error)")
            exit(73)
        }
    }

    private static func simulate(_ options: ChaosOptions, folder: String) -> Int32 {
        var counts = ExecutorSimulationCounts()
        var (lives, failures) = (0, 0)
        // The same for the same seeds in the same build: it covers each byte of each log.
        var link = SHA256.hash("")
        let storm = options.storm.map { " --storm \($0.rawValue)" } ?? ""
        let began = seconds()
        for seed in options.seeds where failures < options.mostFailures {
            lives += 1
            do throws(ExecutorSimulation.Failure) {
                let report = try ExecutorSimulation.run(
                    seed: seed, folder: folder, printsTrace: options.printsTrace, storm: options.storm)
                counts += report.counts
                link = SHA256.hash(link.bytes + report.link.bytes)
                if options.printsTrace { tell(report.trace.joined(separator: "\n")) }
            } catch {
                failures += 1
                if options.printsTrace { tell(error.plan + error.trace.joined(separator: "\n")) }
                complain("\(error)\nrepeat: \(CommandLine.arguments[0]) simulate --seed \(seed)\(storm) --trace")
            }
        }
        for entry in ExecutorSimulationCounts.Entry.allCases { tell("\(counts[entry]) \(entry.rawValue)") }
        tell("\(link) all logs")
        let time = seconds() - began
        tell(
            "\(lives) seeds in \(Int(time)) s (\(Int(time * 1_000_000) / Swift.max(1, lives)) µs each): \(failures) broken"
        )
        return failures == 0 ? 0 : 1
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    private static func tell(_ text: String) { try? StandardStream.output.write("\(text)\n") }
    private static func complain(_ text: String) { try? StandardStream.error.write("\(text)\n") }
}
