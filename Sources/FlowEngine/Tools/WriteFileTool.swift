// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

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
