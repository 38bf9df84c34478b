// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A moment of the monotonic clock in nanoseconds. Steps of the wall clock do not touch it.
typealias Nanoseconds = UInt64

/// The current moment.
func monotonicNow() -> Nanoseconds {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
}

extension Duration {
    /// Whole nanoseconds: nothing below zero, at most a hundred years.
    var boundedNanoseconds: Nanoseconds {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(min(seconds, 3_155_760_000)) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
}
