// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Testing

@testable import FlowEngine

struct DelimitedReaderTests {
    let folder: AttemptFolder

    init() throws { folder = try AttemptFolder() }

    /// The header and all rows, or the error's text.
    private func read(
        _ bytes: [UInt8], delimiter: UInt8 = UInt8(ascii: ","), encoding: TableEncoding? = nil,
        header: [String]? = nil, limits: TableLimits = .standard
    ) -> Result<[[String]], TableError> {
        let path = folder.file("t.csv")
        do {
            try File.write(bytes, to: path)
            let source = try TableByteSource(path, name: "t.csv", encoding: encoding, limit: limits.size)
            var reader = try DelimitedReader(source, delimiter: delimiter, header: header, limits: limits)
            var passes: [[[String]]] = []
            for _ in 0..<2 {
                var rows = [reader.columns]
                var row = TableRow()
                while try reader.next(&row) { rows.append((0..<row.count).map { row.text($0) }) }
                passes.append(rows)
                try reader.rewind()
            }
            #expect(passes[0] == passes[1], "the second pass gives the same")
            return .success(passes[0])
        } catch let error as TableError {
            return .failure(error)
        } catch {
            Issue.record(error)
            return .success([])
        }
    }

    private func rows(_ text: String, delimiter: UInt8 = UInt8(ascii: ",")) -> [[String]]? {
        try? read(Array(text.utf8), delimiter: delimiter).get()
    }

    private func message(_ text: String, limits: TableLimits = .standard) -> String? {
        if case .failure(let error) = read(Array(text.utf8), limits: limits) { error.description } else { nil }
    }

    @Test(arguments: [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ("a,b\n\"x,\"\"y\"\"\",\"l1\nl2\"\n", [["a", "b"], ["x,\"y\"", "l1\nl2"]]),
        ("a,b\n,\n", [["a", "b"], ["", ""]]),
        ("a,b\n\n\r\n1,2\n\n", [["a", "b"], ["1", "2"]]),
        ("a\n\"\"\n\n", [["a"], [""]]),
        ("a,b\nx\"y,\"\"\n", [["a", "b"], ["x\"y", ""]]),
        ("\u{FEFF}a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (" a ,,A,a_2,a\n1,2,3,4,5\n", [["a", "column_2", "A_3", "a_2", "a_4"], ["1", "2", "3", "4", "5"]]),
    ])
    func `reads RFC 4180 and its kin`(text: String, expected: [[String]]) {
        #expect(rows(text) == expected)
    }

    @Test(arguments: [";", "\t", "|"])
    func `knows other delimiters`(delimiter: String) throws {
        let text = "a\(delimiter)b\n1,5\(delimiter)\"x\(delimiter)\"\n"
        #expect(rows(text, delimiter: try #require(delimiter.utf8.first)) == [["a", "b"], ["1,5", "x\(delimiter)"]])
    }

    @Test(arguments: [
        ("a,b\n1,2\n1\n", "t.csv:3: has 1 cells, the header has 2"),
        ("a,b\n\"x\ny\",2\n1,2,3\n", "t.csv:4: has 3 cells, the header has 2"),
        ("a,b\n1,2\n\"x,2\n3,4\n", "t.csv:3: a quote that opens here is never closed"),
        ("a,b\n\"x\"y,2\n", "t.csv:2: has text after the closing quote of a cell"),
        ("", "t.csv:1: is empty: a header line is needed"),
        ("a,b\n1,\u{0}\n", "t.csv:2: has a NUL byte: it is no text of this encoding (UTF-16? set `encoding`)"),
    ])
    func `errors name the line`(text: String, expected: String) {
        #expect(message(text) == expected)
    }

    @Test func `limits hold`() {
        var limits = TableLimits()
        limits.cell = 10
        limits.columns = 3
        limits.rows = 2
        #expect(
            message("a,b\n1,01234567890\n", limits: limits) == "t.csv:2: column `b`: a cell is longer than 10 bytes")
        #expect(message("a,b\n\"0123456789\n012\",1\n", limits: limits)?.contains("is a quote missing?") == true)
        #expect(message("a,b,c,d\n", limits: limits) == "t.csv:1: has more than 3 cells")
        #expect(message("a\n1\n2\n3\n", limits: limits) == "t.csv: has more than 2 rows")
        limits.size = 3
        #expect(message("a\n1\n", limits: limits) == "t.csv: is larger than the limit of 3 bytes")
    }

