// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Synchronization

/// Puts the names of files and of the folders above them on the disk, and remembers which folders need it no more.
final class DurableNames: Sendable {
    private static let mostFolders = 10_000

    private let known = Mutex<Set<String>>([])

    /// Waits until the names in a folder are on the disk, and those that lead to it.
    ///
    /// - Parameter above: the folders that it lies in, the nearest first; the name of the last one is on the disk.
    func sync(_ folder: String, above: [String]) throws(FileError) {
        try File.syncDirectory(folder)
        var current = folder
        for parent in above {
            // The folder itself may have been made anew; those above it stay.
            if current == folder || !isDurable(current) {
                try File.syncDirectory(parent)
                if current != folder { remember(current) }
            }
            current = parent
        }
    }

    /// Whether the name of a folder is known to be on the disk.
    func isDurable(_ folder: String) -> Bool { known.withLock { $0.contains(folder) } }

    /// Notes that the name of a folder may not be on the disk.
    func forget(_ folder: String) { known.withLock { _ = $0.remove(folder) } }

    /// Notes that the name of a folder is on the disk.
    func remember(_ folder: String) {
        known.withLock { known in
            if known.count >= Self.mostFolders { known.removeAll() }
            known.insert(folder)
        }
    }
}
