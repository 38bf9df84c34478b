// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

/// A run written down for people who were not there: what it was, what it gave, who wrote it, what failed, what it cost,
/// and the digests of its files. A run that has ended gives the same text each time.
public struct RunDocument: Sendable {
    /// A picture that the text shows.
    public typealias Picture = (name: String, bytes: [UInt8])

    /// How outputs are shown.
    public struct Options: Sendable, Hashable {
        /// What the names of pictures begin with; nil for a text without pictures.
        public var pictures: String?
        /// Whether a picture of dots is taken where a node has left both: lines with letters need fonts.
        public var prefersDots: Bool

        /// A text without pictures, or with those that the caller puts beside it.
        public init(pictures: String? = nil, prefersDots: Bool = false) {
            self.pictures = pictures
            self.prefersDots = prefersDots
        }
    }

    typealias Span = ComparisonBlock.Span

    /// The heading of the whole.
    public private(set) var title = ""
    /// The text below the title, as Markdown.
    public private(set) var markdown = ""
    /// The pictures of the text.
    public private(set) var pictures: [Picture] = []
    private let facts: RunFacts
    private let options: Options

    /// Reads a run and writes it down.
    ///
    /// - Throws: what the store says when it cannot be read.
    public static func make(
        _ summary: RunSummary, reader: RunReader, loader: WorkflowLoader, options: Options = Options()
    ) async throws(EngineError) -> RunDocument {
        let facts = try await RunFacts.read(summary, reader: reader, loader: loader)
        var document = RunDocument(facts, options)
        document.addHead()
        document.addInputs()
        document.addFailures()
        try await document.addOutputs()
        document.addWriters()
        document.addChecks()
        document.addDecisions()
        document.addModels()
        document.addNodes()
        document.addFiles()
        while document.markdown.hasSuffix("\n\n") { document.markdown.removeLast() }
        return document
    }

    /// The whole text with its title.
    public var text: String { "# \(ComparisonMarkdown.escaped(title))\n\n" + markdown }

    private init(_ facts: RunFacts, _ options: Options) {
        self.facts = facts
        self.options = options
        title = "\(facts.plan?.definition.title ?? facts.summary.workflow): run \(facts.summary.id)"
    }

    // MARK: Parts

    private mutating func add(_ blocks: ComparisonBlock...) {
        markdown += ComparisonMarkdown.text(blocks, left: true)
        if !markdown.hasSuffix("\n\n") { markdown += "\n" }
    }

    private mutating func heading(_ text: String, _ level: Int = 2) { add(.heading(level, [Span(text)])) }

    private mutating func addHead() {
        let (run, branch) = (facts.summary, facts.branch)
        var rows: [[Span]] = []
        func row(_ name: String, _ value: String?, _ role: Span.Role = .plain) {
            if let value, !value.isEmpty { rows.append([Span(name, .strong), Span(value, role)]) }
        }
        let version = facts.plan?.definition.version.map { " \($0)" } ?? ""
        row("workflow", run.workflow + version)
        row("run", run.id, .code)
        row("status", run.status.rawValue + (run.reason.map { ": \($0)" } ?? ""))
        row("started", run.startedAt?.iso8601)
        row("ended", run.endedAt?.iso8601)
        if let start = run.startedAt, let end = run.endedAt { row("time", end.since(start).description) }
        row("interrupted", run.interruptions > 0 ? "\(run.interruptions) times; the run went on where it was" : nil)
        row("gates", facts.options.approval == .none ? "passed by themselves (--approval none)" : nil)
        row("calls", facts.options.tape.map { "answered by the tape of run \($0)" })
        if let branch {
            row("branch", branch.name)
            row("from run", "\(branch.parent) (\(branch.kind.rawValue))")
            row("hypothesis", branch.hypothesis)
            row("verdict", branch.hypothesis == nil ? nil : branch.verdict.rawValue)
            row("conclusion", branch.conclusion)
        }
        row("definition", run.source.hex, .code)
        add(.table(["", ""], rows))
        if let text = facts.plan?.definition.description { markdown += ComparisonMarkdown.escaped(text) + "\n\n" }
    }

    private mutating func addInputs() {
        guard !facts.inputs.isEmpty else { return }
        heading("Inputs")
        let rows = facts.inputs.map { [Span($0.key, .strong), Span(Self.short(Self.withoutFolders($0.value)))] }
        add(.table(["input", "value"], rows))
    }

