// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Glibc

/// What this machine has of the things that `resources` ask for, in the units of `PoolDemand`: thousandths of
/// processors, MiB of memory, graphics processors.
enum MachineCapacity {
    static let present: [String: Int] = {
        let pages = Int(sysconf(Int32(_SC_PHYS_PAGES)))
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let memory = pages.multipliedReportingOverflow(by: pageSize)
        let devices = (try? File.list("/dev")) ?? []
        let gpus = devices.count { entry in
            entry.name.hasPrefix("nvidia") && entry.name.dropFirst(6).allSatisfy(\.isNumber) && entry.name.count > 6
        }
        return [
            "cpus": Swift.max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) * 1000,
            "memory": memory.overflow ? .max : Swift.max(1, memory.partialValue >> 20), "gpus": gpus,
        ]
    }()
}
