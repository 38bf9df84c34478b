// SPDX-License-Identifier: Apache-2.0

import DiskFaults

/// What is tried.
struct FaultOptions {
    enum Mode {
        case io, power
    }

    var mode: Mode
    var kinds = DiskFault.Kind.allCases
    /// Once, and from then on.
    var durations = [false, true]
    var nth: Int?
    var cuts = 2000
    var first: UInt64 = 1
    /// A folder for the disks of failed cuts.
    var kept: String?

    /// The options of a command line; nil if it says something else.
    init?(_ arguments: [String]) {
        guard arguments.count > 1 else { return nil }
        switch arguments[1] {
        case "io": mode = .io
        case "power": mode = .power
        default: return nil
        }
        var rest = arguments.dropFirst(2)
        var named: [DiskFault.Kind] = []
        while let name = rest.popFirst() {
            if mode == .io, let kind = DiskFault.Kind(rawValue: name) {
                named.append(kind)
                continue
            }
            if mode == .io, name == "--once" || name == "--for-ever" {
                durations = [name == "--for-ever"]
                continue
            }
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--nth":
                guard let number = Int(value), number > 0 else { return nil }
                nth = number
            case "--cuts":
                guard let number = Int(value), number > 0 else { return nil }
                cuts = number
            case "--first":
                guard let number = UInt64(value) else { return nil }
                first = number
            case "--keep": kept = value
            default: return nil
            }
        }
        if !named.isEmpty { kinds = named }
    }
}
