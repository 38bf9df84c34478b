// SPDX-License-Identifier: Apache-2.0

import CDiskWatch
import DiskFaults
import FileSystem
import FlowTesting
import Glibc

/// Runs a workflow on a disk that fails or loses power, and looks at what is left.
///
///     FlowFaults io [KIND ...]                      fails every operation of each kind, once and from then on
///     FlowFaults io KIND --nth N --once|--for-ever  repeats one of them
///     FlowFaults power [--cuts N] [--first SEED]    cuts the power; --cuts 1 repeats one cut
///
/// Ends with 1 when something was not as it must be.
@main
struct FlowFaults {
    static func main() async {
        guard let options = FaultOptions(CommandLine.arguments) else {
            complain("usage: FlowFaults io [KIND ...] [--nth N --once|--for-ever] | power [--cuts N] [--first SEED]")
            exit(64)
        }
        do {
            let folder = try TemporaryDirectory()
            guard flow_disk_watch_works(folder.path) else {
                complain("the calls of the C library cannot be watched")
                exit(70)
            }
            let site = try FaultSite(folder: folder.path)
            let isGood: Bool
            switch options.mode {
            case .io: isGood = try await io(options, site)
            case .power: isGood = try await power(options, site)
            }
            exit(isGood ? 0 : 1)
        } catch {
            complain("\(error)")
            exit(70)
        }
    }

    private static func io(_ options: FaultOptions, _ site: FaultSite) async throws -> Bool {
        let loop = try await DiskFaultLoop(site: site, seesAllFiles: true)
        var total = DiskFaultLoop.Tally()
        say("fault              runs  stopped  after the end  went on  violations")
        for kind in options.kinds {
            for isForEver in options.durations {
                var tally = DiskFaultLoop.Tally()
                if let nth = options.nth {
                    _ = try await loop.attempt(DiskFault(kind, nth: nth, isForEver: isForEver), &tally)
                } else {
                    tally = try await loop.run(kind, isForEver: isForEver)
                }
                let name = "\(kind.rawValue) \(isForEver ? "for ever" : "once")"
                let pad = String(repeating: " ", count: max(1, 19 - name.utf8.count))
                say(
                    "\(name)\(pad)\(tally.cases)  \(tally.stopped)  \(tally.afterEnd)  \(tally.wentOn)  "
                        + "\(tally.violations.count)")
                for violation in tally.violations.prefix(20) { complain("  \(violation)") }
                total.cases += tally.cases
                total.stopped += tally.stopped
                total.afterEnd += tally.afterEnd
                total.wentOn += tally.wentOn
                total.violations += tally.violations
            }
        }
        say(
            "\(total.cases) faults: the engine stopped \(total.stopped) times, the run had ended \(total.afterEnd) times, "
                + "went on \(total.wentOn) times; "
                + "\(total.violations.count) violations")
        if let first = total.violations.first {
            let words = first.prefix { $0 != ":" }.split(separator: " ")
            complain(
                "repeat: FlowFaults io \(words[0]) --nth \(words[1]) --\(words[2] == "once" ? "once" : "for-ever")")
        }
        return total.violations.isEmpty
    }

    private static func power(_ options: FaultOptions, _ site: FaultSite) async throws -> Bool {
        var cut = try await PowerCut(site: site, seesAllFiles: true)
        cut.kept = options.kept
        var tally = PowerCut.Tally()
        for seed in options.first..<options.first + UInt64(options.cuts) {
            let before = tally.violations.count
            try await cut.cut(seed: seed, &tally)
            if tally.violations.count > before, tally.violations.count <= 20 {
                complain(tally.violations[before])
                complain("  repeat: FlowFaults power --cuts 1 --first \(seed)")
            }
        }
        say(
            "\(tally.cuts) power cuts (\(tally.secondCuts) of them twice, \(tally.early) before anything was reported), "
                + "\(tally.operations) operations, \(tally.completions) completions reported before them; "
                + "\(tally.violations.count) violations")
        return tally.violations.isEmpty
    }

    private static func say(_ text: String) { try? StandardStream.output.write("\(text)\n") }
    private static func complain(_ text: String) { try? StandardStream.error.write("\(text)\n") }
}
