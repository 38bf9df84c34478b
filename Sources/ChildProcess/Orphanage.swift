// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// Descendants whose parent has ended. As we are their subreaper, the kernel makes them children of our first thread.
///
/// Those of a child that has ended are killed; those of a child that runs are left alone; all are reaped.
struct Orphanage {
    private struct Stray {
        var pidfd: Int32
        var child: UInt64?
        var isKilled: Bool
    }

    private let tag: ChildTag
    private let epoll: Int32
    private let processID = getpid()
    private let session = getsid(0)
    /// The children of our first thread, kept open because it is read whenever a child ends.
    private let list = flow_open("/proc/self/task/\(getpid())/children", O_RDONLY, 0)
    private var strays: [Int32: Stray] = [:]
    /// Orphans that may live because their child runs, as of the last sweep.
    private(set) var tolerated: Set<ChildIdentity> = []

    init(tag: ChildTag, epoll: Int32) {
        self.tag = tag
        self.epoll = epoll
    }

    func close() {
        if list >= 0 { Glibc.close(list) }
    }

    /// Looks at all orphans: reaps the dead, kills those whose child has ended.
    mutating func sweep(_ children: [UInt64: LiveChild], _ now: Nanoseconds) {
        tolerated.removeAll()
        for pid in orphans() {
            if let stray = strays[pid] {
                if !stray.isKilled { killIfDue(pid, children, now) }
                continue
            }
            // A direct child of somebody else in this process is in our session; ours never are.
            guard let stat = ProcessStat(pid: pid), stat.parent == processID, stat.session != session else { continue }
            if stat.isZombie {
                var exit = flow_exit()
                _ = flow_reap(pid, &exit)
                continue
            }
            switch owner(of: pid, stat, children) {
            case .running: tolerated.insert(ChildIdentity(pid: pid, startTime: stat.startTime))
            case .ended(let child): adopt(pid, child, children, now)
            }
        }
    }

    /// Takes note of the end of a stray.
    mutating func reap(_ pid: Int32, _ children: [UInt64: LiveChild]) {
        guard let stray = strays[pid] else { return }
        var exit = flow_exit()
        guard flow_reap(pid, &exit) != 0 else { return }
        Glibc.close(stray.pidfd)
        strays[pid] = nil
        if let id = stray.child { children[id]?.strays.remove(pid) }
    }

    private enum Owner {
        case running
        case ended(LiveChild?)
    }

    private func owner(of pid: Int32, _ stat: ProcessStat, _ children: [UInt64: LiveChild]) -> Owner {
        if let child = children.values.first(where: { $0.identity.pid == stat.session }) {
            return child.end == nil ? .running : .ended(child)
        }
        if LiveSessions.contains(stat.session) { return .running }
        if let value = ProcessEnvironment(pid: pid)?.value(of: tag.nameBytes) {
            switch tag.owner(of: value) {
            case .neighbour: return .running
            case .child(let id):
                guard let child = children[id] else { return .ended(nil) }
                return child.end == nil ? .running : .ended(child)
            case .unknown: break
            }
        }
        // It opened its own session and dropped its environment.
        switch tag.owner(ofBrand: flow_brand(pid), among: children.keys) {
        case .neighbour: return .running
        case .child(let id):
            guard let child = children[id] else { return .ended(nil) }
            return child.end == nil ? .running : .ended(child)
        case .unknown: break
        }
        // It has no brand either, or that of an engine below us. If it is older than every running child, none of them
        // can have started it.
        let runningStarts = children.values.lazy.filter { $0.end == nil }.map(\.identity.startTime)
        let oldest = min(runningStarts.min() ?? .max, LiveSessions.oldestStart(except: children) ?? .max)
        return stat.startTime < oldest ? .ended(nil) : .running
    }

    private mutating func adopt(_ pid: Int32, _ child: LiveChild?, _ children: [UInt64: LiveChild], _ now: Nanoseconds)
    {
        let pidfd = flow_pidfd_open(pid)
        guard pidfd >= 0 else { return }
        strays[pid] = Stray(pidfd: pidfd, child: child?.id, isKilled: false)
        child?.strays.insert(pid)
        child?.straysKilled += 1
        if child?.grants(now) == true {
            _ = flow_pidfd_signal(pidfd, SIGTERM)
            _ = flow_pidfd_signal(pidfd, SIGCONT)
        } else {
            killIfDue(pid, children, now)
        }
        _ = flow_epoll_add(epoll, pidfd, FLOW_WAIT_READ, UInt64(pid) << 3 | ChildLoop.Source.stray.rawValue)
    }

    private mutating func killIfDue(_ pid: Int32, _ children: [UInt64: LiveChild], _ now: Nanoseconds) {
        guard let stray = strays[pid] else { return }
        if let id = stray.child, children[id]?.grants(now) == true { return }
        _ = flow_pidfd_signal(stray.pidfd, SIGKILL)
        strays[pid]?.isKilled = true
    }

    /// The children of our first thread. The kernel gives orphans to the first thread that lives; our own children are
    /// those of the loop's thread and not in this list.
    private func orphans() -> [Int32] {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32 << 10) { buffer in
            let count = flow_read_at_start(list, buffer.baseAddress, Int64(buffer.count))
            guard count > 0 else { return [] }
            return buffer[..<Int(count)].split(separator: UInt8(ascii: " ")).compactMap { digits in
                Int32(String(decoding: digits, as: UTF8.self))
            }
        }
    }
}
