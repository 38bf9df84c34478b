// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Reads one JSON value (RFC 8259) that takes up the whole text.
    ///
    /// Strict: well-formed UTF-8, no byte order mark, no trailing text. Whole numbers without fraction and exponent that
    /// fit 64 bits are `integer`; other numbers are `number`, and one too large for it is an error.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, range: bytes.startIndex..<bytes.endIndex, limits: limits)
        return try parser.document()
    }

    /// Reads one JSON value from a part of an array. Offsets in errors count from the start of the part.
    public static func parse(
        _ bytes: ArraySlice<UInt8>, limits: JSONLimits = .standard
    ) throws(JSONParseError) -> JSONValue {
        try parse(Array(bytes), limits: limits)
    }

    /// Reads one JSON value from a text.
    public static func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONParseError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    /// Reads JSON Lines: one value a line, lines of white space left out. The limits hold for each line.
    public static func parseLines(
        _ bytes: [UInt8], limits: JSONLimits = .standard
    ) throws(JSONParseError) -> [JSONValue] {
        var values: [JSONValue] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.endIndex
            if !bytes[start..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                var parser = JSONParser(bytes: bytes, range: start..<end, limits: limits)
                values.append(try parser.document())
            }
            start = end + 1
        }
        return values
    }
}

/// A recursive descent reader over bytes. The depth limit bounds its stack.
struct JSONParser {
    private let bytes: [UInt8]
    private let start: Int
    private let end: Int
    private let limits: JSONLimits
    private var index: Int
    private var depth = 0

    init(bytes: [UInt8], range: Range<Int>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        start = range.lowerBound
        end = range.upperBound
        index = range.lowerBound
    }

    mutating func document() throws(JSONParseError) -> JSONValue {
        if end - start > limits.length {
            throw JSONParseError("the text is longer than \(limits.length) bytes", at: start)
        }
        if end - start >= 3, bytes[start] == 0xEF, bytes[start + 1] == 0xBB, bytes[start + 2] == 0xBF {
            throw JSONParseError("the text begins with a byte order mark", at: start)
        }
        skipSpace()
        let value = try value()
        skipSpace()
        if index < end { throw JSONParseError("unexpected text after the value", at: index) }
        return value
    }

