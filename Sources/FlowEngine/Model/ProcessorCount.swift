// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Glibc

/// How many threads a model may use.
enum ProcessorCount {
    /// One where `CI` is set, since the threads of a model spin when others want the cores; else the physical cores but
    /// one, at least 1. Two threads on one core are slower than one.
    static func modelThreads(environment: [String: String]) -> Int {
        if let value = environment["CI"], !value.isEmpty { return 1 }
        return Swift.max(1, physicalCores() - 1)
    }

    /// The physical cores that are on line.
    static func physicalCores() -> Int {
        let online = Swift.max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        // A file of /proc has no size, so it is read as a stream.
        guard let bytes = try? File.read("/proc/cpuinfo", limit: 16 << 20, allowSpecial: true) else { return online }
        return cores(in: String(decoding: bytes, as: UTF8.self)).map { Swift.min($0, online) } ?? online
    }

    /// The different pairs of socket and core that `/proc/cpuinfo` lists; nil where it lists none.
    static func cores(in text: String) -> Int? {
        var pairs: Set<String> = []
        var socket: Substring = ""
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...]
            if line.hasPrefix("physical id") { socket = value }
            if line.hasPrefix("core id") { pairs.insert("\(socket)/\(value)") }
        }
        return pairs.isEmpty ? nil : pairs.count
    }
}
