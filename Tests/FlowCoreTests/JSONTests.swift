// SPDX-License-Identifier: Apache-2.0
import FlowCore
import Testing

struct JSONTests {
    @Test(
        arguments: [
            ("null", .null), (" true\n", true), ("false", false), ("0", 0), ("-0", 0), ("12", 12),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("-1.5e3", -1500), ("1E+2", 100), ("0.1", 0.1),
            ("\"\"", ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\uD83D\uDE00é😀""#, "é😀é😀"),
            ("[]", []), ("[1, [2], {}]", [1, [2], [:]]), (#"{"a": {"b": [null]}}"#, ["a": ["b": [nil]]]),
        ] as [(String, JSONValue)])
    func `reads values`(text: String, value: JSONValue) throws {
        #expect(try JSONValue.parse(text) == value)
    }

    @Test func `keeps integers and numbers apart`() throws {
        guard case .integer = try JSONValue.parse("7"), case .number = try JSONValue.parse("7.0"),
            case .number = try JSONValue.parse("7e0"), case .integer = try JSONValue.parse("-9223372036854775808")
        else {
            Issue.record("a number has the wrong case")
            return
        }
    }

    @Test(
        arguments: [
            ("", 0, "end of text"), ("  ", 2, "end of text"), ("nul", 0, "expected `null`"), ("01", 0, "begin with 0"),
            ("-", 1, "digit"), ("1.", 2, "digit"), ("1e", 2, "digit"), ("+1", 0, "unexpected `+`"), (".5", 0, "value"),
            ("1e999", 0, "too large"), ("NaN", 0, "unexpected `N`"), ("[1,]", 3, "value"), ("[1 2]", 3, "`,` or `]`"),
            ("{\"a\" 1}", 5, "`:`"), ("{a: 1}", 1, "double quotes"), ("{\"a\":1,}", 7, "double quotes"),
            ("1 2", 2, "after"),
            ("\"a", 0, "not closed"), ("\"\\", 1, "not closed"), ("\"\\x\"", 1, "escape"), ("\"a\nb\"", 2, "U+000A"),
            (#""\u12g4""#, 1, "four hexadecimal"), (#""\ud83d""#, 1, "surrogate"), (#""\ude00""#, 1, "surrogate"),
            (#""\ud83d\u0041""#, 1, "surrogate"), ("{\"a\":1,\"a\":2}", 7, "twice"), ("'a'", 0, "unexpected `'`"),
            ("\u{FEFF}1", 0, "byte order mark"), ("[1", 2, "end of text"), ("{\"a\":", 5, "end of text"),
        ] as [(String, Int, String)])
    func `refuses what is not JSON`(text: String, offset: Int, message: String) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parse(text) }
        #expect(error?.offset == offset)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ([0x22, 0x61, 0xFF, 0x22], 2), ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
            ([0x22, 0xC3, 0xA9, 0xE2, 0x82, 0x22], 3), ([0x22, 0x5C, 0x6E, 0xF5, 0x80, 0x80, 0x80, 0x22], 3),
        ] as [([UInt8], Int)])
    func `refuses ill-formed UTF-8`(bytes: [UInt8], offset: Int) {
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parse(bytes) }
        #expect(error?.offset == offset)
        #expect(error?.message.contains("UTF-8") == true)
    }

