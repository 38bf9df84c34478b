// SPDX-License-Identifier: Apache-2.0
// Two threads count under one lock, which is right, or with the argument `race` without it, which is not.
import Glibc
import Synchronization

final class Counter: @unchecked Sendable {
    let lock = Mutex(0)
    var open = 0
}

let counter = Counter()
let races = CommandLine.arguments.contains("race")
var threads: [pthread_t] = []
for _ in 0..<2 {
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            let counter = Unmanaged<Counter>.fromOpaque(argument!).takeUnretainedValue()
            for turn in 0..<200_000 {
                if turn % 1000 == 0 { usleep(100) }
                if races { counter.open += 1 } else { counter.lock.withLock { $0 += 1 } }
            }
            return nil
        }, Unmanaged.passUnretained(counter).toOpaque())
    threads.append(thread)
}
for thread in threads { pthread_join(thread, nil) }
print(counter.lock.withLock { $0 } + counter.open)
