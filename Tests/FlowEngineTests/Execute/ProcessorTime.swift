// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The time that this process has had of the processors.
enum ProcessorTime {
    static var used: Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
