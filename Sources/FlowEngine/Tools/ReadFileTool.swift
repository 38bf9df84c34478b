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
