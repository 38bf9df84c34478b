// SPDX-License-Identifier: Apache-2.0

/// Text of the user inside a message: in single quotes, on one line, without control characters, cut to a fair length.
func quoted(_ bytes: some Collection<UInt8>, limit: Int = 60) -> String {
    "'" + shortened(bytes, limit: limit) + "'"
}

/// The same without quotes.
func shortened(_ bytes: some Collection<UInt8>, limit: Int = 60) -> String {
    // At most four bytes a scalar, and one scalar more to know that something was cut.
    let head = String(decoding: bytes.prefix(limit * 4 + 4), as: UTF8.self)
    var result = ""
    for (count, scalar) in head.unicodeScalars.enumerated() {
        if count == limit { return result + "…" }
        switch scalar {
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate:
                result += "\\u{\(hex(scalar.value, 4))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
    return result
}
