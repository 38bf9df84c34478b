// SPDX-License-Identifier: Apache-2.0
import Testing
import YAML

struct DumpTests {
    @Test func everyKindAndStyleHasItsPlace() throws {
        let document = try parsed(
            """
            # a comment
            plain: one two
            list:
              - 'it''s'
              - "tab\\t"
              -
              - [1, 2.5, {k: v}, a: b]

            text: |
              first
                second

            folded: >-
              a
              b
            anchored: &name   # named
              x: ~
            again: *name

            # the end
            """)
        #expect(
            document.dump() == """
                mapping 2:1-18:13 block
                  string 2:1-2:6 "plain"
                    string 2:8-2:15 "one two"
                  string 3:1-3:5 "list"
                    sequence 4:3-7:27 block
                      string(singleQuoted) 4:5-4:12 "it's"
                      string(doubleQuoted) 5:5-5:12 "tab\\t"
                      null 6:4-6:4 ""
                      sequence 7:5-7:27 flow
                        integer 7:6-7:7 "1"
                        number 7:9-7:12 "2.5"
                        mapping 7:14-7:20 flow
                          string 7:15-7:16 "k"
                            string 7:18-7:19 "v"
                        mapping 7:22-7:26 flow
                          string 7:22-7:23 "a"
                            string 7:25-7:26 "b"
                  string 9:1-9:5 "text"
                    string(literal) 9:7-11:11 "first\\n  second\\n"
                  string 13:1-13:7 "folded"
                    string(folded) 13:9-15:4 "a b"
                  string 16:1-16:9 "anchored"
                    mapping 17:3-17:7 block
                      string 17:3-17:4 "x"
                        null 17:6-17:7 "~"
                  string 18:1-18:6 "again"
                    alias 18:8-18:13 -> 17:3

                """)
    }

    @Test func longAndStrangeTextIsShortened() throws {
        let document = try parsed("- \(String(repeating: "é", count: 100))\n- \"\\e\\u202E\\r\"\n")
        #expect(
            document.dump() == """
                sequence 1:1-2:15 block
                  string 1:3-1:103 "\(String(repeating: "é", count: 60))…"
                  string(doubleQuoted) 2:3-2:15 "\\u{001B}\\u{202E}\\r"

                """)
    }
}
