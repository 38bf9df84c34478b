// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow compare`: what differs between runs, and since where.
enum CompareCommandLine {
    static let spec = CommandSpec(
        name: "compare", summary: "Compare two to six runs: what differs, why, and since where",
        arguments: "RUN RUN [RUN...]",
        options: [
            .flag("md", "Write Markdown."),
            .flag("html", "Write one HTML page that needs nothing else."),
            .flag("all", "Also what is the same."),
            .option("output", short: "o", "FILE", "The file to write; by default the standard output."),
        ],
        discussion: """
            The first run is the base, and each other one is compared with it. Told are: the definition, inputs and options,
            and of each node that differs its status, outputs, files, attempts and time. The cause of a difference is
            `patched` (the node's own definition or an input it reads differs), `upstream` (a node before it differs) or
            `nondeterministic` (neither). The exit code is 0 whether there are differences or not.
            """,
        examples: [
            ("flow compare 3f2a 9c1d", "two runs, by the beginnings of their ids"),
            ("flow compare 3f2a @latest --html -o compare.html", "a page to hand on"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        let formats = ["md", "html", "json"].filter { invocation.flag($0) }
        guard formats.count < 2 else {
            throw CommandFailure(.usage, "only one of --json, --md and --html can be written at a time")
        }
        let target = invocation.value("output")
        let named = target.map { FilePath.extension($0) }.flatMap { ["md", "html", "json"].contains($0) ? $0 : nil }
        let format = formats.first ?? named ?? "text"
        let (reader, runs) = try await open(invocation.positionals, workplace)
        let comparison = try await RunComparison.make(
            runs, reader: reader, loader: workplace.loader,
            options: ComparisonOptions(showsAll: invocation.flag("all"), readsImages: format == "html"))
        let text =
            switch format {
            case "md": ComparisonMarkdown().text(comparison)
            case "html": ComparisonPage().text(comparison)
            case "json": Output.line(comparison.json)
            default: ComparisonText(style: style(target)).text(comparison)
            }
        guard let target, target != "-" else {
            try Output.text(text)
            return .done
        }
        do throws(FileError) { try File.write(text, to: target) } catch {
            throw CommandFailure(.cannotCreate, error.description)
        }
        Talk().say("wrote \(target)")
        return .done
    }

    /// The runs that are to be compared, in the order in which they were named.
    static func open(
        _ names: [String], _ workplace: Workplace
    ) async throws -> (reader: RunReader, runs: [RunSummary]) {
        guard RunComparison.counts.contains(names.count) else {
            throw CommandFailure(.usage, "two to six runs can be compared, not \(names.count)")
        }
        let reader = try workplace.openStore().reader
        var runs: [RunSummary] = []
        for name in names {
            let run = try await reader.find(name)
            guard !runs.contains(where: { $0.id == run.id }) else {
                throw CommandFailure(.usage, "run \(run.id) is named twice")
            }
            runs.append(run)
        }
        return (reader, runs)
    }

    private static func style(_ target: String?) -> @Sendable (ComparisonText.Style, String) -> String {
        let talk = Talk(.output)
        guard target == nil || target == "-", talk.isColoured else { return { $1 } }
        return { style, text in
            switch style {
            case .good, .new: talk.style(.good, text)
            case .bad, .old: talk.style(.error, text)
            case .dim: talk.style(.dim, text)
            case .strong: talk.style(.strong, text)
            }
        }
    }
}
