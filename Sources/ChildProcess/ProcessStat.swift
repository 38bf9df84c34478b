// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The few fields of `/proc/PID/stat` that tell processes apart.
struct ProcessStat: Equatable {
    var state: UInt8
    var parent: Int32
    var group: Int32
    var session: Int32
    var startTime: UInt64

    var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }

    /// Reads the line of a process; nil if it is gone.
    init?(pid: Int32) {
        let parsed = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1024) { buffer -> ProcessStat? in
            let count = flow_read_line_file("/proc/\(pid)/stat", buffer.baseAddress, Int64(buffer.count))
            guard count > 0 else { return nil }
            return ProcessStat(line: UnsafeBufferPointer(rebasing: buffer[..<Int(count)]))
        }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Takes a line apart. The name of the program is in parentheses and may hold anything, parentheses included, so
    /// the fields are counted from the last one that closes.
    init?(line: UnsafeBufferPointer<UInt8>) {
        guard let close = line.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = line[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
        // fields[0] is field 3 (the state).
        guard fields.count >= 20, let state = fields[0].first,
            let parent = Self.number(fields[1]), let group = Self.number(fields[2]),
            let session = Self.number(fields[3]), let start = Self.number(fields[19])
        else { return nil }
        self.state = state
        self.parent = Int32(truncatingIfNeeded: parent)
        self.group = Int32(truncatingIfNeeded: group)
        self.session = Int32(truncatingIfNeeded: session)
        self.startTime = start
    }

    /// A number without sign; a negative one (no terminal) reads as 0.
    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            if digit == UInt8(ascii: "-") { return 0 }
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value &* 10 &+ UInt64(digit &- 0x30)
        }
        return value
    }
}
