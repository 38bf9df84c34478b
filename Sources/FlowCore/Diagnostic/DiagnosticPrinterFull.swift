// SPDX-License-Identifier: Apache-2.0

extension DiagnosticPrinter {
    /// The escape sequences of a terminal, or none.
    struct Palette {
        var error = ""
        var warning = ""
        var strong = ""
        var frame = ""
        var end = ""

        static let plain = Palette()
        static let colours = Palette(
            error: "\u{1B}[1;31m", warning: "\u{1B}[1;33m", strong: "\u{1B}[1m", frame: "\u{1B}[1;34m",
            end: "\u{1B}[0m")

        func severity(_ severity: Diagnostic.Severity) -> String { severity == .error ? error : warning }
    }

    /// A place to mark on a line: scalars from 0.
    struct Mark {
        var line: Int
        var start: Int
        var end: Int
        var label: String
        var isPrimary: Bool
        /// Whether the span goes on after this line.
        var goesOn: Bool

        init(_ span: SourceSpan, _ label: String, isPrimary: Bool, in file: SourceFile) {
            let first = file.position(at: Int(span.start))
            let last = file.position(at: Int(span.end))
            line = first.line
            start = first.column - 1
            goesOn = last.line > first.line
            end = goesOn ? Int.max : last.column - 1
            self.label = DiagnosticPrinter.printable(label)
            self.isPrimary = isPrimary
        }
    }

    func fullText(_ diagnostic: Diagnostic, _ sources: SourceMap, palette: Palette) -> String {
        let paint = palette.severity(diagnostic.severity)
        var text =
            "\(paint)\(Self.head(diagnostic))\(palette.end)\(palette.strong): "
            + "\(Self.printable(diagnostic.message))\(palette.end)\n"
        let blocks = Self.blocks(diagnostic, sources)
        let lastLine = blocks.flatMap(\.marks).map { $0.goesOn ? $0.line + 1 : $0.line }.max() ?? 0
        let gutter = Gutter(width: blocks.isEmpty ? 0 : String(lastLine).count, palette: palette)
        for (place, block) in blocks.enumerated() {
            let position = block.file.position(at: Int(block.head.start))
            let name = "\(Self.printable(block.file.name)):\(position.line):\(position.column)"
            text += gutter.arrow(place == 0 ? "-->" : ":::") + " \(name)\n" + gutter.empty
            text += Self.lines(of: block, gutter, paint: paint)
        }
        if !blocks.isEmpty, !diagnostic.help.isEmpty || !diagnostic.fixes.isEmpty { text += gutter.empty }
        for help in diagnostic.help { text += gutter.note("help", Self.printable(help)) }
        for fix in diagnostic.fixes { text += gutter.note("fix", Self.printable(fix.message)) }
        return text
    }

    /// The marks of one file.
    private struct Block {
        var file: SourceFile
        var head: SourceSpan
        var marks: [Mark]
    }

    /// The file of the fault first, then the others in order of the labels.
    private static func blocks(_ diagnostic: Diagnostic, _ sources: SourceMap) -> [Block] {
        var blocks: [Block] = []
        var places: [UInt32: Int] = [:]
        let primary = Diagnostic.Label(diagnostic.span, diagnostic.label)
        for (number, label) in ([primary] + diagnostic.related).enumerated() {
            guard let file = sources.file(of: label.span) else { continue }
            let mark = Mark(label.span, label.text, isPrimary: number == 0, in: file)
            if let place = places[label.span.file] {
                blocks[place].marks.append(mark)
            } else {
                places[label.span.file] = blocks.count
                blocks.append(Block(file: file, head: label.span, marks: [mark]))
            }
        }
        return blocks
    }

    private static func lines(of block: Block, _ gutter: Gutter, paint: String) -> String {
        var text = ""
        var previous: Int?
        let byLine = Dictionary(grouping: block.marks, by: \.line)
        for line in byLine.keys.sorted() {
            let marks = byLine[line] ?? []
            if let previous, line == previous + 2 {
                // One line is as short as the mark of a gap.
                text += gutter.source(previous + 1, PrintedLine(block.file.line(previous + 1), focus: 0).text)
            } else if let previous, line > previous + 1 {
                text += gutter.gap
            }
            let focus = marks.first { $0.isPrimary } ?? marks[0]
            let printed = PrintedLine(block.file.line(line), focus: focus.start)
            text += gutter.source(line, printed.text)
            for row in rows(marks, printed) { text += gutter.marks(row.text(paint: paint, gutter.palette)) }
            previous = line
        }
        if block.marks.contains(where: { $0.goesOn && $0.line == previous }) { text += gutter.gap }
        return text
    }

