// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct OutputFileTests {
    private func parse(_ text: String) throws -> JSONValue {
        let declared = ["a", "b"].map { DeclaredOutput(name: $0, type: .string) }
        return .object(try OutputFile.parse(Array(text.utf8), declared: declared))
    }

    @Test("Line breaks of both sorts end a line; bytes of values stay as they are")
    func lineBreaks() throws {
        #expect(try parse("a=1\r\nb=2\r\n") == ["a": "1", "b": "2"])
        #expect(try parse("a<<END\r\nx\r\nEND\r\nb=2") == ["a": "x\r", "b": "2"])
        #expect(try parse("\n\na=\n") == ["a": ""])
        #expect(try parse("a=x=y") == ["a": "x=y"])
        #expect(try parse("a=\u{301}x") == ["a": "\u{301}x"])
        #expect(try parse("a<<E\nE\nb<<E\n\n\nE") == ["a": "", "b": "\n"])
        #expect(try parse("a=1 << 2") == ["a": "1 << 2"])
        #expect(try parse("") == [:])
    }

    @Test(
        "A block without its end, a line without a name or a sign is refused",
        arguments: [
            "a<<END", "a<<END\n", "a<<END\nx\nEND2", "=x", "a", "a\nb=1", "c=1",
        ])
    func refused(_ text: String) {
        #expect(throws: NodeFailureError.self) { try parse(text) }
    }
}
