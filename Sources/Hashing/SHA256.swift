// SPDX-License-Identifier: Apache-2.0

import CCrypto

/// An incremental SHA-256 computation: feed it bytes, then finish it once.
///
/// For bytes that are all in memory, ``hash(_:)-(UnsafeRawBufferPointer)`` is quicker.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// Fetched once: a look-up by `EVP_sha256()` costs more than hashing a small input does.
    ///
    /// A fetched `EVP_MD` is never changed and is counted by atomics, so all threads may read it. It lives as long
    /// as the process.
    private nonisolated(unsafe) static let algorithm: OpaquePointer? = EVP_MD_fetch(nil, "SHA256", nil)

    /// Starts a computation.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, Self.algorithm, nil) == 1 else {
            preconditionFailure("libcrypto offers no SHA-256 or memory is exhausted")
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Adds bytes to the input.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(status == 1, "libcrypto could not continue a SHA-256")
    }

    /// Adds bytes to the input.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Adds the UTF-8 bytes of a text to the input.
    public mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// Ends the computation and gives the digest of everything added.
    public consuming func finish() -> SHA256Digest {
        var storage = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        let status = withUnsafeMutableBytes(of: &storage) { buffer in
            EVP_DigestFinal_ex(context, buffer.bindMemory(to: UInt8.self).baseAddress, nil)
        }
        precondition(status == 1, "libcrypto could not finish a SHA-256")
        return SHA256Digest(storage: storage)
    }

    /// The digest of bytes in memory.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> SHA256Digest {
        var storage = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        let status = withUnsafeMutableBytes(of: &storage) { buffer in
            EVP_Digest(
                bytes.baseAddress, bytes.count, buffer.bindMemory(to: UInt8.self).baseAddress, nil, algorithm, nil)
        }
        precondition(status == 1, "libcrypto offers no SHA-256 or memory is exhausted")
        return SHA256Digest(storage: storage)
    }

    /// The digest of an array of bytes.
    public static func hash(_ bytes: [UInt8]) -> SHA256Digest {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The digest of the UTF-8 bytes of a text.
    public static func hash(_ text: String) -> SHA256Digest {
        var text = text
        return text.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }
}
