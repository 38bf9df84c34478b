// SPDX-License-Identifier: Apache-2.0

import FlowTesting

/// Which lives are simulated.
struct ChaosOptions {
    var first: UInt64 = 0
    var count: UInt64 = 1000
    /// The one seed to live, in place of a range.
    var seed: UInt64?
    var printsTrace = false
    /// Much of this trouble in each life.
    var storm: ExecutorSimulation.Storm?
    /// How many failures are told before the rest is left.
    var mostFailures = 5

    /// The options of a command line; nil if it says something else.
    init?(_ arguments: [String]) {
        guard arguments.count > 1, arguments[1] == "simulate" else { return nil }
        var rest = arguments.dropFirst(2)
        while let name = rest.popFirst() {
            if name == "--trace" {
                printsTrace = true
                continue
            }
            if name == "--storm" {
                guard let storm = rest.popFirst().flatMap({ ExecutorSimulation.Storm(rawValue: $0) }) else {
                    return nil
                }
                self.storm = storm
                continue
            }
            guard let value = rest.popFirst().flatMap({ UInt64($0) }) else { return nil }
            switch name {
            case "--seeds": count = value
            case "--first": first = value
            case "--seed": seed = value
            case "--failures": mostFailures = Int(clamping: value)
            default: return nil
            }
        }
    }

    /// The seeds to live.
    var seeds: Range<UInt64> {
        if let seed { return seed..<seed &+ 1 }
        let (end, isTooLarge) = first.addingReportingOverflow(count)
        return first..<(isTooLarge ? .max : end)
    }
}
