// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The environment that a process was started with, as the kernel shows it.
struct ProcessEnvironment {
    private var bytes: [UInt8]

    /// Reads `/proc/PID/environ`; nil if the process is gone, is another user's, or has none.
    init?(pid: Int32) {
        let path = "/proc/\(pid)/environ"
        // The first page is enough for nearly all; the kernel limits the rest to a quarter of the stack limit.
        for capacity in [16 << 10, 4 << 20] {
            var count: Int64 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, used in
                count = flow_read_file(path, buffer.baseAddress, Int64(capacity))
                used = Int(max(0, count))
            }
            guard count > 0 else { return nil }
            self.bytes = bytes
            if count < capacity { return }
        }
        return nil
    }

    /// The value of a variable as bytes.
    func value(of name: [UInt8]) -> ArraySlice<UInt8>? {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0) ?? bytes.count
            let entry = bytes[start..<end]
            if entry.count > name.count, entry[start + name.count] == UInt8(ascii: "="),
                entry.prefix(name.count).elementsEqual(name)
            {
                return entry.dropFirst(name.count + 1)
            }
            start = end + 1
        }
        return nil
    }
}
