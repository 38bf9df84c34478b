// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct ProblemTests {
    @Test func duplicateKeysShowBothPlaces() {
        #expect(
            report("a: 1\nb: {c: 1, \"c\": 2}\n'a': 3\n") == """
                duplicateKey 2:11 '"c"' the key 'c' stands twice in this mapping
                  note 2:5 'c' it stands here first
                  help remove or rename one of them
                duplicateKey 3:1 ''a'' the key 'a' stands twice in this mapping
                  note 1:1 'a' it stands here first
                  help remove or rename one of them
                """)
    }

    @Test func duplicateKeysAreFoundInABigMapping() {
        var text = (0..<500).map { "key\($0): 1\n" }.joined()
        text += "key77: 2\nkey499: 2\n"
        let problems = YAMLDocument.parse(Array(text.utf8)).problems
        #expect(problems.map(\.message) == ["key77", "key499"].map { "the key '\($0)' stands twice in this mapping" })
        #expect(problems.first?.related.first?.range == 683..<688)
    }

    @Test func structuralFaultsBeforeASyntaxErrorAreKept() {
        #expect(
            report("a: !x 1\nb:\n  c: 1\n  c: 2\n  d: [1, \"x\n") == """
                tag 1:4 '!x' the tag '!x' is not supported
                  help remove the tag; put a value in quotes to make it a string
                duplicateKey 4:3 'c' the key 'c' stands twice in this mapping
                  note 3:3 'c' it stands here first
                  help remove or rename one of them
                syntax 5:12 '' the closing quote is missing
                  note 5:10 '"' the quote opens here
                  help close the quote
                """)
    }

    @Test(arguments: [
        ("a: [1, 2\n\n", "syntax 1:9 '' expected ',' or ']' in the list\n  note 1:4 '[' the list opens here"),
        ("a: [1,\n", "syntax 1:7 '' expected a value or ']' in the list\n  note 1:4 '[' the list opens here"),
        (
            "a: {b: 1\nc: 2\n",
            "syntax 2:2 ':' expected ',' or '}' in the mapping\n  note 1:4 '{' the mapping opens here"
        ),
        ("a: 'x\n\n", "syntax 1:6 '' the closing quote is missing\n  note 1:4 ''' the quote opens here"),
        ("a: b: c\n", "syntax 1:5 ':' a second ': ' on the line cannot begin another value"),
        ("a:1\nb: 2\n", "syntax 2:2 ':' a key cannot stand here"),
        ("a: @x\n", "syntax 1:4 '@' a plain value cannot begin with '@'"),
        ("a: *.txt\n", "syntax 1:5 '.' a plain value cannot begin with '*'"),
        ("a:\n\tb: 1\n", "tab 2:1 '\t' a tab cannot indent a line\n  help use spaces for indentation"),
        ("a:\n  b: 1\n\tc: 2\n", "tab 3:1 '\t' a tab cannot indent a line"),
        ("a: 1\n  b\n c: 1", "syntax 3:3 ':' a key cannot stand here"),
        ("é: [ü\r\nx: 1\r\n", "syntax 2:2 ':' expected ',' or ']' in the list\n  note 1:4 '[' the list opens here"),
        ("\u{FEFF}é: \"\\q\"", "syntax 1:5 '\\' unknown escape in double quotes"),
        ("%YAML 1.1\n---\na: 1", "directive 1:1 '%YAML 1.1' only YAML 1.2 is read"),
        ("%TAG ! x\n---\na: 1", "directive 1:1 '%TAG ! x' the directive '%TAG' is not supported"),
        ("%YAML 1.2\na: 1", "directive 1:1 '%YAML 1.2' a directive must be followed by a line '---'"),
        ("a: 1\n%x\n", "directive 2:1 '%' a line of the document cannot begin with '%'"),
        ("a: 1\n---\nb: 1\n", "multipleDocuments 2:1 '---' a second document begins here"),
        ("---\n---\n", "multipleDocuments 2:1 '---' a second document begins here"),
        ("", "emptyDocument 1:1 '' the text is empty"),
        ("# only\n\n", "emptyDocument 1:1 '' the text is empty"),
        ("--- # c\n", "emptyDocument 1:1 '' the text is empty"),
        ("? [a]\n: 1\n", "nonScalarKey 1:3 '[a]' a key must be plain text, not a list or a mapping"),
        ("a: {{ x }}\n", "nonScalarKey 1:5 '{ x }' a key must be plain text, not a list or a mapping"),
        ("a: &x {}\n*x : 1\n", "nonScalarKey 2:1 '*x' a key must be plain text, not a list or a mapping"),
        ("&k a: 1\nb: 2\n*k : 3\n", "duplicateKey 3:1 '*k' the key 'a' stands twice in this mapping\n  note 1:4 'a'"),
        ("a: &x {}\n<<: *x\n", "mergeKey 2:1 '<<' merge keys are not part of YAML 1.2"),
        ("a: *x\n", "undefinedAlias 1:4 '*x' there is no anchor 'x' before this alias"),
        ("a: &x [*x]\n", "recursiveAlias 1:8 '*x' the alias 'x' stands inside the value it names\n  note 1:7 '['"),
        ("a: !!str 1\n", "tag 1:4 '!!str' the tag '!!str' is not supported"),
        ("a: &b !<c d> 1\n", "tag 1:7 '!' the tag cannot be read"),
        ("a: ! 1\n", "tag 1:4 '!' the tag '!' is not supported"),
        ("a: !e!x 1\n", "tag 1:4 '!e!x' the tag '!e!x' is not supported"),
        ("a: [!x b]\n", "tag 1:5 '!x' the tag '!x' is not supported"),
        (
            "a: é\u{202E}b\n",
            "controlCharacter 1:5 '\u{202E}' the invisible bidirectional control U+202E is not allowed"
        ),
        (
            "# \u{2066}\na: 1",
            "controlCharacter 1:3 '\u{2066}' the invisible bidirectional control U+2066 is not allowed"
        ),
        ("# a\u{2028}b: 1\nc: 1", "controlCharacter 1:4 '\u{2028}' the line separator U+2028 is not allowed"),
        ("a:\n\u{FEFF}b", "controlCharacter 2:1 '\u{FEFF}' a byte order mark inside the text U+FEFF is not allowed"),
        ("a: \u{0}", "controlCharacter 1:4 '\u{0}' the null character U+0000 is not allowed"),
        ("a: \u{7F}", "controlCharacter 1:4 '\u{7F}' the control character U+007F is not allowed"),
    ])
    func aFaultIsReportedAtItsPlace(_ text: String, _ expected: String) {
        let found = report(text)
        #expect(found.hasPrefix(expected), "\(found)")
    }

    @Test(
        arguments: [
            ([0x61, 0xFF], 1), ([0x61, 0x3A, 0x20, 0xC3], 3), ([0xC0, 0x80], 0), ([0xED, 0xA0, 0x80], 0),
            ([0xF4, 0x90, 0x80, 0x80], 0), ([0xE2, 0x82, 0x20], 0), ([0x80], 0),
        ] as [([UInt8], Int)])
    func invalidUTF8IsReportedAtItsByte(_ bytes: [UInt8], _ offset: Int) {
        let (document, problems) = YAMLDocument.parse(bytes)
        #expect(document == nil)
        #expect(problems.map(\.code) == [.encoding])
        #expect(problems.map(\.range) == [offset..<offset + 1])
    }

    @Test(
        arguments: [
            [0xFF, 0xFE, 0x61, 0x00], [0xFE, 0xFF, 0x00, 0x61], [0x61, 0x00, 0x3A, 0x00], [0x00, 0x61, 0x00, 0x3A],
            [0xFF, 0xFE, 0x00, 0x00], [0x00, 0x00, 0xFE, 0xFF],
        ] as [[UInt8]])
    func otherEncodingsAreNamed(_ bytes: [UInt8]) {
        let problems = YAMLDocument.parse(bytes).problems
        #expect(problems.map(\.message) == ["the text is UTF-16 or UTF-32, not UTF-8"])
        #expect(problems.map(\.help) == ["save the file as UTF-8"])
    }

    @Test func tooMuchTextIsRefusedUnread() {
        var limits = YAMLLimits()
        limits.maxBytes = 3
        #expect(report("abcd", limits: limits) == "tooLarge 1:1 '' the text has 4 bytes, more than the 3 allowed")
        #expect(report("abc", limits: limits) == "")
        limits.maxBytes = -1
        #expect(YAMLDocument.parse([0x61], limits: limits).problems.map(\.code) == [.tooLarge])
        limits = YAMLLimits()
        limits.maxNodes = -1
        #expect(YAMLDocument.parse([0x61], limits: limits).problems.map(\.code) == [.tooLarge])
        limits.maxNodes = 3
        #expect(report("[a, b]", limits: limits) == "")
        #expect(report("[a, b, c]", limits: limits) == "tooLarge 1:8 'c' the text has more than 3 nodes")
        #expect(report("- &a\n- *a\n- *a\n", limits: limits) == "tooLarge 3:3 '*a' the text has more than 3 nodes")
    }

    @Test func theNumberOfProblemsIsLimited() {
        let text = String(repeating: "a: !x 1\n", count: 1000) + "b: [\n"
        let problems = YAMLDocument.parse(Array(text.utf8)).problems
        #expect(problems.count == 101)
        #expect(problems.last?.code == .syntax)
    }

    @Test func problemsComeInOrderOfPlace() {
        let codes = YAMLDocument.parse(Array("a: {b: !t 1, b: 2}\na: *x\n# \u{202E}\n".utf8)).problems.map(\.code)
        #expect(codes == [.tag, .duplicateKey, .duplicateKey, .undefinedAlias, .controlCharacter])
    }
}
