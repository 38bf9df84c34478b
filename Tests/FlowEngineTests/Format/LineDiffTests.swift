// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

@Suite struct LineDiffTests {
    @Test func showsChangesWithWhatStandsAround() {
        let old = (1...20).map { "line \($0)\n" }.joined()
        let new = old.replacing("line 3\n", with: "line three\n").replacing("line 18\n", with: "")
        let text = LineDiff(Array(old.utf8), Array(new.utf8)).unified(from: "a.yaml", to: "a.yaml")
        #expect(
            text == """
                --- a.yaml
                +++ a.yaml
                @@ -1,6 +1,6 @@
                 line 1
                 line 2
                -line 3
                +line three
                 line 4
                 line 5
                 line 6
                @@ -15,6 +15,5 @@
                 line 15
                 line 16
                 line 17
                -line 18
                 line 19
                 line 20

                """)
    }

    @Test func saysWhereTheLastLineEndIsMissing() {
        let text = LineDiff(Array("a".utf8), Array("b".utf8)).unified(from: "x", to: "x")
        #expect(
            text
                == "--- x\n+++ x\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
        )
        #expect(LineDiff([], []).unified(from: "x", to: "x") == "")
        #expect(LineDiff([], Array("a\n".utf8)).unified(from: "x", to: "x") == "--- x\n+++ x\n@@ -0,0 +1,1 @@\n+a\n")
    }
}
