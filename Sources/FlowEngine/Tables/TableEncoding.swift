// SPDX-License-Identifier: Apache-2.0

/// How the bytes of a text file stand for characters.
enum TableEncoding: String, Sendable, Hashable, CaseIterable {
    case utf8 = "utf-8"
    case utf8Signature = "utf-8-sig"
    /// With a byte order mark, which says which byte comes first.
    case utf16 = "utf-16"
    case latin1 = "latin-1"
    case windows1252 = "windows-1252"

    /// The encoding of a name, of which the common spellings are known.
    init?(name: String) {
        switch name.lowercased() {
        case "utf-8", "utf8": self = .utf8
        case "utf-8-sig", "utf8-sig": self = .utf8Signature
        case "utf-16", "utf16": self = .utf16
        case "latin-1", "latin1", "iso-8859-1": self = .latin1
        case "windows-1252", "cp1252": self = .windows1252
        default: return nil
        }
    }

    /// What the bytes 0x80 to 0x9F are in Windows 1252; 0 where it has nothing.
    static let windowsScalars: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]
}
