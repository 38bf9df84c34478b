// SPDX-License-Identifier: Apache-2.0

import Hashing
import Testing

struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `gives the published digests`(text: String, hex: String) {
        #expect(SHA256.hash(text).hex == hex)
        #expect(SHA256.hash(Array(text.utf8)).hex == hex)
        #expect(SHA256Digest(hex: hex) == SHA256.hash(text))
    }

    @Test func `pieces give the digest of the whole`() {
        let whole = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        var computation = SHA256()
        for start in stride(from: 0, to: whole.count, by: 777) {
            computation.update(Array(whole[start..<min(start + 777, whole.count)]))
        }
        computation.update([])
        computation.update("")
        let digest = computation.finish()
        #expect(digest == SHA256.hash(whole))
    }

    @Test func `bytes and hexadecimal text lead back to the digest`() throws {
        let digest = SHA256.hash("x")
        #expect(digest.bytes.count == 32)
        #expect(SHA256Digest(bytes: digest.bytes) == digest)
        #expect(SHA256Digest(hex: digest.hex.uppercased()) == digest)
        #expect(digest.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == digest.hex)
    }

    @Test(arguments: [
        "", "ab", String(repeating: "g", count: 64), String(repeating: "a", count: 63),
        String(repeating: "a", count: 66), String(repeating: "ａ", count: 64),
    ])
    func `refuses text that is not 64 digits`(text: String) {
        #expect(SHA256Digest(hex: text) == nil)
    }

    @Test func `refuses another number of bytes`() {
        #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
        #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    }

    @Test func `orders as the text does`() {
        let digests = (0..<50).map { SHA256.hash("\($0)") }
        #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
    }
}