    @Test func `encodings`() {
        let utf16 = Array("a,ü\n€,😀\n".utf16)
        let units: [UInt16] = [0xFEFF] + utf16
        let little: [UInt8] = units.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(unit & 255), UInt8(unit >> 8)] }
        let big: [UInt8] = units.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 255)] }
        let expected = [["a", "ü"], ["€", "😀"]]
        for bytes in [little, big] {
            #expect((try? read(bytes).get()) == expected, "by its mark")
            #expect((try? read(bytes, encoding: .utf16).get()) == expected)
        }
        #expect(
            (try? read(Array("a,b\n1,".utf8) + [0xE9, 10], encoding: .latin1).get()) == [["a", "b"], ["1", "é"]])
        #expect(
            (try? read(Array("a,b\n1,".utf8) + [0x80, 10], encoding: .windows1252).get()) == [["a", "b"], ["1", "€"]])
        func error(_ result: Result<[[String]], TableError>) -> String {
            if case .failure(let error) = result { error.description } else { "none" }
        }
        #expect(
            error(read(Array("a,b\n1,2\n3,".utf8) + [0xE9, 10]))
                == "t.csv:3: column `b`: is not UTF-8: set `encoding` (windows-1252 is common)")
        #expect(error(read(Array("a\n".utf8) + [0x81], encoding: .windows1252)).contains("0x81"))
        #expect(error(read(little.dropLast(), encoding: .utf16)).contains("ends within a character"))
        #expect(error(read(Array("a".utf8), encoding: .utf16)).contains("byte order mark"))
    }

    @Test func `names can come from outside`() {
        #expect((try? read(Array("1,2\n".utf8), header: ["x", "y"]).get()) == [["x", "y"], ["1", "2"]])
    }

    @Test func `what is written is read back`() throws {
        var random = Seeded(state: 7)
        let pieces = ["", "a", ",", "\"", "\n", "\r\n", "\r", " ", "é", "ab\"", "x,y", "😀"]
        for _ in 0..<300 {
            let width = Int.random(in: 1...4, using: &random)
            var table = [(0..<width).map { "c\($0)" }]
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                table.append(
                    (0..<width).map { _ in
                        (0..<Int.random(in: 0...3, using: &random)).map { _ in
                            pieces.randomElement(using: &random) ?? ""
                        }.joined()
                    })
            }
            let path = folder.file("w.csv")
            var writer = try DelimitedWriter(path)
            for row in table { try writer.write(row) }
            try writer.close()
            #expect(try read(File.read(path, limit: 1 << 20)).get() == table)
        }
    }

    /// Whatever the bytes are: no crash, rows as wide as the header, and lines of errors within the file.
    @Test func `mutated files are read or refused`() throws {
        var random = Seeded(state: 42)
        let seed = Array("id,name,\"a b\"\r\n1,\"x \"\"y\"\"\n z\",2.5\n2,é,\"\"\n\n3,,😀\n".utf8)
        let alphabet: [UInt8] = [0x22, 0x2C, 0x0A, 0x0D, 0x00, 0xFF, 0xFE, 0xEF, 0xBB, 0xBF, 0xC3, 0x41, 0x20]
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0 where !bytes.isEmpty: bytes.remove(at: min(place, bytes.count - 1))
                case 1 where !bytes.isEmpty: bytes[place] = alphabet.randomElement(using: &random) ?? 0
                case 2: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: min(place, bytes.count))
                default: bytes = Array(bytes.prefix(place)) + bytes.dropFirst(Int.random(in: 0...place, using: &random))
                }
            }
            let encoding =
                Int.random(in: 0...1, using: &random) == 0 ? nil : TableEncoding.allCases.randomElement(using: &random)
            switch read(bytes, encoding: encoding) {
            case .success(let rows):
                accepted += 1
                #expect(Set(rows.map(\.count)).count == 1)
                #expect(Set(rows[0].map { $0.lowercased() }).count == rows[0].count, "unique names")
            case .failure(let error):
                let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
                #expect((error.line ?? 1) <= lines, "\(error)")
            }
        }
        #expect(accepted > 100 && accepted < 2900, "the mutations hit both ways: \(accepted)")
    }
}

/// A small generator with a seed, so that a failure comes again.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
