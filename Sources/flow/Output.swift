// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// What the program puts out for others to use: on the standard output, and nothing else goes there.
enum Output {
    /// The version of the shape of all JSON that the program writes.
    static let schemaVersion: JSONValue = 1

    /// Writes a text as it is.
    static func text(_ text: String) throws(FileError) {
        if !text.isEmpty { try StandardStream.output.write(text) }
    }

    /// Writes one object on one line, with the version of its shape first.
    static func json(_ object: JSONObject) throws(FileError) { try StandardStream.output.write(line(object)) }

    /// One object on one line, with the version of its shape first.
    static func line(_ object: JSONObject) -> String {
        var versioned = JSONObject()
        versioned["schemaVersion"] = schemaVersion
        for member in object { versioned[member.key] = member.value }
        return JSONValue.object(versioned).jsonText(.compact) + "\n"
    }

    /// Runs `body`; a reader that has gone is no fault, because what the command did counts, not who looked on.
    static func toWhoeverListens(_ body: () throws(FileError) -> Void) throws(FileError) {
        do throws(FileError) { try body() } catch {
            if !error.isBrokenPipe { throw error }
        }
    }
}

/// Words for a shell.
enum ShellWord {
    /// The text as one word of a POSIX shell.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A, 0x3D, 0x40, 0x5B, 0x5D,
                0x5F, 0x25:
                true
            default: false
            }
        }
        if isPlain, !text.isEmpty, !text.contains("[") { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
