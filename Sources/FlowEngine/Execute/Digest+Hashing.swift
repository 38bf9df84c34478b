// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import Hashing

extension Digest {
    /// The SHA-256 digest of some bytes.
    public init(of bytes: [UInt8]) {
        // A SHA-256 digest has 32 bytes, which is all that the initialiser asks for.
        self = Digest(bytes: SHA256.hash(bytes).bytes) ?? .zero
    }

    /// The digest of a value's canonical JSON text: equal values have equal digests.
    public init(of value: JSONValue) { self.init(of: value.jsonBytes(.canonical)) }
}