    /// The rows under a line: the marks with the last label beside them, then the other labels from right to left.
    private static func rows(_ marks: [Mark], _ line: PrintedLine) -> [MarkRow] {
        struct Span {
            var start: Int
            var end: Int
            var mark: Mark
        }
        let spans = marks.map { mark in
            let start = line.column(of: mark.start)
            return Span(start: start, end: Swift.max(start + 1, line.column(of: mark.end)), mark: mark)
        }.sorted { ($0.start, $0.mark.isPrimary ? 1 : 0) < ($1.start, $1.mark.isPrimary ? 1 : 0) }
        var first = MarkRow()
        // The mark of the fault lies over the others.
        for span in spans where !span.mark.isPrimary { first.fill(span.start..<span.end, "-", isPrimary: false) }
        for span in spans where span.mark.isPrimary { first.fill(span.start..<span.end, "^", isPrimary: true) }
        var hanging = spans.filter { !$0.mark.label.isEmpty }
        if let last = spans.last, !last.mark.label.isEmpty, spans.allSatisfy({ $0.end <= last.end }) {
            first.append(" " + last.mark.label, isPrimary: last.mark.isPrimary)
            hanging.removeLast()
        }
        var rows = [first]
        var isFirst = true
        while let span = hanging.popLast() {
            if isFirst {
                var bars = MarkRow()
                for other in hanging + [span] {
                    bars.fill(other.start..<other.start + 1, "|", isPrimary: other.mark.isPrimary)
                }
                rows.append(bars)
                isFirst = false
            }
            var row = MarkRow()
            for other in hanging where other.start < span.start {
                row.fill(other.start..<other.start + 1, "|", isPrimary: other.mark.isPrimary)
            }
            row.fill(span.start..<span.start, " ", isPrimary: false)
            row.append(span.mark.label, isPrimary: span.mark.isPrimary)
            rows.append(row)
        }
        return rows
    }
}

/// A row of marks under a line.
struct MarkRow {
    private var cells: [(character: Character, isPrimary: Bool?)] = []

    /// Fills columns, and spaces before them where there is nothing yet.
    mutating func fill(_ columns: Range<Int>, _ character: Character, isPrimary: Bool) {
        while cells.count < columns.upperBound { cells.append((" ", nil)) }
        for column in columns { cells[column] = (character, isPrimary) }
    }

    /// Adds a text at the end.
    mutating func append(_ text: String, isPrimary: Bool) {
        for character in text { cells.append((character, isPrimary)) }
    }

    /// The row with its colours.
    func text(paint: String, _ palette: DiagnosticPrinter.Palette) -> String {
        var text = ""
        var current: Bool?
        for cell in cells {
            if cell.isPrimary != current {
                if current != nil { text += palette.end }
                if let isPrimary = cell.isPrimary { text += isPrimary ? paint : palette.frame }
                current = cell.isPrimary
            }
            text.append(cell.character)
        }
        return current == nil ? text : text + palette.end
    }
}

/// The left edge with the numbers of lines.
struct Gutter {
    let width: Int
    let palette: DiagnosticPrinter.Palette

    private var space: String { String(repeating: " ", count: width) }

    /// `   |`
    var empty: String { "\(palette.frame)\(space) |\(palette.end)\n" }

    /// `...`
    var gap: String { "\(palette.frame)...\(palette.end)\n" }

    /// `  -->`
    func arrow(_ arrow: String) -> String { "\(palette.frame)\(space)\(arrow)\(palette.end)" }

    /// `12 | text`
    func source(_ number: Int, _ text: String) -> String {
        let digits = String(number)
        let pad = String(repeating: " ", count: Swift.max(0, width - digits.count))
        let visible = text.trimmed.isEmpty ? "" : " \(text)"
        return "\(palette.frame)\(pad)\(digits) |\(palette.end)\(visible)\n"
    }

    /// `   | ^^^ label`
    func marks(_ row: String) -> String { "\(palette.frame)\(space) |\(palette.end) \(row)\n" }

    /// `   = help: text`
    func note(_ kind: String, _ text: String) -> String {
        "\(palette.frame)\(space) =\(palette.end) \(palette.strong)\(kind)\(palette.end): \(text)\n"
    }
}
