// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// Full paths that a run has kept, in a store that may lie elsewhere by now: it was moved, or the run came in a bundle.
///
/// What a run keeps is named by its digest and never written anew, so a path in it stays as it was; it is understood
/// when it is read.
struct StorePath: Sendable, Hashable {
    /// The path below the store's folder, such as `runs/<id>/inputs/data/a.csv`.
    var inner: String
    /// Nil of a path below `sources/`.
    var run: String?

    /// What of a full path lies in some store's folder; nil when it is no path of one.
    init?(_ path: String) {
        guard path.hasPrefix("/"), path.utf8.count <= 4096 else { return nil }
        let parts = path.split(separator: "/")
        guard let place = parts.lastIndex(where: { $0 == "runs" || $0 == "sources" }), parts.count - place >= 3 else {
            return nil
        }
        let inner = parts[place...].joined(separator: "/")
        guard BundlePath.isSafe(inner) else { return nil }
        let name = String(parts[place + 1])
        if parts[place] == "runs" {
            guard RunIdentifier.isPlausible(name), parts.count - place >= 4,
                ["inputs", "artifacts"].contains(parts[place + 2])
            else { return nil }
            run = name
        } else {
            guard name.utf8.count == 64 else { return nil }
        }
        self.inner = inner
    }

    /// The path as it is in a store; unchanged when it leads into that store, or to nothing there.
    static func relocated(_ path: String, to folder: String) -> String {
        guard path.hasPrefix("/"), !path.hasPrefix(folder + "/"), let place = StorePath(path) else { return path }
        let candidate = FilePath.join(folder, place.inner)
        return File.exists(candidate) ? candidate : path
    }
}