    private mutating func value() throws(JSONParseError) -> JSONValue {
        guard index < end else { throw JSONParseError("unexpected end of text, a value is missing", at: index) }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func array() throws(JSONParseError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        index += 1
        skipSpace()
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: ",")) {
                skipSpace()
            } else if take(UInt8(ascii: "]")) {
                depth -= 1
                return .array(elements)
            } else {
                throw unexpected("`,` or `]`")
            }
        }
    }

    private mutating func object() throws(JSONParseError) -> JSONValue {
        try enter()
        var object = JSONObject()
        index += 1
        skipSpace()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return .object(object)
        }
        while true {
            let keyStart = index
            guard index < end, bytes[index] == UInt8(ascii: "\"") else { throw unexpected("a key in double quotes") }
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw unexpected("`:`") }
            skipSpace()
            let value = try value()
            let count = object.count
            object[key] = value
            if object.count == count, limits.duplicateKeys == .refuse {
                throw JSONParseError("the key \(JSONValue.string(key).jsonText()) stands twice", at: keyStart)
            }
            skipSpace()
            if take(UInt8(ascii: ",")) {
                skipSpace()
            } else if take(UInt8(ascii: "}")) {
                depth -= 1
                return .object(object)
            } else {
                throw unexpected("`,` or `}`")
            }
        }
    }

    // MARK: Numbers

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let first = index
        let negative = take(UInt8(ascii: "-"))
        let digits = index
        // Built as a negative number, because that range is one larger.
        var whole: Int64 = 0
        var fits = true
        while let digit = digit() {
            if fits {
                let (product, overflow) = whole.multipliedReportingOverflow(by: 10)
                let (difference, overflowToo) = product.subtractingReportingOverflow(digit)
                fits = !overflow && !overflowToo
                whole = difference
            }
            index += 1
        }
        if index == digits { throw unexpected("a digit") }
        if bytes[digits] == UInt8(ascii: "0"), index - digits > 1 {
            throw JSONParseError("a number may not begin with 0", at: digits)
        }
        var isWhole = true
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try skipDigits()
        }
        if index < end, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
        if isWhole, fits {
            if negative { return .integer(whole) }
            if whole != .min { return .integer(-whole) }
        }
        guard let value = Double(String(decoding: bytes[first..<index], as: UTF8.self)), value.isFinite else {
            throw JSONParseError("the number is too large", at: first)
        }
        return .number(value)
    }

    private func digit() -> Int64? {
        guard index < end, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") else { return nil }
        return Int64(bytes[index] - UInt8(ascii: "0"))
    }

    private mutating func skipDigits() throws(JSONParseError) {
        guard digit() != nil else { throw unexpected("a digit") }
        while digit() != nil { index += 1 }
    }

    // MARK: Strings

    private mutating func string() throws(JSONParseError) -> String {
        let quote = index
        index += 1
        let first = index
        var seen: UInt8 = 0
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                if seen < 0x80 { return String(decoding: bytes[first..<index - 1], as: UTF8.self) }
                return try text(bytes[first..<index - 1], at: first)
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(quote: quote, first: first) }
            if byte < 0x20 { throw controlCharacter(byte) }
            seen |= byte
            index += 1
        }
        throw JSONParseError("the string is not closed", at: quote)
    }

    /// Goes on with a string at its first escape.
    private mutating func escapedString(quote: Int, first: Int) throws(JSONParseError) -> String {
        var buffer: [UInt8] = []
        var run = first
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                // Checked run by run: an escape always stands between two whole characters.
                if run < index {
                    let part = try text(bytes[run..<index], at: run)
                    buffer.append(contentsOf: part.utf8)
                }
                if byte == UInt8(ascii: "\"") {
                    index += 1
                    return String(decoding: buffer, as: UTF8.self)
                }
                try escape(into: &buffer)
                run = index
            } else if byte < 0x20 {
                throw controlCharacter(byte)
            } else {
                index += 1
            }
        }
        throw JSONParseError("the string is not closed", at: quote)
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSONParseError) {
        let backslash = index
        index += 1
        guard index < end else { throw JSONParseError("the string is not closed", at: backslash) }
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(letter)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            var code = try fourHexDigits(backslash)
            if code >= 0xD800, code < 0xDC00, index + 1 < end, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            {
                index += 2
                let low = try fourHexDigits(index - 2)
                if low >= 0xDC00, low < 0xE000 { code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) }
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw JSONParseError("the escape is half of a surrogate pair", at: backslash)
            }
            buffer.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw JSONParseError("this escape does not exist in JSON", at: backslash)
        }
    }

    private mutating func fourHexDigits(_ backslash: Int) throws(JSONParseError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard index < end, let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue, bytes[index] < 0x80
            else { throw JSONParseError("`\\u` needs four hexadecimal digits", at: backslash) }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    private func text(_ part: ArraySlice<UInt8>, at offset: Int) throws(JSONParseError) -> String {
        if let text = String(validating: part, as: UTF8.self) { return text }
        // The part before the fault is the longest that is well-formed and followed by no well-formed character.
        var decoder = UTF8()
        var iterator = part.makeIterator()
        var good = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { good += UTF8.width(scalar) }
        throw JSONParseError("the text is not well-formed UTF-8", at: offset + good)
    }

    // MARK: Small steps

    private mutating func enter() throws(JSONParseError) {
        depth += 1
        if depth > limits.depth {
            throw JSONParseError("more than \(limits.depth) arrays and objects stand inside each other", at: index)
        }
    }

    private mutating func skipSpace() {
        while index < end {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < end, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        let first = index
        for byte in word.utf8 where !take(byte) {
            throw JSONParseError("expected `\(word)`", at: first)
        }
        return value
    }

    private func controlCharacter(_ byte: UInt8) -> JSONParseError {
        let hex = String(byte, radix: 16, uppercase: true)
        return JSONParseError("the control character U+00\(byte < 0x10 ? "0" : "")\(hex) needs an escape", at: index)
    }

    private func unexpected(_ wanted: String) -> JSONParseError {
        guard index < end else { return JSONParseError("unexpected end of text, expected \(wanted)", at: index) }
        let byte = bytes[index]
        guard byte > 0x20, byte < 0x7F else { return JSONParseError("expected \(wanted)", at: index) }
        return JSONParseError("unexpected `\(Character(Unicode.Scalar(byte)))`, expected \(wanted)", at: index)
    }
}
