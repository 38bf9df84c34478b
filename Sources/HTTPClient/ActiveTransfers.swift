// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc
import Synchronization

/// The transfers that are under way, and the multi handle that moves them. Used on the loop's thread only.
struct ActiveTransfers {
    private struct Entry {
        var handle: EasyHandle
        let transfer: Transfer
    }

    private let library: CurlLibrary
    private let multi: UnsafeMutableRawPointer
    private let userAgent: String
    private var entries: [UnsafeMutableRawPointer: Entry] = [:]
    private var spare: [EasyHandle] = []
    private var nextIdleCheck = ContinuousClock.now

    private static let maxSpareHandles = 32
    /// From so many transfers on, what comes within `pause` is taken together: each round costs work for every one of them.
    private static let crowd = 16
    /// In microseconds; a reader does not see it.
    private static let pause: UInt32 = 2000

    init(library: CurlLibrary, multi: UnsafeMutableRawPointer, userAgent: String) {
        self.library = library
        self.multi = multi
        self.userAgent = userAgent
    }

    private var functions: flow_curl { library.functions.pointee }

    /// Starts a transfer, or ends it at once when it cannot be started.
    mutating func begin(_ transfer: Transfer) {
        guard !transfer.isCancelled.load(ordering: .acquiring) else {
            transfer.end(.failure(transfer.error(.cancelled, "cancelled")))
            return
        }
        guard var handle = spare.popLast() ?? EasyHandle(library: library) else {
            transfer.end(.failure(transfer.error(.other(code: 0), "out of memory")))
            return
        }
        guard handle.prepare(for: transfer, userAgent: userAgent),
            functions.multi_add_handle(multi, handle.pointer) == CURLM_OK
        else {
            handle.close()
            transfer.end(.failure(transfer.error(.other(code: 0), "libcurl took no further transfer")))
            return
        }
        entries[handle.pointer] = Entry(handle: handle, transfer: transfer)
        nextIdleCheck = .now
    }

    /// Ends the transfers whose task was cancelled.
    mutating func endCancelled() {
        for (key, entry) in entries where entry.transfer.isCancelled.load(ordering: .acquiring) {
            remove(key)
            entry.transfer.end(.failure(entry.transfer.error(.cancelled, "cancelled")))
        }
    }

    /// Moves all transfers as far as they go, then waits for the network, a wake-up or a deadline.
    mutating func advance() {
        var running: Int32 = 0
        _ = functions.multi_perform(multi, &running)
        endFinished()
        endIdle()
        // libcurl shortens the wait to its own next timer.
        let wait = entries.isEmpty ? 60_000 : (nextIdleCheck - .now).inMilliseconds
        _ = functions.multi_poll(multi, nil, 0, Int32(min(wait, 60_000)), nil)
        if entries.count >= Self.crowd { usleep(Self.pause) }
    }

    /// Cancels what is left and frees everything.
    mutating func close() {
        for (key, entry) in entries {
            remove(key)
            entry.transfer.end(.failure(entry.transfer.error(.cancelled, "the client was closed")))
        }
        while var handle = spare.popLast() { handle.close() }
        // "multi_cleanup" closes the cached connections; all easy handles are gone by now, as it asks.
        _ = functions.multi_cleanup(multi)
    }

    private mutating func endFinished() {
        var left: Int32 = 0
        while let message = functions.multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let key = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            guard let entry = entries[key] else { continue }
            let timings = entry.handle.timings
            // The message dies with the handle's removal, so it is read before.
            remove(key)
            guard code == CURLE_OK else {
                entry.transfer.end(.failure(entry.transfer.error(for: code, library: library)))
                continue
            }
            var response = entry.transfer.response
            response.timings = timings
            entry.transfer.end(.success(response))
        }
    }

    private mutating func endIdle() {
        let now = ContinuousClock.now
        guard now >= nextIdleCheck else { return }
        var soonest = now + .seconds(1)
        for (key, entry) in entries {
            // A quarter of the time is precise enough, and one second is the coarsest.
            soonest = min(soonest, now + entry.transfer.request.idleTimeout / 4)
            guard entry.transfer.isIdle(now: now, uploaded: entry.handle.uploaded) else { continue }
            remove(key)
            let message = "no byte for \(entry.transfer.request.idleTimeout)"
            entry.transfer.end(.failure(entry.transfer.error(.idleTimeout, message)))
        }
        nextIdleCheck = max(soonest, now + .milliseconds(5))
    }

    private mutating func remove(_ key: UnsafeMutableRawPointer) {
        guard var entry = entries.removeValue(forKey: key) else { return }
        // Removing an unfinished transfer closes its connection; a finished one goes back to the cache.
        _ = functions.multi_remove_handle(multi, key)
        if spare.count < Self.maxSpareHandles {
            entry.handle.reset()
            spare.append(entry.handle)
        } else {
            entry.handle.close()
        }
    }
}
