// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem

/// Who owns a store, asked without taking part: nothing is locked, so a starting engine is never in the way.
public enum StoreOwnership {
    /// The process that owns the store of a folder; nil when none does or the last owner has died.
    public static func livingOwner(of folder: String) -> Int32? {
        guard let text = FileLock.owner(of: FilePath.join(folder, "owner.lock")) else { return nil }
        var fields: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { fields[words[0]] = words[1] }
        }
        guard let pid = fields["pid"].flatMap({ Int32($0) }), let start = fields["started"].flatMap({ UInt64($0) }),
            ProcessTable.isAlive(ChildIdentity(pid: pid, startTime: start))
        else { return nil }
        return pid
    }
}
