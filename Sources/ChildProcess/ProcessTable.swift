// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The processes of this machine, for those who have to find what a dead owner left behind.
///
/// A process is known by a variable in the environment it was started with, which descendants inherit. One that dropped
/// it is known by its brand. A process of another user is not seen.
public enum ProcessTable {
    /// When a process started (field 22 of `/proc/PID/stat`, clock ticks); nil if there is none or it is a zombie.
    public static func startTime(of pid: Int32) -> UInt64? {
        guard let stat = ProcessStat(pid: pid), !stat.isZombie else { return nil }
        return stat.startTime
    }

    /// Whether this very process still runs.
    public static func isAlive(_ identity: ChildIdentity) -> Bool {
        startTime(of: identity.pid) == identity.startTime
    }

    /// The processes, except this one and zombies, that were started with `name=value` in their environment; without
    /// a value, those with the variable at all.
    public static func processes(withEnvironment text: String, value: String?) -> [ChildIdentity] {
        let name = Array(text.utf8)
        let brand = ChildBrand(name: text, value: value)
        let value = value.map { Array($0.utf8) }
        return all().compactMap { pid in
            guard pid != getpid(), let stat = ProcessStat(pid: pid), !stat.isZombie, has(pid, name, value, brand)
            else { return nil }
            return ChildIdentity(pid: pid, startTime: stat.startTime)
        }
    }

    /// Whether a process carries a marker: in its environment or, if that has been dropped, as its brand.
    static func has(_ pid: Int32, _ name: [UInt8], _ value: [UInt8]?, _ brand: ChildBrand) -> Bool {
        if let found = ProcessEnvironment(pid: pid)?.value(of: name) {
            return value.map { found.elementsEqual($0) } ?? true
        }
        return brand.isOfSameEngine(flow_brand(pid))
    }

    /// The processes that descend from `pid` by their parents, without zombies and without `pid` itself.
    public static func descendants(of pid: Int32) -> [ChildIdentity] {
        var children: [Int32: [(pid: Int32, stat: ProcessStat)]] = [:]
        for other in all() {
            guard let stat = ProcessStat(pid: other) else { continue }
            children[stat.parent, default: []].append((other, stat))
        }
        var found: [ChildIdentity] = []
        var open = [pid]
        while let parent = open.popLast() {
            for child in children.removeValue(forKey: parent) ?? [] {
                open.append(child.pid)
                if !child.stat.isZombie {
                    found.append(ChildIdentity(pid: child.pid, startTime: child.stat.startTime))
                }
            }
        }
        return found
    }

    /// Sends a signal to this very process. Returns false if it is gone.
    @discardableResult
    public static func signal(_ identity: ChildIdentity, _ signal: Int32) -> Bool {
        let handle = flow_pidfd_open(identity.pid)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        // The handle means whoever has the number now; only then is the start time compared.
        guard isAlive(identity) else { return false }
        return flow_pidfd_signal(handle, signal) == 0
    }

    /// Kills the processes with `name=value` (or, without a value, the variable at all) in their environment until none
    /// is left. Blocks the calling thread.
    ///
    /// - Returns: how many were killed. Those that outlive `timeout` are found by `processes(withEnvironment:value:)`.
    @discardableResult
    public static func killAll(withEnvironment name: String, value: String?, timeout: Duration) -> Int {
        let deadline = monotonicNow() + timeout.boundedNanoseconds
        var killed: Set<ChildIdentity> = []
        var quiet = 0
        while true {
            let found = processes(withEnvironment: name, value: value)
            for identity in found where signal(identity, SIGKILL) { killed.insert(identity) }
            // A process that forks while the table is read may be missed once; its child is not missed twice.
            quiet = found.isEmpty ? quiet + 1 : 0
            if quiet == 2 || monotonicNow() >= deadline { return killed.count }
            if !found.isEmpty { usleep(1000) }
        }
    }

    /// The numbers of all processes.
    static func all() -> [Int32] {
        var capacity = 1024
        while true {
            var total: Int32 = 0
            let pids = [Int32](unsafeUninitializedCapacity: capacity) { buffer, used in
                total = flow_list_processes(buffer.baseAddress, Int32(capacity))
                used = min(capacity, Int(max(0, total)))
            }
            if Int(total) <= capacity { return pids }
            capacity = Int(total) + 256
        }
    }
}
