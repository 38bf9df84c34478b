// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Glibc

/// Which event was the last one that a store made durable, in a file beside the database.
///
/// SQLite takes a log that is damaged or gone for one that ends earlier, without a word. This file tells: an event
/// that it names was on the disk. It is written after the commit and not synced, so it may be behind, never ahead.
struct HeadMark: Sendable, Hashable {
    static let fileName = "head"

    var run: String
    var sequence: Int64

    /// The mark of a store; nil when there is none or it cannot be read.
    init?(folder: String) {
        guard let text = try? File.readText(FilePath.join(folder, Self.fileName), limit: 4096) else { return nil }
        let words = text.split(separator: "\n", maxSplits: 1).first?.split(separator: " ") ?? []
        // The last word ends a line that is whole.
        guard words.count == 3, words[2] == ".", let sequence = Int64(words[1]) else { return nil }
        run = String(words[0])
        self.sequence = sequence
    }

    /// What is the matter when the database does not have the event; nil when it has.
    func problem(lastSequence: Int64?) -> String? {
        if let lastSequence, lastSequence >= sequence { return nil }
        let found = lastSequence.map { "ends with event \($0)" } ?? "is not there"
        return "run \(run) had event \(sequence), but now \(found): the newest entries are lost. "
            + "The file flow.db-wal, or flow.db, was removed, replaced or damaged"
    }

    /// Writes marks for the one writer.
    final class Pen {
        private let descriptor: Int32

        init(folder: String) {
            descriptor = open(FilePath.join(folder, HeadMark.fileName), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        /// Writes a mark over the last one. A full disk is no matter: the file has its block.
        func write(run: String, sequence: Int64) {
            var line = "\(run) \(sequence) .\n"
            line.withUTF8 { bytes in _ = pwrite(descriptor, bytes.baseAddress, bytes.count, 0) }
        }

        /// Says that nothing is known: before the run of the mark is removed.
        func clear() { _ = ftruncate(descriptor, 0) }
    }
}
