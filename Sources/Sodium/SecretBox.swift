// SPDX-License-Identifier: Apache-2.0
import CSodium

/// Encryption with a secret key (XSalsa20 and Poly1305 of libsodium): who lacks the key can neither read nor change what
/// is in the box.
public struct SecretBox: Sendable {
    /// libsodium is not installed.
    public struct Missing: Error, Sendable, CustomStringConvertible {
        /// What is missing.
        public let description: String
    }

    /// The bytes of a key.
    public static let keyBytes = 32
    private static let nonceBytes = 24
    private static let macBytes = 16

    /// The functions of libsodium.
    ///
    /// Invariant: filled once before it is published, never written again, never freed.
    private nonisolated(unsafe) let functions: UnsafePointer<flow_sodium>

    private static let loaded: Result<SecretBox, Missing> = {
        let table = UnsafeMutablePointer<flow_sodium>.allocate(capacity: 1)
        table.initialize(to: flow_sodium())
        if let problem = flow_sodium_load(table) {
            table.deallocate()
            return .failure(Missing(description: String(cString: problem)))
        }
        return .success(SecretBox(functions: UnsafePointer(table)))
    }()

    private init(functions: UnsafePointer<flow_sodium>) { self.functions = functions }

    /// Loads libsodium when it is first asked for.
    public init() throws(Missing) { self = try Self.loaded.get() }

    /// So many bytes that nobody can guess.
    public func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        functions.pointee.randombytes_buf(&bytes, count)
        return bytes
    }

    /// The encrypted bytes, with the nonce in front. The key has `keyBytes` bytes.
    public func seal(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count == Self.keyBytes)
        let nonce = randomBytes(Self.nonceBytes)
        var sealed = [UInt8](repeating: 0, count: bytes.count + Self.macBytes)
        _ = functions.pointee.secretbox_easy(&sealed, bytes, UInt64(bytes.count), nonce, key)
        return nonce + sealed
    }

    /// The bytes in a box; nil when the key is another one or the box was changed.
    public func open(_ box: [UInt8], key: [UInt8]) -> [UInt8]? {
        precondition(key.count == Self.keyBytes)
        guard box.count >= Self.nonceBytes + Self.macBytes else { return nil }
        let nonce = Array(box[..<Self.nonceBytes])
        let sealed = Array(box[Self.nonceBytes...])
        var bytes = [UInt8](repeating: 0, count: sealed.count - Self.macBytes)
        guard functions.pointee.secretbox_open_easy(&bytes, sealed, UInt64(sealed.count), nonce, key) == 0 else {
            return nil
        }
        return bytes
    }
}
