// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// A tool as `tools:` names it.
enum ToolReference: Sendable, Hashable {
    case builtin(BuiltinTool)
    /// A workflow beside the one that runs; its inputs are the arguments.
    case workflow(String)
    /// A node of the workflow; it runs only as a tool.
    case node(String)
    /// One tool of a server, or all that it has.
    case mcp(server: String, tool: String?)

    /// Why a text names no tool.
    struct Problem: Error {
        var message: String
        var help: [String] = []
        var label = ""
    }

    /// The text as people write it.
    var text: String {
        switch self {
        case .builtin(let tool): tool.rawValue
        case .workflow(let path): "workflow:\(path)"
        case .node(let id): "node:\(id)"
        case .mcp(let server, let tool): tool.map { "mcp:\(server)/\($0)" } ?? "mcp:\(server)"
        }
    }

    /// Reads a text of `tools:`.
    init(_ text: String) throws(Problem) {
        func rest(_ prefix: String) -> String? { text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil }
        if let tool = BuiltinTool(rawValue: text) {
            self = .builtin(tool)
        } else if let path = rest("workflow:") {
            guard !path.isEmpty, !path.utf8.contains(0) else { throw Problem(message: "`\(text)` names no file") }
            guard !FilePath.isAbsolute(path), FilePath.isInside(path, root: ".") else {
                throw Problem(message: "`\(path)` is not beside the workflow")
            }
            self = .workflow(FilePath.normalise(path))
        } else if let name = rest("mcp:") {
            let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !parts[0].isEmpty, ToolName.safe(parts[0]) == parts[0], parts.count == 1 || !parts[1].isEmpty else {
                throw Problem(message: "`\(text)` names no server", help: ["write `mcp:SERVER` or `mcp:SERVER/TOOL`"])
            }
            self = .mcp(server: parts[0], tool: parts.count == 1 || parts[1] == "*" ? nil : parts[1])
        } else if let id = rest("node:") {
            guard DocumentReader.isIdentifier(id) else { throw Problem(message: "`\(text)` names no node") }
            self = .node(id)
        } else {
            let names = BuiltinTool.allCases.map(\.rawValue)
            let near = Spelling.nearest(to: text, among: names)
            throw Problem(
                message: "there is no tool `\(text)`",
                help: ["the tools are \(names.joined(separator: " ")) `workflow:FILE` `node:ID` `mcp:SERVER/TOOL`"],
                label: near.map { "did you mean `\($0)`?" } ?? "")
        }
    }

    /// Whether it is a node of the workflow, which the workflow gives and no agent's file can have.
    var isNode: Bool { if case .node = self { true } else { false } }

    /// Whether who has this tool has the other too.
    func covers(_ other: ToolReference) -> Bool {
        if self == other { return true }
        if case .mcp(let server, nil) = self, case .mcp(server, _) = other { return true }
        return false
    }
}

/// A tool that flow brings along.
enum BuiltinTool: String, Sendable, Hashable, CaseIterable {
    case python, bash
    case readFile = "read_file"
    case writeFile = "write_file"
    case listFiles = "list_files"
    case sql
    case httpGet = "http_get"
}
