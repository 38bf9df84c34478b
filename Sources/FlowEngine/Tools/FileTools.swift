// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// `read_file`: a text file of the work folder.
struct ReadFileTool: AgentTool {
    /// The largest file that is read at all, and the most of one that a call gives.
    private static let largestFile = 16 << 20
    private static let largestPart = 64 << 10

    let reference = BuiltinTool.readFile.rawValue

    var spec: ToolSpec {
        ToolSpec(
            name: reference, description: "Reads a text file of the work folder, or some of its lines.",
            parameters: ToolSchema.object(
                [
                    ("path", ToolSchema.string("The file, from the work folder.")),
                    ("first_line", ToolSchema.integer(1...10_000_000, "The line to begin with; 1 by default.")),
                    ("lines", ToolSchema.integer(1...100_000, "How many lines; all by default.")),
                ], required: ["path"]))
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.path, arguments["path"]?.stringValue ?? "", arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        let path = arguments["path"]?.stringValue ?? ""
        let first = Int(clamping: arguments["first_line"]?.integerValue ?? 1)
        let count = arguments["lines"]?.integerValue.map { Int(clamping: $0) }
        let folder = site.folder
        return await onOwnThread {
            do {
                let text = try File.readText(try folder.file(path), limit: Self.largestFile)
                return ToolResult(Self.part(of: text, first: first, count: count))
            } catch let refusal as WorkFolder.Refusal {
                return .failed(refusal.message)
            } catch let error as FileError {
                return .failed("`\(path)`: \(error.isInvalidText ? "it is no text" : error.reason)")
            } catch {
                return .failed("\(error)")
            }
        }
    }

    private static func part(of text: String, first: Int, count: Int?) -> String {
        var part = text[...]
        if first > 1 || count != nil {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(first - 1)
            part = lines.prefix(count ?? .max).joined(separator: "\n")[...]
        }
        guard part.utf8.count > largestPart else { return String(part) }
        let cut = String(decoding: part.utf8.prefix(largestPart), as: UTF8.self)
        return cut + "\n[cut after \(largestPart) of \(part.utf8.count) bytes: ask for lines]"
    }
}

/// `write_file`: makes or replaces a text file of the work folder.
struct WriteFileTool: AgentTool {
    private static let largest = 4 << 20

    let reference = BuiltinTool.writeFile.rawValue

    var spec: ToolSpec {
        ToolSpec(
            name: reference, description: "Writes a text file of the work folder; one that is there is replaced.",
            parameters: ToolSchema.object(
                [
                    ("path", ToolSchema.string("The file, from the work folder.")),
                    ("content", ToolSchema.string("The whole text of the file.")),
                ], required: ["path", "content"]))
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.path, arguments["path"]?.stringValue ?? "", arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        let path = arguments["path"]?.stringValue ?? ""
        let bytes = Array((arguments["content"]?.stringValue ?? "").utf8)
        guard bytes.count <= Self.largest else { return .failed("a file has at most \(Self.largest) bytes") }
        let folder = site.folder
        return await onOwnThread {
            do {
                // Replaces what is there by a new file, and so never writes through a link.
                try File.writeDurably(bytes, to: try folder.target(path))
                return ToolResult("wrote \(bytes.count) bytes to \(FilePath.normalise(path))")
            } catch let refusal as WorkFolder.Refusal {
                return .failed(refusal.message)
            } catch let error as FileError {
                return .failed("`\(path)`: \(error.reason)")
            } catch {
                return .failed("\(error)")
            }
        }
    }
}

/// `list_files`: what is in the work folder.
struct ListFilesTool: AgentTool {
    private static let most = 500
    private static let deepest = 8

    let reference = BuiltinTool.listFiles.rawValue

    var spec: ToolSpec {
        ToolSpec(
            name: reference, description: "Lists the files of the work folder with their sizes in bytes.",
            parameters: ToolSchema.object([("path", ToolSchema.string("A folder in the work folder; all by default."))])
        )
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        ToolSubject(.path, arguments["path"]?.stringValue ?? ".", arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        let path = arguments["path"]?.stringValue ?? "."
        let folder = site.folder
        return await onOwnThread {
            do {
                let full = try folder.existing(path)
                guard File.isDirectory(full) else { return .failed("`\(path)` is no folder") }
                var lines: [String] = []
                let start = try folder.relative(path)
                try Self.collect(full, start == "." ? "" : start + "/", depth: 0, into: &lines)
                if lines.isEmpty { return ToolResult("no files") }
                let more = lines.count > Self.most ? "\n[more than \(Self.most) files: ask for a folder]" : ""
                return ToolResult(lines.prefix(Self.most).joined(separator: "\n") + more)
            } catch let refusal as WorkFolder.Refusal {
                return .failed(refusal.message)
            } catch let error as FileError {
                return .failed("`\(path)`: \(error.reason)")
            } catch {
                return .failed("\(error)")
            }
        }
    }

    private static func collect(
        _ folder: String, _ prefix: String, depth: Int, into lines: inout [String]
    ) throws(FileError) {
        for entry in try File.list(folder) {
            guard lines.count <= most else { return }
            let path = FilePath.join(folder, entry.name)
            switch entry.kind {
            case .file: lines.append("\(prefix)\(entry.name)\t\((try? File.size(of: path)) ?? 0)")
            case .directory:
                if depth >= deepest {
                    lines.append("\(prefix)\(entry.name)/")
                } else {
                    try collect(path, "\(prefix)\(entry.name)/", depth: depth + 1, into: &lines)
                }
            default: continue
            }
        }
    }
}