    /// Files of the run by their names: where the store lies says nothing of the run.
    private static func withoutFolders(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let path) where StorePath(path) != nil: .string(FilePath.basename(path))
        case .array(let items): .array(items.map(withoutFolders))
        default: value
        }
    }

    private static func short(_ value: JSONValue) -> String {
        let text = value.stringValue ?? value.jsonText(.compact)
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 240 ? "\(line.prefix(240))… (\(text.utf8.count) bytes)" : line
    }

    // MARK: What failed, who wrote, who decided

    private var rows: [(name: String, row: NodeSummary, part: RunFacts.Part)] {
        facts.parts.flatMap { part in part.rows.map { (part.prefix + $0.node, $0, part) } }
    }

    private mutating func addFailures() {
        let failed = rows.filter { [.failed, .rejected, .interrupted].contains($0.row.status) }
        guard !failed.isEmpty else { return }
        heading("What failed")
        add(
            .table(
                ["node", "status", "attempts", "why"],
                failed.prefix(100).map { name, row, _ in
                    [
                        Span(name, .code), Span(row.status.rawValue, .bad), Span(String(row.attempt)),
                        Span(Self.short(.string(row.message ?? ""))),
                    ]
                }))
    }

    private mutating func addWriters() {
        guard let outputs = facts.plan?.definition.outputs, !outputs.isEmpty else { return }
        heading("Who wrote what")
        let facts = facts
        func names(_ nodes: [String]) -> String {
            nodes.map { node in
                let writer = facts.writers[node]
                let words = ([writer?.agent.map { "agent \($0)" }] + [writer?.models.joined(separator: ", ")])
                    .compactMap { $0 }.filter { !$0.isEmpty }
                return words.isEmpty ? node : "\(node) (\(words.joined(separator: ", ")))"
            }.joined(separator: "; ")
        }
        let table = outputs.map { output in
            let (direct, indirect) = facts.writers(of: output)
            var who: [String] = []
            if !direct.isEmpty { who.append("a model wrote it: \(names(direct))") }
            if !indirect.isEmpty {
                who.append("programs made it, with what a model wrote among what they read: \(names(indirect))")
            }
            return [
                Span(output.name, .strong), Span(output.type.rawValue),
                Span(who.isEmpty ? "programs and people; no model" : who.joined(separator: "; ")),
            ]
        }
        add(.table(["output", "type", "written by"], table))
    }

    private mutating func addChecks() {
        var failed: [[Span]] = []
        var passed: [String] = []
        for (name, row, _) in rows {
            guard let outputs = facts.records[name]?.outputs, row.status.isSuccess,
                let isGood = ["ok", "passed", "valid"].lazy.compactMap({ outputs[$0]?.boolValue }).first
            else { continue }
            if isGood {
                passed.append(name)
                continue
            }
            let complaint = ["complaints", "problems", "reason"].lazy.compactMap { outputs[$0] }.first ?? .null
            failed.append([Span(name, .code), Span(complaint.isNull ? "" : Self.short(complaint))])
        }
        guard !failed.isEmpty || !passed.isEmpty else { return }
        heading("Checks")
        if !failed.isEmpty { add(.table(["did not pass", "why"], failed)) }
        if !passed.isEmpty { add(.line([Span("passed: \(passed.joined(separator: ", "))")])) }
    }

    private mutating func addDecisions() {
        let table = rows.compactMap { name, row, _ -> [Span]? in
            guard row.kind == "approval", let outputs = facts.records[name]?.outputs else { return nil }
            return [
                Span(name, .code), Span(outputs["decision"]?.stringValue ?? row.status.rawValue),
                Span(outputs["by"]?.stringValue ?? ""), Span(Self.short(outputs["comment"] ?? .string(""))),
            ]
        }
        guard !table.isEmpty else { return }
        heading("What people decided")
        add(.table(["gate", "decision", "by", "comment"], table))
    }

    // MARK: Cost, nodes, files

    private mutating func addModels() {
        heading("Models and cost")
        var report = CostReport()
        var asked: [String: [String]] = [:]
        for part in facts.parts where !part.isTaken {
            for call in part.calls {
                let name =
                    call.start.kind == .model ? call.end?.answeredBy ?? call.start.name : "tool \(call.start.name)"
                report.add(call, as: name)
                if !asked[name, default: []].contains(call.start.name) {
                    asked[name, default: []].append(call.start.name)
                }
            }
        }
        guard report.total.calls > 0 else {
            add(.line([Span("no model and no tool was called")]))
            return
        }
        report.sort(by: .model)
        let rows = (report.rows + (report.rows.count > 1 ? [report.total] : [])).map { row -> [Span] in
            let cost = row.isPriced ? row.cost.description : row.cost == .zero ? "unknown" : "\(row.cost) + unknown"
            return [
                Span(row.name, .strong), Span((asked[row.name] ?? []).joined(separator: ", ")),
                Span(row.providers.joined(separator: ", ")), Span(String(row.calls)), Span(String(row.promptTokens)),
                Span(String(row.completionTokens)), Span(String(row.totalTokens)), Span(cost),
            ]
        }
        add(
            .table(
                [
                    "answered by", "asked for as", "provider", "calls", "prompt tokens", "completion tokens",
                    "total tokens", "cost",
                ], rows))
        var notes: [String] = []
        if report.total.tapedCalls > 0 { notes.append("\(report.total.tapedCalls) calls were answered by a tape") }
        if report.total.isEstimated { notes.append("some tokens are guessed, because nobody counted them") }
        if report.total.lostCalls > 0 { notes.append("\(report.total.lostCalls) calls have no end") }
        for note in notes { add(.line([Span(note)])) }
    }

    private mutating func addNodes() {
        heading("Nodes")
        let all = rows
        let table = all.prefix(500).map { name, row, _ -> [Span] in
            var time = ""
            if row.status != .reused, let start = row.startedAt, let end = row.endedAt {
                time = end.since(start).description
            }
            let role: Span.Role = row.status.isSuccess ? .plain : row.status == .failed ? .bad : .dim
            let note = [.skipped, .omitted, .reused].contains(row.status) ? Self.short(.string(row.message ?? "")) : ""
            return [
                Span(name, .code), Span(row.kind), Span(row.status.rawValue, role),
                Span(row.attempt > 0 ? String(row.attempt) : ""), Span(time), Span(note),
            ]
        }
        add(.table(["node", "kind", "status", "attempts", "time", ""], table))
        if all.count > 500 { add(.line([Span("and \(all.count - 500) more nodes: flow show \(facts.summary.id)")])) }
    }

    private mutating func addFiles() {
        guard !facts.files.isEmpty else { return }
        heading("Files")
        let table = facts.files.prefix(500).map { file in
            [
                Span("\(file.node)/\(file.artifact.file)"), Span(ByteCount(file.artifact.size).description),
                Span(file.artifact.digest.hex, .code),
            ]
        }
        add(.table(["file", "size", "SHA-256"], table))
        if facts.files.count > 500 { add(.line([Span("and \(facts.files.count - 500) more")])) }
    }
}

