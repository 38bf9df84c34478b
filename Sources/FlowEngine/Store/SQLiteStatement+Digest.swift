// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Hashing
import SQLite

extension SQLiteStatement {
    /// Binds the bytes of a digest, or NULL for nil.
    func bind(_ index: Int, _ digest: Digest?) throws(SQLiteError) {
        guard let digest else { return try bindNull(index) }
        try bind(index, words: digest.words)
    }

    /// Binds the bytes of a digest.
    func bind(_ index: Int, _ digest: SHA256Digest) throws(SQLiteError) { try bind(index, words: digest.words) }

    private func bind(_ index: Int, words: (UInt64, UInt64, UInt64, UInt64)) throws(SQLiteError) {
        let memory = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        try withUnsafeBytes(of: memory) { bytes throws(SQLiteError) in try bind(index, bytes) }
    }

    /// The digest in a column of the row; nil for a value of another length.
    func digest(_ index: Int) -> Digest? {
        withBlob(index) { bytes in
            guard bytes.count == 32 else { return nil }
            func word(_ place: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            }
            return Digest(words: (word(0), word(8), word(16), word(24)))
        }
    }
}
