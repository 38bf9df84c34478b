// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Lets a server's thread wait for the test.
final class Gate: Sendable {
    private let reading: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0)
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        close(reading)
        close(writing)
    }

    func open() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// Waits until the gate is open; at most five seconds, so that a failing test ends.
    func wait() {
        var request = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        _ = poll(&request, 1, 5000)
    }
}
