// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FlowEditor

/// Positions, changes, framing, addresses.
struct TextTests {
    /// A letter of 1, 2, 3 and 4 bytes, a tab, and all line breaks.
    static let text = "aé€🎫\tz\r\nb\rc\n\n🎫"

    @Test(arguments: [PositionEncoding.utf8, .utf16]) func positionsLeadThereAndBack(encoding: PositionEncoding) {
        let document = TextDocument(Self.text, encoding: encoding)
        #expect(document.lineStarts.count == 5)
        var offset = 0
        for scalar in Self.text.unicodeScalars {
            if scalar != "\r", scalar != "\n" {
                #expect(document.offset(of: document.position(at: offset)) == offset)
            }
            offset += String(scalar).utf8.count
        }
    }

    @Test func unitsAreCounted() {
        let wide = TextDocument(Self.text, encoding: .utf16)
        #expect(wide.position(at: 10) == TextPosition(line: 0, character: 5))
        #expect(wide.offset(of: TextPosition(line: 0, character: 4)) == 6, "inside a pair: its beginning")
        #expect(wide.offset(of: TextPosition(line: 0, character: 99)) == 12, "the end of the line, not its break")
        #expect(wide.offset(of: TextPosition(line: 99, character: 0)) == Self.text.utf8.count)
        let narrow = TextDocument(Self.text, encoding: .utf8)
        #expect(narrow.position(at: 10) == TextPosition(line: 0, character: 10))
        #expect(narrow.position(at: 999) == TextPosition(line: 4, character: 4))
    }

    @Test func changesAreApplied() {
        var document = TextDocument("ab\ncd\n", encoding: .utf16)
        document.replace(
            from: TextPosition(line: 0, character: 1), to: TextPosition(line: 1, character: 1), with: "🎫\n")
        #expect(document.text(0..<document.bytes.count) == "a🎫\nd\n")
        document.replace(
            from: TextPosition(line: 9, character: 9), to: TextPosition(line: 0, character: 0), with: "end")
        #expect(document.text(0..<document.bytes.count) == "a🎫\nd\nend")
    }

    @Test func messagesAreCutFromAnyPieces() {
        let stream = MessageFramer.framed(Array("{}".utf8)) + Array("content-length: 3\nX: y\n\n[1]".utf8)
        for size in 1...stream.count {
            var framer = MessageFramer()
            var found: [MessageFramer.Frame] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                framer.append(stream[start..<min(start + size, stream.count)])
                while let frame = framer.next() { found.append(frame) }
            }
            #expect(found == [.message(Array("{}".utf8)), .message(Array("[1]".utf8))], "pieces of \(size)")
        }
    }

    @Test func badHeadersAreTold() {
        var framer = MessageFramer()
        framer.append("Content-Length: -1\r\n\r\nA: 1\r\n\r\nContent-Length: 99999999999999999999\r\n\r\n".utf8)
        framer.append("Content-Length: 1\r\n\r\n7".utf8)
        var faults = 0
        var messages = 0
        while let frame = framer.next() {
            if case .message = frame { messages += 1 } else { faults += 1 }
        }
        #expect(faults == 3)
        #expect(messages == 1)
        framer.append([UInt8](repeating: 0x41, count: 9000))
        if case .fault? = framer.next() {} else { Issue.record("an endless header is refused") }
        // A body that is too long is passed over, and what follows is read.
        let huge = MessageFramer.longestBody + 10
        framer.append("Content-Length: \(huge)\r\n\r\n".utf8)
        if case .fault? = framer.next() {} else { Issue.record("a body that is too long is refused") }
        framer.append([UInt8](repeating: 0x41, count: huge))
        framer.append(MessageFramer.framed([0x37]))
        #expect(framer.next() == .message([0x37]))
    }

    @Test func addressesAreDecoded() {
        #expect(FileURI.path("file:///a%20b/%C3%A9.yaml") == "/a b/é.yaml")
        #expect(FileURI.path("file://localhost/a") == "/a")
        #expect(FileURI.path("file://other/a") == nil)
        #expect(FileURI.path("untitled:1") == nil)
        #expect(FileURI.path("file:///a%00b") == nil)
        #expect(FileURI.path("file:///a%FFb") == nil)
        #expect(FileURI.path("file:///a%2") == "/a%2")
        #expect(FileURI.path(FileURI.uri("/a b/é#?.yaml")) == "/a b/é#?.yaml")
    }

    @Test func theOutlineHasAllKeys() {
        let text = """
            # comment
            a: 1
            "b c": {x: [1, {y: 2}], z: "q, }"}
            list:
            - one: 1
              two: |
                not: a key
              three: 3
            - - nested
            d:
              e: "open
              f: [1,
                2]
              g: plain
                more
            h: ${{ a ? b : c }}
            """
        let outline = Outline(Array(text.utf8))
        let paths = outline.entries.indices.map { index in
            outline.chain(to: index).map { outline.entries[$0].key ?? "-" }.joined(separator: ".")
        }
        let wanted = [
            "a", "b c", "b c.x", "b c.x.-", "b c.x.-", "b c.x.-.y", "b c.z", "list", "list.-", "list.-.one",
            "list.-.two", "list.-.three", "list.-", "list.-.-", "d", "d.e", "d.f", "d.f.-", "d.f.-", "d.g", "h",
        ]
        #expect(paths == wanted)
    }
}
