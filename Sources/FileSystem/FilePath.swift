// SPDX-License-Identifier: Apache-2.0

/// Operations on the text of paths. None looks at the disk.
public enum FilePath {
    /// Whether a path starts at the root.
    public static func isAbsolute(_ path: String) -> Bool {
        path.utf8.first == slash
    }

    /// Puts a relative path below a folder; an absolute path stands alone.
    public static func join(_ folder: String, _ path: String) -> String {
        if folder.isEmpty || isAbsolute(path) { return path }
        if path.isEmpty { return folder }
        return folder.utf8.last == slash ? folder + path : folder + "/" + path
    }

    /// The last part of a path; `/` for the root, nothing for an empty path.
    public static func basename(_ path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let index = trimmed.utf8.lastIndex(of: slash) else { return String(trimmed) }
        return trimmed.utf8.count == 1 ? "/" : String(trimmed[trimmed.utf8.index(after: index)...])
    }

    /// What is before the last part of a path; `.` for a path of one part, `/` below the root.
    public static func dirname(_ path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let index = trimmed.utf8.lastIndex(of: slash) else { return "." }
        let folder = trimmingSlashes(trimmed[..<index])
        return folder.isEmpty ? "/" : String(folder)
    }

    /// What follows the last dot of the last part, without the dot. A name like `.profile` has none.
    public static func `extension`(_ path: String) -> String {
        let name = basename(path)
        guard let dot = name.utf8.lastIndex(of: 0x2E), dot != name.startIndex, name != ".." else { return "" }
        return String(name[name.utf8.index(after: dot)...])
    }

    /// The path without empty parts and `.`, and with each `..` taken back as far as the text allows.
    ///
    /// `..` above the root is the root; at the start of a relative path it stays. An empty path becomes `.`. With
    /// symbolic links the result can lead elsewhere; resolve them with `File.realPath` where that matters.
    public static func normalise(_ path: String) -> String {
        let absolute = isAbsolute(path)
        var parts: [Substring.UTF8View] = []
        for part in path.utf8.split(separator: slash) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                if let last = parts.last, !last.elementsEqual("..".utf8) {
                    parts.removeLast()
                    continue
                }
                if absolute { continue }
            }
            parts.append(part)
        }
        let text = parts.map { String(Substring($0)) }.joined(separator: "/")
        return absolute ? "/" + text : (text.isEmpty ? "." : text)
    }

    /// Whether a path is `root` or below it, by text, after both are normalised.
    ///
    /// A relative path is taken as below `root`. A symbolic link can still lead out of it.
    public static func isInside(_ path: String, root: String) -> Bool {
        let root = normalise(root)
        let path = normalise(join(root, path))
        if path.utf8.elementsEqual(root.utf8) { return true }
        // A path above `.` starts with `..`, everything else relative is below it.
        if root == "." { return !isAbsolute(path) && path != ".." && !path.hasPrefix("../") }
        let prefix = root == "/" ? "/" : root + "/"
        return path.utf8.starts(with: prefix.utf8) && !path.utf8.dropFirst(prefix.utf8.count).starts(with: "../".utf8)
            && !path.utf8.dropFirst(prefix.utf8.count).elementsEqual("..".utf8)
    }

    private static let slash = UInt8(ascii: "/")

    /// Without slashes at the end; the root keeps one.
    private static func trimmingSlashes(_ path: some StringProtocol) -> Substring {
        var text = Substring(path)
        while text.utf8.count > 1, text.utf8.last == slash {
            text = text[..<text.utf8.index(before: text.endIndex)]
        }
        return text
    }
}
