// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Runs a call that blocks (a query, a large copy) on a thread of its own, so that Swift's few threads stay free.
///
/// For work of milliseconds and more: a thread costs some 20 µs.
package func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let work = ThreadWork { continuation.resume(returning: body()) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(work).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        if status == 0 {
            pthread_detach(thread)
        } else {
            // No thread is to be had: doing the work here is slow for others, but right.
            Unmanaged<ThreadWork>.fromOpaque(context).release()
            work.run()
        }
    }
}

private final class ThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
