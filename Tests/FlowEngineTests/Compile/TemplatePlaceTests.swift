// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// The place of a fault inside a template, in every way to write a text.
struct TemplatePlaceTests {
    /// What stands under `approval:`; the fault is always the name `naem`, and nothing else has this name.
    static let styles: [(name: String, text: String)] = [
        ("plain", " is ${{ inputs.naem }}\n"), ("plain over lines", " is\n      it\n      ${{ inputs.naem }} ok\n"),
        ("single quoted", " 'it''s ${{ inputs.naem }}'\n"), ("double quoted", " \"a\\tb\\u00e9 ${{ inputs.naem }}\"\n"),
        ("escapes inside", " \"${{ inputs\\x2enaem }}\"\n"),
        ("double over lines", " \"a\n\n      b ${{ inputs.naem }}\"\n"),
        ("escaped break", " \"a \\\n      b ${{ inputs.naem }}\"\n"),
        ("literal", " |\n      a\n\n        b ${{ inputs.naem }} c\n"),
        ("literal, stripped", " |-\n      ${{ inputs.naem }}\n\n"),
        ("literal, indentation given", " |2\n        b ${{ inputs.naem }}\n"),
        ("literal, both", " |2-\n         b\n        ${{\n          inputs.naem\n        }}\n"),
        ("kept", " |+\n\n      ${{ inputs.naem }}\n\n"),
        ("folded", " >\n      a\n      b ${{ inputs.naem }}\n      c\n"),
        ("folded, stripped", " >-\n      a\n\n      b ${{ inputs.naem }}\n"),
        ("folded, more indented", " >\n      a\n        b ${{ inputs.naem }}\n      c\n"),
        ("folded, indentation given", " >2\n        a\n        b ${{ inputs.naem }}\n"),
        ("inside the folded expression", " >\n      ${{ 'a' == 'b' ?\n      'x' : inputs.naem }}\n"),
        ("many bytes", " |\n      é中😀 e\u{301} ${{ '😀' == '中' ? 'é' : inputs.naem }}\n"),
        ("folded, many bytes", " >\n      é中😀\n      \u{A0}x ${{ inputs.naem }}\n"),
        ("second expression", " |\n      ${{ inputs.name }} é ${{ inputs.name }}\n      ${{ inputs.naem }}\n"),
        ("after an escaped one", " |\n      $${{ x }} ${{ inputs.naem }}\n"),
        ("comment before", " | # why\n      ${{ inputs.naem }}\n"),
    ]

    static func source(_ text: String) -> String {
        "flow: 1\nname: places\ninputs: {name: {type: string, default: é}}\nnodes:\n  first:\n    approval: ${{ inputs.name }}\n"
            + "  ask:\n    title: é😀\n    approval:\(text)  last: {set: {a: 1}}\n"
    }

    private func check(_ text: String, _ name: String) {
        let compilation = Fixtures.compile(text)
        let errors = compilation.diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.message) == ["unknown member `naem`"], "\(name)")
        guard let error = errors.first, let file = compilation.sources.file(of: error.span) else { return }
        #expect(file.text(error.span) == "naem", "\(name)")
        // The caret stands under the name, whatever the width of what is before it.
        let lines = Fixtures.printer.text([error], in: compilation.sources).split(
            separator: "\n", omittingEmptySubsequences: false)
        guard let row = lines.firstIndex(where: { $0.contains("^^^^") }), row > 0 else {
            Issue.record("\(name): no caret")
            return
        }
        let carets = lines[row].prefix { $0 != "^" }.count
        let source = lines[row - 1]
        let before = source[..<(source.range(of: "naem")?.lowerBound ?? source.startIndex)]
        let width = before.reduce(0) { width, character in
            width
                + (character.unicodeScalars.contains {
                    $0.properties.isEmojiPresentation || (0x4E00...0x9FFF).contains($0.value)
                } ? 2 : 1)
        }
        #expect(carets == width, "\(name):\n\(lines.joined(separator: "\n"))")
    }

    @Test(arguments: styles) func theFaultIsUnderTheCaret(name: String, text: String) {
        check(Self.source(text), name)
    }

    @Test(arguments: styles) func alsoWithOtherLineBreaks(name: String, text: String) {
        check(Self.source(text).replacing("\n", with: "\r\n"), "\(name), CRLF")
        check("\u{FEFF}" + Self.source(text), "\(name), byte order mark")
    }

    /// Faults of writing have their place, too.
    @Test(arguments: [
        ("|\n      é ${{ inputs.name ++ }}\n", "+"), (">\n      é\n      ${{ nope(1) }}\n", "nope"),
        ("\"\\u00e9 ${{ 1 + 'a' }}\"\n", "+"), ("|\n      ${{ lower(1) }}\n", "1"), (">-\n      a ${{ 'x }}\n", "'x"),
        ("|2\n        a ${{ inputs.name\n", "${{"),
    ])
    func faultsOfOtherKinds(text: String, part: String) {
        let compilation = Fixtures.compile(Self.source(" " + text))
        let error = compilation.diagnostics.first { $0.severity == .error }
        let found = error.flatMap { compilation.sources.file(of: $0.span)?.text($0.span) } ?? "nothing"
        #expect(found.hasPrefix(part), "\(error?.message ?? ""): \(found)")
    }
}

extension Substring {
    fileprivate func range(of word: String) -> Range<Index>? { firstRange(of: word) }
}
