// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import Glibc

/// The wall clock of the machine.
public enum WallClock {
    /// The present moment.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
