// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Glibc

/// What this process holds at a moment.
struct ProcessSample {
    var descriptors: Int
    var threads: Int
    /// Memory of its own, in KiB.
    var residentKiB: Int
    var children: Int
    var zombies: Int

    /// Asks the kernel.
    static func now() throws(FileError) -> ProcessSample {
        let own = "\(getpid())"
        var children = 0
        var zombies = 0
        for entry in try File.list("/proc") where Int32(entry.name) != nil {
            guard let stat = try? File.readText("/proc/\(entry.name)/stat", limit: 4096),
                let end = stat.lastIndex(of: ")")
            else { continue }
            let fields = stat[end...].split(separator: " ")
            guard fields.count > 2, fields[2] == own else { continue }
            children += 1
            if fields[1] == "Z" { zombies += 1 }
        }
        let status = try File.readText("/proc/self/status", limit: 64 << 10)
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return ProcessSample(
            // The folder itself is open while it is read.
            descriptors: try File.list("/proc/self/fd").count - 1,
            threads: try File.list("/proc/self/task").count,
            residentKiB: resident?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0,
            children: children,
            zombies: zombies)
    }

    static let heading = "  runs  descriptors  threads  memory KiB  children  zombies"

    /// The sample as a line of a table.
    func line(after runs: Int) -> String {
        zip([runs, descriptors, threads, residentKiB, children, zombies], [6, 11, 7, 10, 8, 7])
            .map { number, width in
                let text = String(number)
                return String(repeating: " ", count: max(0, width - text.count)) + text
            }
            .joined(separator: "  ")
    }

    /// What has become more than it should be.
    func growth(since first: ProcessSample) -> [String] {
        var faults: [String] = []
        // The store opens its second connection for reading when it needs it: the database and its log.
        if descriptors > first.descriptors + 2 {
            faults.append("descriptors: \(first.descriptors), then \(descriptors)")
        }
        // Those of the runtime come and go with the load.
        if threads > first.threads + 2 { faults.append("threads: \(first.threads), then \(threads)") }
        if children > first.children { faults.append("children: \(first.children), then \(children)") }
        return faults
    }

    /// Whether memory grew by more than 256 bytes a run.
    func memoryGrowth(since earlier: ProcessSample, runs: Int) -> [String] {
        let grown = residentKiB - earlier.residentKiB
        return grown * 1024 > runs * 256 ? ["memory: \(grown) KiB more after the last \(runs) runs"] : []
    }
}
