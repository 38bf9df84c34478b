// SPDX-License-Identifier: Apache-2.0

/// Paths that come from a bundle.
enum BundlePath {
    /// Whether a path leads to a file below the folder that it is put in, whatever that folder holds: relative, without
    /// empty parts, `.` and `..`, and of a length that file systems take.
    static func isSafe(_ path: String) -> Bool {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return path.utf8.count <= 3000 && parts.count <= 100 && parts.allSatisfy(isName)
    }

    /// Whether a text is the name of a file, and nothing more.
    static func isName(_ text: String) -> Bool { isName(text.utf8[...]) }

    private static func isName(_ part: Substring.UTF8View) -> Bool {
        (1...255).contains(part.count) && !part.contains(0) && !part.contains(UInt8(ascii: "/"))
            && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
    }

    /// The names of inputs, logs and the files under them: `inputs/NAME/FILE` or `logs/FILE`.
    static func isOfRun(_ path: String) -> Bool {
        guard isSafe(path) else { return false }
        let parts = path.split(separator: "/")
        return parts.count == 3 && parts[0] == "inputs" || parts.count == 2 && parts[0] == "logs"
    }
}