// MARK: Outputs

extension RunDocument {
    /// Bytes of a picture, and of a text that is shown.
    private static let (largestPicture, largestText): (Int64, Int64) = (8 << 20, 4 << 20)

    private mutating func addOutputs() async throws(EngineError) {
        guard let outputs = facts.plan?.definition.outputs, !outputs.isEmpty else { return }
        heading("Outputs")
        for output in outputs {
            heading(output.name, 3)
            let value = facts.outputs[output.name] ?? .null
            guard !value.isNull else {
                markdown += "*none: what it is made from did not come to its end*\n\n"
                continue
            }
            switch output.type {
            case .markdown: addMarkdown(value.stringValue ?? value.jsonText())
            case .plot: try await addPlot(output.name, value)
            case .table: try await addTable(value)
            case .file, .files: addFiles(value)
            case .text, .string: addText(value.stringValue ?? value.jsonText())
            case .json, .array, .object: addCode(value.jsonText(.pretty), "json")
            case .integer, .number, .boolean: markdown += ComparisonMarkdown.escaped(value.jsonText()) + "\n\n"
            }
        }
    }

    private mutating func addText(_ text: String) {
        if text.contains(where: \.isNewline) {
            addCode(text, "")
        } else {
            markdown += ComparisonMarkdown.escaped(text) + "\n\n"
        }
    }

    private mutating func addCode(_ text: String, _ language: String) {
        let lines = text.harmless.split(separator: "\n", omittingEmptySubsequences: false)
        let fence = String(repeating: "`", count: max(3, ComparisonMarkdown.longestRun(of: "`", in: text) + 1))
        markdown += "\(fence)\(language)\n\(lines.prefix(60).joined(separator: "\n"))\n"
        if lines.count > 60 { markdown += "… and \(lines.count - 60) more lines\n" }
        markdown += "\(fence)\n\n"
    }

