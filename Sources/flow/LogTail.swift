// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Reads the lines that are added to a log file, however often it is asked.
struct LogTail {
    let path: String
    private var offset = 0
    private var rest: [UInt8] = []

    init(_ path: String) { self.path = path }

    /// The lines that are whole and were not given before. A file that is not there yet has none.
    mutating func lines() -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, offset)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            offset += count
            rest += buffer[..<count]
        }
        guard let end = rest.lastIndex(of: 0x0A) else { return [] }
        let lines = rest[..<end].split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        rest.removeFirst(end + 1)
        return lines
    }
}
