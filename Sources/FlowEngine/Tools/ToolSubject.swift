// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// What the patterns of permissions are matched with: the part of a call that decides what it can do.
package struct ToolSubject: Sendable, Hashable {
    /// How the text is read.
    package enum Kind: Sendable, Hashable {
        /// A path in the work folder, in its shortest form.
        case path
        /// An address with a lower-case server.
        case address
        /// A command line of a shell.
        case command
        /// Any text.
        case text
    }

    package var kind: Kind
    package var text: String
    /// All arguments, for patterns that name one.
    package var arguments: JSONObject

    /// The subject of a call.
    package init(_ kind: Kind, _ text: String, _ arguments: JSONObject = JSONObject()) {
        self.kind = kind
        self.text = kind == .path ? FilePath.normalise(text) : text
        self.arguments = arguments
    }

    var flavour: TextGlob.Flavour {
        switch kind {
        case .path, .address: .path
        case .command, .text: .text
        }
    }
}

/// A command line as far as permissions look at it.
struct ShellText {
    /// The commands between `;`, `&`, `|`, brackets, back quotes and line ends, without the space around them.
    private(set) var pieces: [String] = []
    /// Whether the line is one command with its words: nothing in it makes the shell do more.
    private(set) var isOneCommand = true

    init(_ text: String) {
        var piece: [UInt8] = []
        var quote: UInt8?
        var isEscaped = false
        func end(_ pieces: inout [String]) {
            let text = Self.trimmed(String(decoding: piece, as: UTF8.self))
            if !text.isEmpty { pieces.append(text) }
            piece = []
        }
        for byte in text.utf8 {
            if isEscaped {
                isEscaped = false
                piece.append(byte)
                if byte == 0x0A { isOneCommand = false }
                continue
            }
            let isActive: Bool
            switch byte {
            case UInt8(ascii: "\\") where quote != UInt8(ascii: "'"):
                isEscaped = true
                isActive = false
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                if quote == nil { quote = byte } else if quote == byte { quote = nil }
                isActive = false
            case UInt8(ascii: "$"): isActive = quote != UInt8(ascii: "'")
            case UInt8(ascii: "`"): isActive = quote != UInt8(ascii: "'")
            case UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "("), UInt8(ascii: ")"), 0x0A, 0x0D, 0:
                isActive = quote == nil
            default: isActive = false
            }
            guard isActive else {
                piece.append(byte)
                continue
            }
            isOneCommand = false
            // `$` and redirections belong to their command, the others end it.
            if byte == UInt8(ascii: "$") || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") {
                piece.append(byte)
            } else {
                end(&pieces)
            }
        }
        end(&pieces)
        if quote != nil || isEscaped { isOneCommand = false }
    }

    /// The text without spaces and tabs at its ends.
    static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
