// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

extension Engine {
    /// Becomes the owner of a store, on a full disk with the help of the reserve.
    static func acquire(_ folder: String) throws(StoreError) -> StoreOwner {
        do throws(StoreError) { return try StoreOwner.acquire(folder: folder) } catch {
            // Another owner would be `busy`: the lock was free, only its file could not be written.
            guard error.code == .diskFull else { throw error }
            DiskWatch.freeReserve(of: folder)
            return try StoreOwner.acquire(folder: folder)
        }
    }

    /// Lets all runs stand still while the disk is full.
    func watchDisk() {
        disk.observe { [weak self] notice in
            guard let self else { return }
            self.configuration.onDisk?(notice)
            if case .full = notice {
                for executor in self.livingExecutors { self.holdStill(executor) }
            }
        }
    }

    /// Pauses a run until there is room. What runs in it ends, and what it puts out is kept.
    private func holdStill(_ executor: RunExecutor) {
        let (run, disk) = (executor.site.run, disk)
        standstills.withLock { standstills in
            guard standstills[run] == nil else { return }
            standstills[run] = Task { [weak self] in
                defer { self?.standstills.withLock { $0[run] = nil } }
                // A run that nobody works on, or that has ended, has nothing to pause.
                guard await executor.machine.isAtWork,
                    await executor.request(.pause(by: "disk full")) == nil
                else { return true }
                guard await disk.room() else { return false }
                return await executor.request(.resume(by: "room on the disk")) == nil
            }
        }
    }

    /// Refuses a run whose events are not as they were written.
    func requireChain(of run: String) async throws(EngineError) {
        do throws(StoreError) {
            guard let broken = try await store.verify(run: run).firstBroken else { return }
            throw StoreError(
                .corrupt,
                "event \(broken) of run \(run) is changed or missing in the store \(configuration.folder). "
                    + "`flow db check` tells what else is damaged.")
        } catch {
            throw EngineError(error)
        }
    }
}
