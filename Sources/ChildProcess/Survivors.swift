// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What is left of an owner that is gone: found by marker, brand, session, identity and descent.
struct Survivors {
    let marker: ChildMarker
    let recorded: Set<ChildIdentity>

    /// Looks at all processes once. Neither this process nor its session is ever among them.
    func find() -> [ChildIdentity] {
        let ownID = getpid()
        let ownSession = getsid(0)
        var stats: [Int32: ProcessStat] = [:]
        for pid in ProcessTable.all() where pid > 1 && pid != ownID {
            if let stat = ProcessStat(pid: pid), stat.session != ownSession { stats[pid] = stat }
        }
        // As long as a session has members its number is nobody else's; if its leader is another process, it is over.
        let sessions = Set(
            recorded.filter { stats[$0.pid].map(\.startTime) ?? $0.startTime == $0.startTime }.map(\.pid)
        )
        let name = Array(marker.name.utf8)
        let value = Array(marker.value.utf8)
        let brand = ChildBrand(marker: marker, owner: 0)
        var children: [Int32: [Int32]] = [:]
        var open: [Int32] = []
        for (pid, stat) in stats {
            children[stat.parent, default: []].append(pid)
            guard !stat.isZombie else { continue }
            let isOurs =
                sessions.contains(stat.session)
                || recorded.contains(ChildIdentity(pid: pid, startTime: stat.startTime))
                || ProcessTable.has(pid, name, value, brand)
            if isOurs { open.append(pid) }
        }
        var found: [Int32: ProcessStat] = [:]
        while let pid = open.popLast() {
            guard let stat = stats.removeValue(forKey: pid) else { continue }
            open += children[pid] ?? []
            if !stat.isZombie { found[pid] = stat }
        }
        // The oldest first: a script must not see its command end and go on with the next one.
        return found.map { ChildIdentity(pid: $0.key, startTime: $0.value.startTime) }
            .sorted { ($0.startTime, $0.pid) < ($1.startTime, $1.pid) }
    }

    /// Kills until none is left, or the time is over. Returns how many were killed.
    func kill(within timeout: Duration) -> Int {
        let deadline = monotonicNow() + timeout.boundedNanoseconds
        var killed: Set<ChildIdentity> = []
        var quiet = 0
        while true {
            let found = find()
            for identity in found where ProcessTable.signal(identity, SIGKILL) { killed.insert(identity) }
            // A process that forks while the table is read may be missed once; its child is not missed twice.
            quiet = found.isEmpty ? quiet + 1 : 0
            if quiet == 2 || monotonicNow() >= deadline { return killed.count }
            if !found.isEmpty { usleep(1000) }
        }
    }
}
