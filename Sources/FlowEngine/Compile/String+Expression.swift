// SPDX-License-Identifier: Apache-2.0

extension String {
    /// Whether `${{` stands in the text. Asked of every text of a file, so it looks at bytes.
    var hasExpression: Bool {
        var before: (UInt8, UInt8) = (0, 0)
        for byte in utf8 {
            if byte == 0x7B, before == (0x24, 0x7B) { return true }
            before = (before.1, byte)
        }
        return false
    }
}
