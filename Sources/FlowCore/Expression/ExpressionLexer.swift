// SPDX-License-Identifier: Apache-2.0

/// A word of an expression.
struct ExpressionToken {
    enum Kind: Hashable {
        case name(String)
        case number(JSONValue)
        case string(String)
        case symbol(String)
        case end
    }

    let kind: Kind
    let range: Range<Int>
}

/// Cuts an expression into words.
struct ExpressionLexer {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// All words of a text, the end as the last.
    static func tokens(of bytes: [UInt8]) throws(ExpressionFault) -> [ExpressionToken] {
        var lexer = ExpressionLexer(bytes)
        var tokens: [ExpressionToken] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(ExpressionFault) -> ExpressionToken {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
        let start = index
        guard let byte = peek() else { return ExpressionToken(kind: .end, range: start..<start) }
        if Self.startsName(byte) {
            while let byte = peek(), Self.continuesName(byte) { index += 1 }
            return token(.name(text(start..<index)), from: start)
        }
        if Self.isDigit(byte) { return try number() }
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return try string(quote: byte) }
        return try symbol()
    }

    // MARK: Numbers

    private mutating func number() throws(ExpressionFault) -> ExpressionToken {
        let start = index
        skipDigits()
        if peek() == UInt8(ascii: "."), let digit = peek(1), Self.isDigit(digit) {
            index += 1
            skipDigits()
        }
        if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
            let hasSign = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if let digit = peek(hasSign ? 2 : 1), Self.isDigit(digit) {
                index += hasSign ? 2 : 1
                skipDigits()
            }
        }
        if let byte = peek(), Self.continuesName(byte) {
            while let byte = peek(), Self.continuesName(byte) { index += 1 }
            throw ExpressionFault(
                .expressionSyntax, "`\(text(start..<index))` is neither a number nor a name", at: start..<index,
                help: ["a name begins with a letter; text stands in quotes"])
        }
        do throws(JSONParseError) {
            return token(.number(try JSONValue.parse(bytes[start..<index])), from: start)
        } catch {
            let digits = text(start..<index).drop { $0 == "0" }
            let fault = ExpressionFault(
                .expressionSyntax, "bad number: \(error.message)", at: start..<index,
                replacement: error.message.contains("begin with 0")
                    ? .init(start..<index, digits.first?.isNumber == true ? String(digits) : "0\(digits)") : nil)
            throw fault
        }
    }

    private mutating func skipDigits() {
        while let byte = peek(), Self.isDigit(byte) { index += 1 }
    }

    // MARK: Strings

    private mutating func string(quote: UInt8) throws(ExpressionFault) -> ExpressionToken {
        let start = index
        index += 1
        var value: [UInt8] = []
        while let byte = peek() {
            index += 1
            if byte == quote { return token(.string(String(decoding: value, as: UTF8.self)), from: start) }
            if byte == UInt8(ascii: "\\") { try escape(into: &value) } else { value.append(byte) }
        }
        throw ExpressionFault(
            .expressionSyntax, "the string is not closed", at: start..<bytes.count,
            help: ["end it with \(quote == UInt8(ascii: "'") ? "`'`" : "`\"`")"])
    }

    private mutating func escape(into value: inout [UInt8]) throws(ExpressionFault) {
        let start = index - 1
        guard let letter = peek() else { return }
        index += 1
        switch letter {
        case UInt8(ascii: "n"): value.append(0x0A)
        case UInt8(ascii: "r"): value.append(0x0D)
        case UInt8(ascii: "t"): value.append(0x09)
        case UInt8(ascii: "b"): value.append(0x08)
        case UInt8(ascii: "f"): value.append(0x0C)
        case UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"), UInt8(ascii: "\""): value.append(letter)
        case UInt8(ascii: "u"):
            // The JSON reader knows the rules of `\u`, pairs included.
            var end = Swift.min(start + 6, bytes.count)
            if end + 6 <= bytes.count, bytes[end] == UInt8(ascii: "\\"), bytes[end + 1] == UInt8(ascii: "u"),
                bytes[start + 2] | 0x20 == UInt8(ascii: "d"), bytes[start + 3] >= UInt8(ascii: "8")
            {
                end += 6
            }
            let quoted = [UInt8(ascii: "\"")] + bytes[start..<end] + [UInt8(ascii: "\"")]
            guard let text = try? JSONValue.parse(quoted).stringValue else {
                throw ExpressionFault(
                    .expressionSyntax, "`\\u` needs four hexadecimal digits that name a character", at: start..<end)
            }
            value.append(contentsOf: text.utf8)
            index = end
        default:
            while let byte = peek(), byte & 0xC0 == 0x80 { index += 1 }
            throw ExpressionFault(
                .expressionSyntax, "the escape `\(text(start..<index))` does not exist", at: start..<index,
                help: ["a backslash is written `\\\\`"],
                replacement: .init(start..<index, "\\" + text(start..<index)))
        }
    }

    // MARK: Symbols

    private static let symbols = [
        "??", "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
        "[", "]", "{", "}",
    ]

    private mutating func symbol() throws(ExpressionFault) -> ExpressionToken {
        let start = index
        for (wrong, right, help) in [
            ("===", "==", "equality is written `==`"), ("!==", "!=", "inequality is written `!=`"),
            ("=>", nil, "there are no functions of your own; `it` is the element, as in `map(items, it.name)`"),
        ] as [(String, String?, String)] where startsWith(wrong) {
            let range = start..<start + wrong.utf8.count
            throw ExpressionFault(
                .expressionSyntax, "`\(wrong)` is not an operator", at: range, help: [help],
                replacement: right.map { .init(range, $0, isSure: true) })
        }
        for symbol in Self.symbols where startsWith(symbol) {
            index += symbol.utf8.count
            return token(.symbol(symbol), from: start)
        }
        index += 1
        while let byte = peek(), byte & 0xC0 == 0x80 { index += 1 }
        let character = text(start..<index)
        var fault = ExpressionFault(.expressionSyntax, "unexpected `\(character)`", at: start..<index)
        switch character {
        case "=":
            fault.help = ["equality is written `==`"]
            fault.replacement = .init(fault.range, "==", isSure: true)
        case "&":
            fault.help = ["and is written `&&`"]
            fault.replacement = .init(fault.range, "&&", isSure: true)
        case "|": fault.help = ["or is written `||`; a function is called as in `upper(text)`"]
        case "$": fault.help = ["inside `${{ }}` names stand without `$`"]
        case "`", "\u{2018}", "\u{2019}", "\u{201C}", "\u{201D}":
            fault.help = ["text stands in straight quotes, `'…'` or `\"…\"`"]
        default: break
        }
        throw fault
    }

    // MARK: Small steps

    private func peek(_ ahead: Int = 0) -> UInt8? {
        index + ahead < bytes.count ? bytes[index + ahead] : nil
    }

    private func startsWith(_ word: String) -> Bool { bytes[index...].starts(with: word.utf8) }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func token(_ kind: ExpressionToken.Kind, from start: Int) -> ExpressionToken {
        ExpressionToken(kind: kind, range: start..<index)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    static func startsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    static func continuesName(_ byte: UInt8) -> Bool { startsName(byte) || isDigit(byte) }
}
