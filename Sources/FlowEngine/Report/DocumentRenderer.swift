// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore

/// Turns a Markdown document into a page or a PDF, with the program that render nodes use.
public struct DocumentRenderer: Sendable {
    private let tools: ToolPaths
    private let processes: ChildProcesses

    /// A renderer with the tools of this machine.
    public init(tools: ToolPaths = ToolPaths(), processes: ChildProcesses = ChildProcesses()) {
        self.tools = tools
        self.processes = processes
    }

    /// The formats, by the endings of files.
    public static let formats = ["html", "pdf"]

    /// Writes a document to a file.
    ///
    /// - Parameters:
    ///   - markdown: the text without its title.
    ///   - images: what the text shows, by the names it uses.
    ///   - path: the file, an absolute path; its ending is the format.
    /// - Returns: why there is no document; nil when there is one.
    public func render(
        _ markdown: String, title: String, images: [(name: String, bytes: [UInt8])], to path: String
    ) async -> NodeFailure? {
        let format = FilePath.extension(path)
        guard Self.formats.contains(format) else {
            return NodeFailure(.badData, "a document can be written as \(Self.formats.joined(separator: " or "))")
        }
        let folder: String
        do throws(FileError) {
            folder = try File.makeTemporaryDirectory(prefix: "flow-report-")
        } catch {
            return NodeFailure(.storage, error.description)
        }
        defer { try? File.removeTree(folder) }
        let source = FilePath.join(folder, "report.md")
        let job = FilePath.join(folder, "job.json")
        let value: JSONValue = [
            "kind": "document", "source": .string(source), "format": "markdown", "title": .string(title),
            "resources": [], "outputs": [["format": .string(format), "path": .string(path)]],
        ]
        do throws(FileError) {
            try File.write(markdown, to: source)
            try File.write(value.jsonBytes(), to: job)
            for image in images { try File.write(image.bytes, to: FilePath.join(folder, image.name)) }
        } catch {
            return NodeFailure(.storage, error.description)
        }
        let program = ToolProgram(
            name: "render.py", source: PackageResources.render_py, arguments: [job], directory: folder,
            limits: ResourceLimits(cpuSeconds: 300, fileSize: 1 << 30, coreSize: 0))
        return await program.run(tools, processes, source: "report.md")
    }
}
