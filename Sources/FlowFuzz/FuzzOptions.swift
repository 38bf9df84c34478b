// SPDX-License-Identifier: Apache-2.0

/// What is tried, and for how long.
struct FuzzOptions {
    var target: FuzzTarget
    var minutes = 10.0
    var count: UInt64 = .max
    var seed: UInt64 = 1
    /// The first input's number.
    var first: UInt64 = 0
    var root = "."
    var progress: String?
    var file: String?
    var show: UInt64?

    /// The options of a command line; nil if it says something else.
    init?(_ arguments: [String]) {
        guard arguments.count > 1, let target = FuzzTarget(rawValue: arguments[1]) else { return nil }
        self.target = target
        var rest = arguments.dropFirst(2)
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch name {
            case "--minutes": minutes = Double(value) ?? 0
            case "--count": count = UInt64(value) ?? 0
            case "--seed": seed = UInt64(value) ?? 0
            case "--first": first = UInt64(value) ?? 0
            case "--root": root = value
            case "--progress": progress = value
            case "--file": file = value
            case "--show":
                guard let number = UInt64(value) else { return nil }
                show = number
            default: return nil
            }
        }
    }
}
