// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// The files of a store that SQLite does not write, kept while its folder is made anew.
struct SavedFiles {
    private let store: String
    private var files: [(path: String, bytes: [UInt8])] = []

    /// Reads them.
    init(store: String) throws(FileError) {
        self.store = store
        var open = [store]
        while let folder = open.popLast() {
            guard File.isDirectory(folder) else { continue }
            for entry in try File.list(folder) {
                let path = FilePath.join(folder, entry.name)
                if entry.kind == .directory {
                    open.append(path)
                } else if entry.kind == .file, folder != store {
                    files.append((path, try File.read(path, limit: 1 << 26)))
                }
            }
        }
    }

    /// Makes the store's folder anew: these files, and those of the database as the power left them.
    func restore(below folder: String, with disk: DiskModel) throws(FileError) {
        try File.removeTree(store)
        for file in files {
            try File.createDirectory(FilePath.dirname(file.path))
            try File.write(file.bytes, to: file.path)
        }
        try disk.write(to: folder)
    }
}

extension FaultSite {
    /// Makes the store's folder as the power left it; the files that were not seen are given.
    func restore(_ disk: DiskModel, _ saved: SavedFiles?) throws(FileError) {
        if let saved { return try saved.restore(below: folder, with: disk) }
        try clear()
        try disk.write(to: folder)
    }
}
