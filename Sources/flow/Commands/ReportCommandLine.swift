// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow report`: a run written down for people who were not there.
enum ReportCommandLine {
    static let spec = CommandSpec(
        name: "report", summary: "Write a run down: inputs, outputs, who wrote what, costs, files with digests",
        arguments: "RUN",
        options: [
            .option(
                "out", short: "o", "FILE", "The file to write, .html, .pdf or .md; by default Markdown on the output.")
        ],
        discussion: """
            Told are: workflow, branch and hypothesis, times, inputs; the outputs by their types (Markdown, plots, tables);
            which of them a model wrote; what failed, checks that did not pass, what people decided; models with tokens and
            cost; each node; each file with its SHA-256. A run that has ended gives the same bytes each time. The page needs
            nothing else: its pictures are in it. Those of FILE.md lie beside it.
            """,
        examples: [
            ("flow report @latest --out report.html", "a page to hand on"),
            ("flow report 3f2a --out report.pdf", "for the files"),
            ("flow report @latest", "Markdown, without pictures"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let target = invocation.value("out").flatMap { $0 == "-" ? nil : $0 }
        let format = target.map { FilePath.extension($0).lowercased() } ?? "md"
        guard (DocumentRenderer.formats + ["md"]).contains(format) else {
            throw CommandFailure(.usage, "a report can be written as .html, .pdf or .md, not as `\(target ?? "")`")
        }
        let run = try await workplace.openRun(invocation.argument(0))
        var options = RunDocument.Options()
        let stem = target.map { FilePath.basename($0) }.map { String($0.dropLast(format.count + 1)) }
        if target != nil { options.pictures = format == "md" ? "\(stem ?? "report")-" : "picture-" }
        options.prefersDots = format == "pdf"
        let document = try await RunDocument.make(
            run.summary, reader: run.reader, loader: workplace.loader, options: options)
        guard let target else {
            if invocation.flag("json") {
                var object = JSONObject()
                object["run"] = .string(run.id)
                object["title"] = .string(document.title)
                object["markdown"] = .string(document.text)
                try Output.json(object)
            } else {
                try Output.text(document.text)
            }
            return .done
        }
        let path = FilePath.join(try File.currentDirectory(), target)
        if format == "md" {
            try write(document, to: path)
        } else if let failure = await DocumentRenderer().render(
            document.markdown, title: document.title, images: document.pictures, to: path)
        {
            throw CommandFailure(failure.reason == .unavailable ? .unavailable : .cannotCreate, failure.message)
        }
        if invocation.flag("json") {
            var object = JSONObject()
            object["run"] = .string(run.id)
            object["file"] = .string(target)
            object["format"] = .string(format)
            try Output.json(object)
        } else {
            Talk().say("wrote \(target)")
        }
        return .done
    }

    private static func write(_ document: RunDocument, to path: String) throws(CommandFailure) {
        do throws(FileError) {
            try File.write(document.text, to: path)
            for picture in document.pictures {
                try File.write(picture.bytes, to: FilePath.join(FilePath.dirname(path), picture.name))
            }
        } catch {
            throw CommandFailure(.cannotCreate, error.description)
        }
    }
}
