// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowTesting
import Testing

struct ValueTests {
    // MARK: Timestamp

    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("1969-12-31T23:59:59.999Z", -1),
        ("2000-02-29T00:00:00.000Z", 951_782_400_000),
        ("2024-02-29T12:34:56.789Z", 1_709_210_096_789), ("1900-02-28T00:00:00.000Z", -2_203_977_600_000),
        ("2026-11-21T05:10:00.000Z", 1_795_237_800_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("0000-01-01T00:00:00.000Z", -62_167_219_200_000), ("0001-01-01T00:00:00.000Z", -62_135_596_800_000),
    ])
    func momentsPrintAndParse(text: String, milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test func everyMomentOfFourDigitYearsComesBack() {
        var random = FlowTesting.SeededGenerator(seed: 1)
        for _ in 0..<5000 {
            let span: Int64 = 253_402_300_799_999 + 62_167_219_200_000
            let moment = Timestamp(milliseconds: Int64(random.next() % UInt64(span)) - 62_167_219_200_000)
            #expect(Timestamp(iso8601: moment.iso8601) == moment)
        }
    }

    @Test(arguments: [
        ("2026-11-21", "2026-11-21T00:00:00.000Z"), ("2026-11-21T05:10", "2026-11-21T05:10:00.000Z"),
        ("2026-11-21 05:10:07", "2026-11-21T05:10:07.000Z"), ("2026-11-21T05:10:07.5", "2026-11-21T05:10:07.500Z"),
        ("2026-11-21T05:10:07.123456789Z", "2026-11-21T05:10:07.123Z"),
        ("2026-11-21T05:10:07+02:00", "2026-11-21T03:10:07.000Z"),
        ("2026-11-21T23:30-01:30", "2026-11-22T01:00:00.000Z"), ("2000-03-01T00:00+23:59", "2000-02-29T00:01:00.000Z"),
    ])
    func shorterFormsAndOffsetsAreRead(text: String, normal: String) {
        #expect(Timestamp(iso8601: text)?.iso8601 == normal)
    }

    @Test(arguments: [
        "", "2026", "2026-11", "2026-13-01", "2026-00-01", "2026-11-00", "2026-11-31", "2023-02-29", "1900-02-29",
        "2100-02-29", "2026-11-21T", "2026-11-21T5:10", "2026-11-21T24:00", "2026-11-21T05:60", "2026-11-21T05:10:60",
        "2026-11-21T05:10:07.", "2026-11-21T05:10Zx", "2026-11-21T05:10+2", "2026-11-21T05:10+0200",
        "2026-11-21T05:10+24:00", "2026-11-21T05:10+02:60", "2026-11-21x", "-2026-11-21", "２０２６-11-21", "2026-1१-21",
        "2026-11-21T05:10:07.１Z", "2026-11-21\u{0}", " 2026-11-21", "99999-01-01",
    ])
    func otherTextIsNoMoment(text: String) { #expect(Timestamp(iso8601: text) == nil) }

    @Test func momentsOutOfRangeNeitherTrapNorTurnRound() {
        let (least, most) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(most.advanced(by: Milliseconds(1)) == most)
        #expect(least.advanced(by: Milliseconds(-1)) == least)
        #expect(most.since(least) == Milliseconds(.max))
        #expect(least.since(most) == Milliseconds(.min))
        #expect(most.iso8601 == "292278994-08-17T07:12:55.807Z")
        #expect(least.iso8601 == "-292275055-05-16T16:47:04.192Z")
        #expect(Timestamp(milliseconds: -62_167_219_200_001).iso8601 == "-0001-12-31T23:59:59.999Z")
    }

    // MARK: Milliseconds

    @Test(arguments: [
        ("0ms", 0), ("500ms", 500), ("10s", 10_000), ("1.5s", 1500), ("5m", 300_000), ("2h", 7_200_000),
        ("1d", 86_400_000), ("1h30m", 5_400_000), ("3m05s", 185_000), ("1d1h1m1s1ms", 90_061_001), ("0.4ms", 0),
        ("3650d", 315_360_000_000), ("007s", 7000),
    ])
    func lengthsOfTimeAreRead(text: String, count: Int64) { #expect(Milliseconds(parsing: text)?.count == count) }

    @Test(arguments: [
        "", " ", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.s", ".5s", "1..5s", "1.2.3s", "5S", "5min", "5sec",
        "1e3s", "0x10s", "٥s", "５s", "5ｓ", "infs", "nans", "3651d", "99999999999999999999d",
        "1" + String(repeating: "0", count: 400) + "s", "5s\u{0}", "5s\u{301}", "1h-30m", "1_000s",
    ])
    func otherTextIsNoLengthOfTime(text: String) { #expect(Milliseconds(parsing: text) == nil) }

    @Test(arguments: [
        (0, "0ms"), (999, "999ms"), (1000, "1.0s"), (12_449, "12.4s"), (59_999, "59.9s"), (60_000, "1m00s"),
        (185_000, "3m05s"), (3_599_999, "59m59s"), (7_800_000, "2h10m"), (86_399_999, "23h59m"),
        (356_400_000, "4d03h"), (-5, "-5ms"),
    ])
    func lengthsOfTimePrint(count: Int64, text: String) { #expect(Milliseconds(count).description == text) }

    @Test func printedLengthsOfTimeAreReadAgainWithinTheirPrecision() {
        var random = FlowTesting.SeededGenerator(seed: 2)
        for _ in 0..<3000 {
            let count = Int64(
                random.next() % UInt64(random.pick([1000, 60_000, 3_600_000, 86_400_000, 315_360_000_000])))
            let again = Milliseconds(parsing: Milliseconds(count).description)?.count ?? -1
            #expect(again <= count && count - again <= Swift.max(count / 24, 100), "\(count)")
            #expect(Milliseconds(parsing: "\(count)ms")?.count == count)
        }
    }

    // MARK: ByteCount

    @Test(arguments: [
        ("0B", 0), ("512B", 512), ("64KiB", 65_536), ("1.5KiB", 1536), ("10MiB", 10_485_760), ("2GiB", 2_147_483_648),
        ("1TiB", 1_099_511_627_776), ("8388607TiB", 9_223_370_937_343_148_032),
    ])
    func sizesAreRead(text: String, bytes: Int64) { #expect(ByteCount(parsing: text)?.bytes == bytes) }

    @Test(arguments: [
        "", "5", "B", "5 KiB", "5KB", "5kib", "5K", "-5B", "+5B", ".5KiB", "5.KiB", "1.2.3B", "1e3B", "infB", "nanB",
        "٥B",
        "8388608TiB", "99999999999999999999TiB", "1" + String(repeating: "0", count: 400) + "B", "5B\u{0}", "0x10B",
    ])
    func otherTextIsNoSize(text: String) { #expect(ByteCount(parsing: text) == nil) }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
        (1_048_576, "1.0 MiB"), (2_147_483_648, "2.0 GiB"), (1_099_511_627_776, "1.0 TiB"), (.max, "8388608.0 TiB"),
    ])
    func sizesPrint(bytes: Int64, text: String) { #expect(ByteCount(bytes).description == text) }

    // MARK: Digest

    @Test func digestsPrintAndParse() throws {
        let bytes = (0..<32).map { UInt8($0 * 8) }
        let digest = try #require(Digest(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.hex == "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8")
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == nil)
        #expect(Digest(hex: String(repeating: "0", count: 64)) == .zero)
        for text in ["", "00", String(repeating: "g", count: 64), String(repeating: "é", count: 32)] {
            #expect(Digest(hex: text) == nil)
        }
        #expect(Digest(bytes: bytes.dropLast()) == nil)
        #expect(Digest(bytes: bytes + [0]) == nil)
    }
}
