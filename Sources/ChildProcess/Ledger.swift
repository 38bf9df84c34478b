// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The identities of live children and known orphans, in memory that the guardian reads when the owner is gone.
///
/// The marker finds nearly all survivors; a process that dropped its environment is found here, by its session or
/// by itself. Writing costs no system call and wakes nobody. An entry is a process id and a start time, 8 bytes each.
struct Ledger {
    /// What does not fit is not recorded; the marker still finds it.
    static let capacity = 8192
    private static let byteCount = capacity * 16

    /// The memory as a file.
    let descriptor: Int32
    private let entries: UnsafeMutableBufferPointer<UInt64>
    private var slots: [ChildIdentity: Int] = [:]
    private var free: [Int] = []
    private var used = 0

    /// Makes an empty ledger; nil if the kernel has no memory for it.
    init?() {
        descriptor = flow_memory_file("ledger", Int64(Self.byteCount))
        guard descriptor >= 0 else { return nil }
        let memory = mmap(nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory, memory != UnsafeMutableRawPointer(bitPattern: -1) else {
            Glibc.close(descriptor)
            return nil
        }
        let words = memory.bindMemory(to: UInt64.self, capacity: Self.capacity * 2)
        entries = UnsafeMutableBufferPointer(start: words, count: Self.capacity * 2)
    }

    /// Gives the memory back.
    func close() {
        munmap(entries.baseAddress, Self.byteCount)
        Glibc.close(descriptor)
    }

    mutating func insert(_ identity: ChildIdentity) {
        guard slots[identity] == nil else { return }
        let slot: Int
        if let last = free.popLast() {
            slot = last
        } else {
            guard used < Self.capacity else { return }
            slot = used
            used += 1
        }
        slots[identity] = slot
        // The process id makes the entry valid, so it comes last.
        entries[slot * 2 + 1] = identity.startTime
        entries[slot * 2] = UInt64(UInt32(bitPattern: identity.pid))
    }

    mutating func remove(_ identity: ChildIdentity) {
        guard let slot = slots.removeValue(forKey: identity) else { return }
        entries[slot * 2] = 0
        free.append(slot)
    }

    /// Reads the ledger of an owner that is gone; empty if the file is none.
    static func read(_ descriptor: Int32) -> Set<ChildIdentity> {
        var identities: Set<ChildIdentity> = []
        let words = [UInt64](unsafeUninitializedCapacity: capacity * 2) { buffer, filled in
            let count = flow_read_at_start(descriptor, buffer.baseAddress, Int64(byteCount))
            filled = Int(max(0, count)) / 8
        }
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            let pid = Int32(truncatingIfNeeded: words[index])
            if pid > 1 { identities.insert(ChildIdentity(pid: pid, startTime: words[index + 1])) }
        }
        return identities
    }
}
