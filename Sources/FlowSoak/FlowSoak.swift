// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import FlowTesting
import Glibc

/// Runs very many short workflows in one engine, and looks at what that leaves in the process.
///
///     FlowSoak [--runs N] [--at-once N] [--shape N]
///
/// Prints descriptors, threads, memory and children after some of the runs. Ends with 1 when a run does not end as it
/// should, when the last sample has more than the one after a tenth of the runs, or when memory grows in the last quarter
/// of 20,000 runs or more: until then caches are filled.
@main
struct FlowSoak {
    static func main() async {
        Guardian.runIfAsked()
        StandardStream.ignoreBrokenPipeSignal()
        guard let options = SoakOptions(CommandLine.arguments) else {
            say("usage: FlowSoak [--runs N] [--at-once N] [--shape N]")
            exit(64)
        }
        do {
            let faults = try await SoakRun(options: options).run()
            for fault in faults { say("FAULT \(fault)") }
            exit(faults.isEmpty ? 0 : 1)
        } catch {
            say("error: \(error)")
            exit(74)
        }
    }

    static func say(_ text: String) { try? StandardStream.output.write("\(text)\n") }
}

/// How much is run.
struct SoakOptions {
    var runs = 30_000
    var atOnce = 4
    /// Which shape alone; nil for all in turn.
    var shape: Int?

    /// The options of a command line; nil if it says something else.
    init?(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        while let name = rest.popFirst() {
            guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else { return nil }
            switch name {
            case "--runs": runs = value
            case "--at-once": atOnce = value
            case "--shape" where value <= SoakShape.all.count: shape = value - 1
            default: return nil
            }
        }
    }
}
