// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// Why a node cannot be rendered.
struct RenderFailure: Error {
    var failure: NodeFailure

    init(_ reason: FailureReason, _ message: String) { failure = NodeFailure(reason, message) }
}

/// The files that the render program reads: its job, and the document with its images in a folder of their own.
struct RenderJob: Sendable {
    /// The file with the job.
    let path: String
    /// The document or specification, for messages.
    private(set) var sourceName = "document"
    private(set) var artifacts: [ProducedArtifact] = []
    private let stage: String

    private static let sourceLimit = 16 << 20
    static let expressionLimits = ExpressionLimits(steps: 1_000_000, size: 8 << 20)

    /// Writes the files. Blocks.
    init(_ context: NodeContext) throws(RenderFailure) {
        path = FilePath.join(context.directory, ".render.json")
        stage = FilePath.join(context.directory, ".render")
        var job = JSONObject()
        let formats = RenderFormat.all(in: context.body["to"] ?? .null)
        guard !formats.isEmpty else { throw RenderFailure(.badData, "`to` names no format") }
        try Self.storing { () throws(FileError) in try File.createDirectory(stage) }
        let base: String
        switch (context.body["document"]?.objectValue, context.body["plot"]?.objectValue) {
        case (let document?, nil):
            base = "document"
            try stageDocument(document, context, &job)
        case (nil, let plot?):
            base = "plot"
            try stagePlot(plot, context, &job)
        default: throw RenderFailure(.badData, "exactly one of `document` and `plot` is wanted")
        }
        var outputs: [JSONValue] = []
        for format in formats {
            let file = FilePath.join(context.directory, "\(context.definition.id).\(format.rawValue)")
            outputs.append(["format": .string(format.rawValue), "path": .string(file)])
            artifacts.append(ProducedArtifact(name: format.rawValue, path: file, mediaType: format.mediaType))
        }
        job["kind"] = .string(base)
        job["outputs"] = .array(outputs)
        let bytes = JSONValue.object(job).jsonBytes()
        try Self.storing { () throws(FileError) in try File.write(bytes, to: path) }
    }

    /// Removes what only the program needed.
    func clean() {
        try? File.remove(path)
        try? File.removeTree(stage)
    }

    private mutating func stageDocument(
        _ document: JSONObject, _ context: NodeContext, _ job: inout JSONObject
    ) throws(RenderFailure) {
        var text = ""
        var resources: [JSONValue] = []
        var format = document["format"]?.stringValue
        switch (document["template"]?.stringValue, document["text"]?.stringValue) {
        case (let template?, nil):
            sourceName = FilePath.basename(template)
            let file = FilePath.join(context.workflowDirectory, template)
            text = try Self.filled(Self.read(file, sourceName), sourceName, context.with)
            resources = [.string(FilePath.dirname(file))]
            format = format ?? RenderKind.format(of: template)
        case (nil, let given?): text = given
        default: throw RenderFailure(.badData, "a document needs exactly one of `template` and `text`")
        }
        let language = format ?? "markdown"
        let name = sourceName == "document" ? "document.\(language == "typst" ? "typ" : "md")" : sourceName
        let source = FilePath.join(stage, name)
        for member in document["images"]?.objectValue?.members ?? [] {
            try stageImage(member.key, member.value, context)
        }
        let bytes = Array(text.utf8)
        try Self.storing { () throws(FileError) in try File.write(bytes, to: source) }
        job["source"] = .string(source)
        job["format"] = .string(language)
        job["title"] = .string(document["title"]?.stringValue ?? "")
        job["resources"] = .array(resources)
    }

    private func stageImage(_ name: String, _ value: JSONValue, _ context: NodeContext) throws(RenderFailure) {
        guard !name.isEmpty, !FilePath.isAbsolute(name), FilePath.isInside(name, root: stage), !name.utf8.contains(0)
        else { throw RenderFailure(.badData, "the image name `\(name)` leads out of the document's folder") }
        guard let path = value.stringValue ?? value["path"]?.stringValue else {
            throw RenderFailure(.badData, "the image `\(name)` needs the path of a file")
        }
        let target = FilePath.join(stage, FilePath.normalise(name))
        do throws(FileError) {
            try File.createDirectory(FilePath.dirname(target))
            try File.copy(FilePath.join(context.workflowDirectory, path), to: target)
        } catch {
            throw RenderFailure(.badData, "the image `\(name)` cannot be copied: \(error.reason): \(path)")
        }
    }

    private mutating func stagePlot(
        _ plot: JSONObject, _ context: NodeContext, _ job: inout JSONObject
    ) throws(RenderFailure) {
        switch plot["spec"] {
        case .string(let file)?:
            sourceName = FilePath.basename(file)
            let bytes = Array(try Self.read(FilePath.join(context.workflowDirectory, file), sourceName).utf8)
            do throws(JSONParseError) {
                job["spec"] = try JSONValue.parse(bytes)
            } catch {
                let position = SourceFile(name: sourceName, bytes: bytes).position(at: error.offset)
                throw RenderFailure(.badData, "\(sourceName):\(position.line):\(position.column): \(error.message)")
            }
        case .object(let spec)?: job["spec"] = .object(spec)
        default: throw RenderFailure(.badData, "`spec` is a file or a mapping")
        }
        var data = JSONObject()
        for member in plot["data"]?.objectValue?.members ?? [] {
            guard let path = member.value.stringValue ?? member.value["path"]?.stringValue else {
                throw RenderFailure(.badData, "the data `\(member.key)` needs the path of a file")
            }
            data[member.key] = .string(FilePath.join(context.workflowDirectory, path))
        }
        job["data"] = .object(data)
    }

    private static func read(_ path: String, _ name: String) throws(RenderFailure) -> String {
        do throws(FileError) {
            return try File.readText(path, limit: sourceLimit)
        } catch {
            throw RenderFailure(.badData, "\(name): \(error.reason)")
        }
    }

    /// Fills in the expressions of a template file.
    private static func filled(_ text: String, _ name: String, _ values: JSONObject) throws(RenderFailure) -> String {
        let source = SourceFile(name: name, text: text)
        func failure(_ message: String, _ range: Range<Int>) -> RenderFailure {
            let position = source.position(at: range.lowerBound)
            return RenderFailure(.expression, "\(name):\(position.line):\(position.column): \(message)")
        }
        let (template, faults) = Template.parse(text)
        if let fault = faults.first { throw failure(fault.message, fault.range) }
        do throws(ExpressionError) {
            let scope = JSONObject([JSONObject.Member(key: "with", value: .object(values))])
            let value = try template.render(in: scope, limits: expressionLimits)
            return value.stringValue ?? value.jsonText()
        } catch {
            throw failure(error.message, error.range)
        }
    }

    private static func storing(_ body: () throws(FileError) -> Void) throws(RenderFailure) {
        do throws(FileError) {
            try body()
        } catch {
            throw RenderFailure(.storage, error.description)
        }
    }
}
