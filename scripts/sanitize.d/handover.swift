// SPDX-License-Identifier: Apache-2.0
// Hands values from a thread to a task that waits for them by a continuation. Both ways are right. With `early` the task is
// resumed before it waits: Swift's library then goes on at once and does not tell the sanitizer of threads, which reports a
// race. Without it the sanitizer is silent.
//
//     swiftc -parse-as-library -g -swift-version 5 -sanitize=thread scripts/sanitize.d/handover.swift -o handover
//     ./handover; ./handover early
import Glibc

final class Value: Sendable {
    let words: [String]

    init(_ number: Int) { words = (0..<3).map { "word \($0) of value \(number), too long to stand without the heap" } }
}

final class Giver: @unchecked Sendable {
    let continuation: CheckedContinuation<Value, Never>
    let number: Int
    let delay: UInt32

    init(_ continuation: CheckedContinuation<Value, Never>, _ number: Int, delay: UInt32) {
        self.continuation = continuation
        self.number = number
        self.delay = delay
    }

    func run() {
        usleep(delay)
        continuation.resume(returning: Value(number))
    }
}

@main struct HandOver {
    static func main() async {
        let isEarly = CommandLine.arguments.contains("early")
        let bytes = await Task.detached { await take(isEarly) }.value
        print(isEarly ? "early:" : "late:", bytes, "bytes")
    }

    static func take(_ isEarly: Bool) async -> Int {
        var bytes = 0
        for number in 0..<50 {
            let value: Value = await withCheckedContinuation { continuation in
                let giver = Giver(continuation, number, delay: isEarly ? 0 : 20_000)
                var thread = pthread_t()
                pthread_create(
                    &thread, nil,
                    { argument in
                        Unmanaged<Giver>.fromOpaque(argument!).takeRetainedValue().run()
                        return nil
                    }, Unmanaged.passRetained(giver).toOpaque())
                pthread_detach(thread)
                if isEarly { usleep(20_000) }
            }
            bytes += value.words[0].utf8.count
        }
        return bytes
    }
}
