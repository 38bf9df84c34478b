// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct LineTableTests {
    @Test func columnsCountScalars() {
        let table = LineTable(Array("é€😀x\nb".utf8))
        let places = [0, 2, 5, 9, 10, 11].map { table.position(at: $0) }
        #expect(places.map(\.column) == [1, 2, 3, 4, 5, 1])
        #expect(places.map(\.line) == [1, 1, 1, 1, 1, 2])
        #expect(table.position(at: 7).column == 3, "inside a character")
    }

    @Test func columnsOfALongLineAreRight() {
        let text = String(repeating: "aé€😀", count: 700) + "\n" + String(repeating: "😀b", count: 900)
        let table = LineTable(Array(text.utf8))
        var (offset, line, column) = (0, 1, 1)
        for scalar in text.unicodeScalars {
            #expect(table.position(at: offset) == (line, column))
            offset += scalar.utf8.count
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
    }

    @Test func allThreeLineBreaksEndALine() {
        let bytes = Array("a\r\nb\rc\n\nd".utf8)
        let table = LineTable(bytes)
        let lines = (1...table.lineCount).map { String(decoding: bytes[table.lineRange($0)], as: UTF8.self) }
        #expect(lines == ["a", "b", "c", "", "d"])
        #expect(table.position(at: 3) == (2, 1))
        #expect(table.position(at: 5) == (3, 1))
    }

    @Test func aByteOrderMarkHasNoColumn() {
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("ab\nc".utf8)
        let table = LineTable(bytes)
        #expect(table.position(at: 0) == (1, 1))
        #expect(table.position(at: 4) == (1, 2))
        #expect(table.lineRange(1) == 3..<5)
    }

    @Test func placesOutsideAreClamped() {
        let table = LineTable(Array("ab\n".utf8))
        #expect(table.lineCount == 2)
        #expect(table.position(at: -5) == (1, 1))
        #expect(table.position(at: 99) == (2, 1))
        #expect(table.lineRange(0).isEmpty && table.lineRange(3).isEmpty && table.lineRange(2) == 3..<3)
        #expect(LineTable([]).position(at: 0) == (1, 1))
        #expect(LineTable([0xEF, 0xBB]).position(at: 2).line == 1)
    }
}
