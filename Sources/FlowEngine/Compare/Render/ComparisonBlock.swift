// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A part of a comparison as people read it. The text for the terminal, the Markdown and the page are made from the same
/// blocks, so that they say the same.
enum ComparisonBlock: Sendable, Hashable {
    /// From 1, the title of the whole.
    case heading(Int, [Span])
    case line([Span])
    /// Rows of cells below a header.
    case table([String], [[Span]])
    /// A difference as `diff -u` prints it, under a name.
    case diff(String, String)
    /// Two pictures of the same name; nil where there is none or it is too large to be shown.
    case images(String, old: Picture?, new: Picture?)

    /// A picture with its media type.
    struct Picture: Sendable, Hashable {
        var type: String
        var bytes: [UInt8]
    }

    /// A piece of text with its role.
    struct Span: Sendable, Hashable {
        /// What the text is.
        enum Role: Sendable, Hashable { case plain, code, strong, dim, good, bad, old, new }

        var text: String
        var role: Role

        init(_ text: String, _ role: Role = .plain) {
            self.text = text
            self.role = role
        }
    }
}

extension String {
    /// The text without what acts on a terminal or turns the direction of writing; line breaks and tabs stay.
    var harmless: String {
        func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0x09, 0x0A: false
            case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF,
                0xFFFE...0xFFFF:
                true
            default: false
            }
        }
        guard unicodeScalars.contains(where: isUnsafe) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(isUnsafe(scalar) ? "\u{FFFD}" : scalar) }
        return String(text)
    }
}
