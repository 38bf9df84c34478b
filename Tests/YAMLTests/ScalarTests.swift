// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct ScalarTests {
    private static let strings = [
        "no", "No", "off", "on", "yes", "y", "n", "Y", "N", "nULL", "tRue", "TRUe", "1:30", "1_000", "0b11", "0o",
        "0o8",
        "0x", "0xg", "-0x1", "+0o7", "+", "..", "1.2.3", "1e", "1e+", "e5", "+.", ".e5", "2024-01-01", "<", "=",
        ".Nan", "+.nan", "-.nan", ".iNF", "inf", "nan", "infinity", "NaN", "1 2", "0x1p3", "1f", "٣", "hello",
        "--1", "1-", "~x",
    ]

    @Test(arguments: strings)
    func otherTextIsAString(_ text: String) throws {
        #expect(try scalar(text) == .string)
    }

    @Test(arguments: ["null", "Null", "NULL", "~", ""])
    func nullHasFiveSpellings(_ text: String) throws {
        #expect(try scalar(text) == .null)
    }

    @Test(arguments: [
        ("true", true), ("True", true), ("TRUE", true), ("false", false), ("False", false), ("FALSE", false),
    ])
    func boolHasSixSpellings(_ text: String, _ value: Bool) throws {
        #expect(try scalar(text) == .bool(value))
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("+0", 0), ("7", 7), ("010", 10), ("-010", -10), ("+12", 12), ("0o17", 15),
            ("0xfF", 255),
            ("0o0", 0), ("00", 0), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("0x7fffffffffffffff", Int64.max), ("000000000000000000000000000001", 1),
        ] as [(String, Int64)])
    func integersAreDecimalOctalOrHexadecimal(_ text: String, _ value: Int64) throws {
        #expect(try scalar(text) == .integer(value))
    }

    @Test(
        arguments: [
            ("1.", 1), (".5", 0.5), ("-.5", -0.5), ("+1.5", 1.5), ("1e3", 1000), ("1.e3", 1000), ("1E-2", 0.01),
            ("-2.5e+1", -25), ("0.1", 0.1), ("0e0", 0), ("1e-999", 0),
        ] as [(String, Double)])
    func numbersHaveAPointOrAnExponent(_ text: String, _ value: Double) throws {
        #expect(try scalar(text) == .number(value))
    }

    @Test(arguments: [
        "9223372036854775808", "-9223372036854775809", "0x8000000000000000", "99999999999999999999999999",
    ])
    func integersBeyondSixtyFourBitsAreToldApart(_ text: String) throws {
        #expect(try scalar(text) == .outOfRange)
    }

    @Test(arguments: [".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", ".NAN", "1e999", "-1e999"])
    func infinityAndNotANumberAreToldApart(_ text: String) throws {
        #expect(try scalar(text) == .notFinite)
    }

    @Test(arguments: ["'1'", "\"true\"", "''", "\"null\"", "|\n  1", ">\n  ~"])
    func quotedAndBlockScalarsAreStrings(_ text: String) throws {
        #expect(try scalar(text) == .string)
    }

    @Test func collectionsAreNoScalars() throws {
        let document = try parsed("[1]")
        #expect(document.scalar(of: document.root) == .string)
        #expect(document.string(of: document.root) == "")
    }

    private func scalar(_ text: String) throws -> YAMLScalar {
        let document = try parsed("k: \(text)\n")
        let value = try #require(document.value(of: document.root, forKey: "k"))
        return document.scalar(of: value)
    }
}
