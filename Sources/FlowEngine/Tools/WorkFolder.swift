// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The folder that the file tools of an agent see. Nothing outside of it can be reached: not by `..`, not by an
/// absolute path, and not over a symbolic link, which is refused wherever it leads.
struct WorkFolder: Sendable {
    /// Why a path is refused.
    struct Refusal: Error {
        var message: String
    }

    let root: String

    /// The path from the folder, in its shortest form; `.` is the folder itself.
    func relative(_ path: String) throws(Refusal) -> String {
        guard !path.isEmpty, !path.utf8.contains(0), path.utf8.count <= 4096 else {
            throw Refusal(message: "the path is empty or not a path")
        }
        guard !FilePath.isAbsolute(path), !path.hasPrefix("~") else {
            throw Refusal(message: "`\(path)` is outside of the work folder: give a path from the work folder")
        }
        guard !path.split(separator: "/").contains("..") else {
            throw Refusal(message: "`\(path)` leads out of the work folder or back: write the path without `..`")
        }
        return FilePath.normalise(path)
    }

    /// The full path of something that is there.
    func existing(_ path: String) throws(Refusal) -> String {
        let relative = try relative(path)
        let (real, base) = try resolved(relative)
        let expected = relative == "." ? base : FilePath.join(base, relative)
        guard real == expected else { throw Refusal(message: "`\(path)` is, or lies behind, a symbolic link") }
        return real
    }

    /// The full path of a regular file that is there.
    func file(_ path: String) throws(Refusal) -> String {
        let full = try existing(path)
        switch File.kind(of: full) {
        case .file: return full
        case .directory: throw Refusal(message: "`\(path)` is a folder")
        default: throw Refusal(message: "`\(path)` is no regular file")
        }
    }

    /// The full path of a file that is to be written; the folders above it are made.
    func target(_ path: String) throws(Refusal) -> String {
        let relative = try relative(path)
        guard relative != "." else { throw Refusal(message: "`\(path)` is the work folder itself") }
        let parent = FilePath.dirname(relative)
        do {
            let base = try File.realPath(root)
            var folder = base
            for part in parent.split(separator: "/") where part != "." {
                folder = FilePath.join(folder, String(part))
                switch File.kind(of: folder) {
                case .directory: continue
                case nil: try File.createDirectory(folder, intermediates: false)
                default: throw Refusal(message: "`\(parent)` is not a folder")
                }
            }
            let full = FilePath.join(base, relative)
            switch File.kind(of: full) {
            case nil, .file: return full
            default: throw Refusal(message: "`\(path)` is there and no regular file")
            }
        } catch let error as FileError {
            throw Refusal(message: "`\(path)`: \(error.reason)")
        } catch let error as Refusal {
            throw error
        } catch {
            throw Refusal(message: "\(error)")
        }
    }

    private func resolved(_ relative: String) throws(Refusal) -> (real: String, base: String) {
        do throws(FileError) {
            let base = try File.realPath(root)
            return (try File.realPath(FilePath.join(base, relative)), base)
        } catch {
            throw Refusal(message: "`\(relative)`: \(error.isNotFound ? "there is no such file" : error.reason)")
        }
    }
}
