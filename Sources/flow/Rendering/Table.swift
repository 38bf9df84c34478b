// SPDX-License-Identifier: Apache-2.0

/// Text in columns. Escape sequences do not count as width.
struct Table {
    private var rows: [[String]]

    init(header: [String]) { rows = [header] }

    mutating func add(_ row: [String]) { rows.append(row) }

    var isEmpty: Bool { rows.count < 2 }

    var text: String {
        var cellWidths: [Int] = []
        var widths: [Int] = []
        for row in rows {
            for (column, cell) in row.enumerated() {
                let width = Self.width(cell)
                cellWidths.append(width)
                if column == widths.count { widths.append(0) }
                widths[column] = max(widths[column], width)
            }
        }
        var text: [UInt8] = []
        var next = 0
        for row in rows {
            for (column, cell) in row.enumerated() {
                text += cell.utf8
                if column < row.count - 1 {
                    for _ in 0..<widths[column] - cellWidths[next] + 2 { text.append(0x20) }
                }
                next += 1
            }
            while text.last == 0x20 { text.removeLast() }
            text.append(0x0A)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func width(_ text: String) -> Int {
        // Most cells are plain letters; to look for characters takes much longer than to count bytes. CR LF is one
        // character.
        if text.utf8.allSatisfy({ $0 < 0x80 && $0 != 0x1B && $0 != 0x0D }) { return text.utf8.count }
        var width = 0
        var isEscape = false
        for character in text {
            if character == "\u{1B}" { isEscape = true }
            if !isEscape { width += 1 }
            if isEscape, character == "m" { isEscape = false }
        }
        return width
    }
}
