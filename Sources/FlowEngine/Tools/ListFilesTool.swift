// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

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
