// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import Hashing

extension Digest {
    init(_ digest: SHA256Digest) { self.init(words: digest.words) }

    /// The SHA-256 digest of some bytes.
    public init(of bytes: [UInt8]) { self.init(SHA256.hash(bytes)) }

    /// The digest of a value's canonical JSON text: equal values have equal digests.
    public init(of value: JSONValue) { self.init(of: value.jsonBytes(.canonical)) }
}
