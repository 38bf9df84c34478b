// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// The private folders of a run's attempts: `work/<node>/<n>`.
///
/// To make and remove directories costs a file system more than all else that starts a program: blocks are taken and
/// given back, and may be discarded on the disk. So the folder of an attempt that left nothing in it is kept, and
/// becomes the next node's by a rename.
final class WorkFolders: Sendable {
    /// Most runs have no more attempts at once.
    private static let mostSpares = 16
    /// The name of the folder of a first attempt.
    private static let first = "1"

    /// Paths of folders of nodes, such as `…/work/NODE`, that hold nothing but the empty folder of a first attempt. Such a
    /// folder is renamed, removed, or left to its node's next attempt only under the lock.
    private let spares = Mutex<[String]>([])

    /// Makes the folder of an attempt; it is empty then, whatever an earlier engine left there.
    func make(_ directory: String) throws(FileError) {
        let node = FilePath.dirname(directory)
        let isFirst = FilePath.basename(directory) == Self.first
        // The rename is under the lock: the node that left the spare may begin its next attempt just now, and would make its
        // folder in one that goes away.
        let isMade = spares.withLock { spares in
            if let own = spares.firstIndex(of: node) {
                // Not for others any more.
                spares.remove(at: own)
                if !isFirst { File.removeIfEmpty(FilePath.join(node, Self.first)) }
            }
            guard isFirst, let spare = spares.popLast() else { return false }
            do throws(FileError) {
                try File.rename(spare, to: node)
                return true
            } catch {
                // Something is there already, or the spare is gone: as if there were none.
                Self.remove(FilePath.join(spare, Self.first))
                return false
            }
        }
        if isMade { return }
        // The node's folder is new nearly always, and so is the attempt's in it.
        do throws(FileError) {
            try File.createDirectory(node, intermediates: false)
        } catch {
            guard error.isExisting || error.isNotFound else { throw error }
            if error.isNotFound { try File.createDirectory(node) }
            try File.removeTree(directory)
        }
        try File.createDirectory(directory, intermediates: false)
    }

    /// Takes back the folder of an attempt that has ended, with what the attempt left in it.
    func release(_ directory: String) {
        let node = FilePath.dirname(directory)
        if Self.isReusable(directory, in: node) {
            let isKept = spares.withLock { spares in
                guard spares.count < Self.mostSpares else { return false }
                spares.append(node)
                return true
            }
            if isKept { return }
        }
        Self.remove(directory)
    }

    /// Removes the folders that nobody has any more; called when the run is over for this engine.
    func removeSpares() {
        spares.withLock { spares in
            for spare in spares { Self.remove(FilePath.join(spare, Self.first)) }
            spares = []
        }
    }

    /// Whether nothing is in the folder or beside it, and nobody changed who may use it.
    private static func isReusable(_ directory: String, in node: String) -> Bool {
        guard FilePath.basename(directory) == first,
            let mode = File.mode(ofDirectory: directory, holding: [])
        else { return false }
        return mode == File.mode(ofDirectory: node, holding: [first])
    }

    private static func remove(_ directory: String) {
        try? File.removeTree(directory)
        // Folders of attempts that failed stay, and so does theirs.
        File.removeIfEmpty(FilePath.dirname(directory))
    }
}