    @Test func `limits depth and length`() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSONValue.parse(deep) }
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parse("[" + deep + "]") }
        #expect(error?.offset == 64)
        #expect(throws: JSONParseError.self) { try JSONValue.parse(String(repeating: "[{\"a\":", count: 100_000)) }
        #expect(throws: JSONParseError.self) { try JSONValue.parse("[1,2]", limits: JSONLimits(length: 4)) }
    }

    @Test func `keeps the last of two keys when asked to`() throws {
        let value = try JSONValue.parse(#"{"a":1,"b":2,"a":3}"#, limits: JSONLimits(duplicateKeys: .keepLast))
        #expect(value.jsonText() == #"{"a":3,"b":2}"#)
    }

    @Test func `reads lines and parts`() throws {
        #expect(try JSONValue.parseLines(Array("1\r\n\n  \n{\"a\":2}\n".utf8)) == [1, ["a": 2]])
        let error = #expect(throws: JSONParseError.self) { try JSONValue.parseLines(Array("1\n[2\n3]".utf8)) }
        #expect(error?.offset == 4)
        #expect(try JSONValue.parse(Array("x[1]y".utf8)[1..<4]) == [1])
    }

    @Test(
        arguments: [
            (.number(1), "1"), (.number(-0.0), "0"), (0.1, "0.1"), (.number(1e20), "1e20"), (1e-7, "1e-7"),
            (.number(-2.5e-300), "-2.5e-300"), (.number(.nan), "null"), (.number(.infinity), "null"),
            (.integer(.min), "-9223372036854775808"),
            ("\u{1}\u{1F}\u{7F}\"\\\n\u{8}é", "\"\\u0001\\u001f\u{7F}\\\"\\\\\\n\\bé\""),
        ] as [(JSONValue, String)])
    func `writes scalars`(value: JSONValue, text: String) {
        #expect(value.jsonText() == text)
    }

    @Test func `writes three styles`() {
        let value: JSONValue = ["b": [1, [:], []], "a": ["é": nil, "z": true]]
        #expect(value.jsonText() == #"{"b":[1,{},[]],"a":{"é":null,"z":true}}"#)
        #expect(value.jsonText(.canonical) == #"{"a":{"z":true,"é":null},"b":[1,{},[]]}"#)
        #expect(
            value.jsonText(.pretty) == """
                {
                  "b": [
                    1,
                    {},
                    []
                  ],
                  "a": {
                    "é": null,
                    "z": true
                  }
                }
                """)
        #expect(value.jsonText(.compact, limit: 10) == nil)
        #expect(value.jsonText(.compact, limit: 100) == value.jsonText())
    }

    @Test func `reads back what it wrote`() throws {
        var random = SplitMixGenerator(seed: 7)
        for _ in 0..<2_000 {
            let value = random.value(depth: 4)
            for style in [JSONStyle.compact, .pretty, .canonical] {
                #expect(try JSONValue.parse(value.jsonBytes(style)) == value)
            }
            let again = try JSONValue.parse(value.jsonText(.pretty))
            #expect(again.jsonText(.canonical) == value.jsonText(.canonical))
        }
    }

    @Test func `survives mutated text`() {
        var random = SplitMixGenerator(seed: 8)
        for _ in 0..<5_000 {
            var bytes = random.value(depth: 3).jsonBytes()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes.insert(.random(in: 0...255, using: &random), at: .random(in: 0...bytes.count, using: &random))
            }
            do throws(JSONParseError) {
                _ = try JSONValue.parse(bytes)
            } catch {
                #expect(error.offset >= 0 && error.offset <= bytes.count)
            }
        }
    }
}

/// SplitMix64: the same numbers on every machine.
struct SplitMixGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .integer(Int64(truncatingIfNeeded: next()) >> Int64.random(in: 0..<64, using: &self))
        case 3:
            let number = Double(bitPattern: next())
            return .number(number.isFinite ? number : 0.5)
        case 4, 5: return .string(text())
        case 6: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            let members = (0..<Int.random(in: 0...20, using: &self)).map { _ in
                JSONObject.Member(key: text(), value: value(depth: depth - 2))
            }
            return .object(JSONObject(members))
        }
    }

    mutating func text() -> String {
        let letters: [Unicode.Scalar] = ["a", "b", "Z", "\"", "\\", "\n", "\u{0}", "é", "中", "😀", "\u{2028}", "/", " "]
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &self) {
            text.unicodeScalars.append(letters.randomElement(using: &self) ?? "a")
        }
        return text
    }
}
