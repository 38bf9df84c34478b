// SPDX-License-Identifier: Apache-2.0

/// Bytes as text, the way pictures travel in JSON (RFC 4648, with padding).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of the bytes.
    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var rest = bytes[...]
        while let first = rest.popFirst() {
            let second = rest.popFirst()
            let third = second == nil ? nil : rest.popFirst()
            text.append(alphabet[Int(first >> 2)])
            text.append(alphabet[Int(first & 3) << 4 | Int((second ?? 0) >> 4)])
            text.append(second.map { alphabet[Int($0 & 15) << 2 | Int((third ?? 0) >> 6)] } ?? UInt8(ascii: "="))
            text.append(third.map { alphabet[Int($0 & 63)] } ?? UInt8(ascii: "="))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
