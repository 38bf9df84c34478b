// SPDX-License-Identifier: Apache-2.0

/// A source line as it is shown: which columns its characters take up.
struct PrintedLine {
    /// The widest line that is shown whole, in columns.
    static let maximumWidth = 160
    private static let tabWidth = 4

    /// What is shown, cut to the maximum width.
    let text: String
    /// The column at which each scalar of the source line is shown, and at the end that after the last; from 0.
    private let columns: [Int]
    /// The columns of the source line that are shown, and where the first of them is.
    private let window: Range<Int>
    private let shift: Int
    /// How many scalars of the source line are left out before those that are looked at.
    private let first: Int

    /// The line, cut around the column of scalar `focus` (from 0) if it is too long.
    init(_ line: String, focus: Int) {
        let near = Self.near(line, focus: focus)
        let line = near.text
        let focus = focus - near.start
        first = near.start
        var cells: [(text: String, column: Int, width: Int)] = []
        var columns: [Int] = []
        var width = 0
        for character in line {
            let (text, own) = Self.cell(character)
            cells.append((text, width, own))
            columns += Array(repeating: width, count: character.unicodeScalars.count)
            width += own
        }
        columns.append(width)
        self.columns = columns
        if width <= Self.maximumWidth {
            window = 0..<width
            shift = 0
            text = cells.map(\.text).joined()
            return
        }
        let focusColumn = columns[Swift.min(Swift.max(0, focus), columns.count - 1)]
        // Two columns are for the marks of the cut.
        let room = Self.maximumWidth - 2
        let wanted = Swift.max(0, Swift.min(focusColumn - room / 3, width - room))
        let low = cells.first { $0.column >= wanted }?.column ?? 0
        let shown = cells.filter { $0.column >= low && $0.column + $0.width <= low + room }
        let high = shown.last.map { $0.column + $0.width } ?? low
        window = low..<high
        shift = low > 0 ? 1 : 0
        text = (low > 0 ? "…" : "") + shown.map(\.text).joined() + (high < width ? "…" : "")
    }

    /// Of a very long line the part around a scalar: columns are counted slowly, and a file may be one line with many
    /// faults.
    private static func near(_ line: String, focus: Int) -> (text: String, start: Int) {
        guard line.utf8.count > 4096 else { return (line, 0) }
        let scalars = line.unicodeScalars
        let start = Swift.max(0, focus - 512)
        let low = scalars.index(scalars.startIndex, offsetBy: start, limitedBy: scalars.endIndex) ?? scalars.endIndex
        let high = scalars.index(low, offsetBy: 1536, limitedBy: scalars.endIndex) ?? scalars.endIndex
        return (String(scalars[low..<high]), start)
    }

    /// The column, from 0, at which a scalar (from 0) is shown. Scalars that are cut off are at the nearest end.
    func column(of scalar: Int) -> Int {
        let column = columns[Swift.min(Swift.max(0, scalar - first), columns.count - 1)]
        return Swift.min(Swift.max(column, window.lowerBound), window.upperBound) - window.lowerBound + shift
    }

    /// How many scalars the source line has.
    var count: Int { first + columns.count - 1 }

    private static func cell(_ character: Character) -> (String, Int) {
        if character == "\t" { return (String(repeating: " ", count: tabWidth), tabWidth) }
        let scalars = character.unicodeScalars
        if scalars.contains(where: { escape($0) != nil }) {
            let text = scalars.map { escape($0) ?? String($0) }.joined()
            return (text, text.unicodeScalars.count)
        }
        return (String(character), scalars.map(width).max() ?? 0)
    }

    /// The name of a character that must not reach a terminal: controls, and what turns the direction of writing.
    static func escape(_ scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
            let hex = String(scalar.value, radix: 16, uppercase: true)
            return "<U+\(String(repeating: "0", count: Swift.max(0, 4 - hex.count)))\(hex)>"
        default: return nil
        }
    }

    /// The columns of a scalar in a terminal.
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x20...0x7E: return 1
        // The selector that asks for a picture.
        case 0xFE0F: return 2
        case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
            0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD:
            return 2
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