    /// Markdown of the run below the headings of this document. Pictures in it are not at hand: their words stay.
    private mutating func addMarkdown(_ text: String) {
        var fence: Substring?
        for line in text.harmless.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " }
            if let mark = fence {
                if trimmed.hasPrefix(mark) { fence = nil }
            } else if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                fence = trimmed.prefix { $0 == "`" || $0 == "~" }
            } else if line.hasPrefix("#") {
                let level = line.prefix { $0 == "#" }.count
                if level <= 6, line.dropFirst(level).first == " " {
                    markdown += "\(String(repeating: "#", count: min(6, level + 3)))\(line.dropFirst(level))\n"
                    continue
                }
            }
            let shown = String(line)
            markdown += fence == nil ? shown.replacing("![", with: "[") : shown
            markdown += "\n"
        }
        if let fence { markdown += "\(fence)\n" }
        markdown += "\n"
    }

    private func keptFile(_ path: String) -> RunFacts.KeptFile? {
        facts.files.first { $0.path == path }
            ?? facts.files.first { StorePath($0.path) == StorePath(path) && StorePath(path) != nil }
    }

    private mutating func addFiles(_ value: JSONValue) {
        for path in value.arrayValue?.compactMap(\.stringValue) ?? [value.stringValue].compactMap({ $0 }) {
            guard let file = keptFile(path) else {
                add(.line([Span(FilePath.basename(path))]))
                continue
            }
            add(
                .line([
                    Span("\(file.node)/\(file.artifact.file)"),
                    Span(", \(ByteCount(file.artifact.size).description), SHA-256 "),
                    Span(file.artifact.digest.hex, .code),
                ]))
        }
    }

    private mutating func addPlot(_ name: String, _ value: JSONValue) async throws(EngineError) {
        guard let path = value.stringValue, var file = keptFile(path) else { return addFiles(value) }
        let dots = facts.files.first { $0.node == file.node && $0.artifact.mediaType == "image/png" }
        if options.prefersDots, let dots, FilePath.extension(file.artifact.file) != "png" { file = dots }
        let ending = FilePath.extension(file.artifact.file).lowercased()
        guard let prefix = options.pictures, ["svg", "png", "jpg", "jpeg", "gif", "webp"].contains(ending),
            let bytes = try await facts.content(file, limit: Self.largestPicture)
        else { return addFiles(value) }
        let picture = "\(prefix)\(pictures.count + 1).\(ending)"
        pictures.append((picture, bytes))
        let target = picture.replacing(" ", with: "%20")
        markdown += "![\(ComparisonMarkdown.escaped(name))](\(target)){width=100%}\n\n"
    }

    /// The first rows of a table file.
    private mutating func addTable(_ value: JSONValue) async throws(EngineError) {
        guard let path = value.stringValue, let file = keptFile(path) else { return addFiles(value) }
        addFiles(value)
        let place = file.path
        let name = FilePath.basename(place)
        let format = TableFormat(extension: FilePath.extension(place))
        guard file.artifact.size <= Self.largestText, let format, format != .xlsx,
            let table = await onOwnThread({ Self.rows(of: place, name: name, format: format) })
        else { return }
        // Long names would run into each other; at a space they are broken.
        add(.table(table.header.map { $0.replacing("_", with: " ") }, table.rows.map { $0.map { Span($0) } }))
        if table.isCut { add(.line([Span("the first \(table.rows.count) rows")])) }
    }

    private static func rows(
        of path: String, name: String, format: TableFormat
    ) -> (header: [String], rows: [[String]], isCut: Bool)? {
        do throws(TableError) {
            var reader = try TableOptions(file: path).reader(path, name: name, format: format, limits: .standard)
            let width = min(12, reader.columns.count)
            guard width > 0 else { return nil }
            var rows: [[String]] = []
            var row = TableRow()
            while try reader.next(&row) {
                guard rows.count < 40 else { return (Array(reader.columns.prefix(width)), rows, true) }
                rows.append((0..<width).map { $0 < row.count ? String(row.text($0).prefix(80)) : "" })
            }
            return (Array(reader.columns.prefix(width)), rows, false)
        } catch {
            return nil
        }
    }
}
