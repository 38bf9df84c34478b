// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore

/// Renders a document (Markdown or Typst) or a plot (Vega-Lite) to files.
public struct RenderKind: NodeKind {
    public let name = "render"
    public let summary = "Renders a document to PDF and HTML, or a plot to SVG, PNG and PDF."
    private let tools: ToolPaths
    private let processes: ChildProcesses

    /// A kind that renders with the given tools.
    public init(tools: ToolPaths, processes: ChildProcesses) {
        self.tools = tools
        self.processes = processes
    }

    public var body: FieldType {
        let document = FieldType.object([
            FieldSchema(
                "template", .file, templates: false, "A Markdown or Typst file; `${{ with.name }}` in it is filled in."),
            FieldSchema("text", .string, "The document itself, instead of `template`."),
            FieldSchema(
                "format", .choice(["markdown", "typst"]), templates: false, fallback: "by the template's name",
                "The language of the document."),
            FieldSchema("title", .string, "The title."),
            FieldSchema("images", .map(.string), "Files that the document shows, by the names it uses."),
        ])
        let plot = FieldType.object([
            FieldSchema(
                "spec", .oneOf([.file, .verbatim]), required: true, templates: false,
                "A Vega-Lite specification: a JSON file, or written out here."),
            FieldSchema(
                "data", .map(.string), "Tables (CSV, TSV, JSON, JSON Lines) by the names the specification uses."),
        ])
        return .object([
            FieldSchema("document", document, "A document."),
            FieldSchema("plot", plot, "A plot."),
            FieldSchema(
                "to", .oneOrMany(.choice(RenderFormat.allCases.map(\.rawValue))), required: true, templates: false,
                "The formats: pdf and html of a document, svg, png and pdf of a plot."),
        ])
    }

    public func artifactNames(of node: NodeDefinition) -> [String] {
        guard case .literal(let value)? = node.body.bodyMember("to") else { return [] }
        return RenderFormat.all(in: value).map(\.rawValue)
    }

    public func run(_ context: NodeContext) async -> NodeOutcome {
        let (job, failure) = await onOwnThread { () -> (RenderJob?, NodeFailure?) in
            do throws(RenderFailure) {
                return (try RenderJob(context), nil)
            } catch {
                return (nil, error.failure)
            }
        }
        guard let job else { return .failed(failure ?? NodeFailure(.badData, "there is nothing to render")) }
        let program = ToolProgram(
            name: "render.py", source: PackageResources.render_py, arguments: [job.path], directory: context.directory,
            // No limit of the address space: the renderers reserve far more than they use.
            limits: ResourceLimits(cpuSeconds: 300, fileSize: 1 << 30, coreSize: 0))
        let problem = await program.run(tools, processes, source: job.sourceName)
        await onOwnThread { job.clean() }
        if let problem { return .failed(problem) }
        return .succeeded(NodeResult(artifacts: job.artifacts))
    }
}

/// A format that a node renders to.
enum RenderFormat: String, CaseIterable {
    case pdf, html, svg, png

    var mediaType: String {
        switch self {
        case .pdf: "application/pdf"
        case .html: "text/html"
        case .svg: "image/svg+xml"
        case .png: "image/png"
        }
    }

    /// The formats that a value names, each once.
    static func all(in value: JSONValue) -> [RenderFormat] {
        var found: [RenderFormat] = []
        for format in value.texts.compactMap(RenderFormat.init(rawValue:)) where !found.contains(format) {
            found.append(format)
        }
        return found
    }
}
