// SPDX-License-Identifier: Apache-2.0

/// Reads JSON from the answer of a model.
public enum JSONAnswer {
    /// The value that the text holds; nil when it holds none.
    ///
    /// The text is JSON, or JSON in one block of three backticks: models without constrained decoding like to write
    /// that. Nothing is searched for in the middle of prose: what would be found there may be an example.
    public static func parse(_ text: String) -> JSONValue? {
        if let value = try? JSONValue.parse(text) { return value }
        let bytes = Array(text.utf8)
        var body = trimmed(bytes[...])
        let fence = Array("```".utf8)
        guard body.count >= 6, body.starts(with: fence), body.suffix(3).elementsEqual(fence),
            let line = body.firstIndex(of: 0x0A)
        else { return nil }
        body = trimmed(body[(line + 1)...].dropLast(3))
        return try? JSONValue.parse(body)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }
}
