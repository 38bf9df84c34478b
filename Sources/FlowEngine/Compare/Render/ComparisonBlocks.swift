// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Puts a comparison into blocks.
struct ComparisonBlocks {
    typealias Span = ComparisonBlock.Span

    private(set) var blocks: [ComparisonBlock] = []
    private let comparison: RunComparison
    /// Beyond these a reader is told how many more there are; with `--all` there is no limit.
    private let mostChanges: Int
    private let mostLines: Int
    private let mostNodes: Int

    init(_ comparison: RunComparison) {
        self.comparison = comparison
        mostChanges = comparison.showsAll ? .max : 40
        mostLines = comparison.showsAll ? .max : 80
        mostNodes = comparison.showsAll ? .max : 200
        addRuns()
        for pair in comparison.pairs { add(pair) }
    }

    // MARK: Runs

    private mutating func addRuns() {
        blocks.append(.heading(1, [Span("\(comparison.runs.count) runs compared")]))
        let hasReused = comparison.runs.contains { $0.reused > 0 }
        let rows = comparison.runs.map { run -> [Span] in
            let isGood = run.status == .succeeded
            var row = [
                Span(run.letter, .strong), Span(run.id, .code), Span(run.workflow),
                Span(run.status.rawValue, isGood ? .good : run.status.isTerminal ? .bad : .dim),
                Span(run.duration?.description ?? ""), Span(String(run.nodes)), Span(String(run.attempts)),
            ]
            if hasReused { row.append(Span(String(run.reused))) }
            return row
        }
        blocks.append(
            .table(
                ["", "run", "workflow", "status", "time", "nodes", "attempts"] + (hasReused ? ["reused"] : []), rows))
        for run in comparison.runs {
            if let reason = run.reason { blocks.append(.line([Span("\(run.letter): \(reason)")])) }
        }
        addHypotheses()
        addFigures()
    }

    private mutating func addHypotheses() {
        let rows = comparison.runs.compactMap { run -> [Span]? in
            guard let branch = run.branch, branch.name != nil || branch.hypothesis != nil else { return nil }
            let role: Span.Role = branch.verdict == .supported ? .good : branch.verdict == .refuted ? .bad : .dim
            return [
                Span(run.letter, .strong), Span(branch.name ?? ""), Span(branch.hypothesis ?? ""),
                Span(branch.verdict.rawValue, role), Span(branch.conclusion ?? ""),
            ]
        }
        guard !rows.isEmpty else { return }
        blocks.append(.heading(2, [Span("hypotheses")]))
        blocks.append(.table(["", "branch", "hypothesis", "verdict", "conclusion"], rows))
    }

    /// Of two runs the outputs that differ are told anyway.
    private mutating func addFigures() {
        let figures = FigureTable(of: comparison)
        guard comparison.runs.count > 2, !figures.rows.isEmpty else { return }
        blocks.append(.heading(2, [Span("outputs")]))
        let rows = figures.rows.map { row in
            [Span(row.name)]
                + row.values.enumerated().map { place, value in
                    Span(value.map(shortText) ?? "", row.best.contains(place) ? .good : .plain)
                }
        }
        blocks.append(.table([""] + comparison.runs.map(\.letter), rows))
    }

    private func shortText(_ value: JSONValue) -> String {
        switch value {
        case .number(let value): number(value)
        case .string(let text): text
        default: value.jsonText(.compact)
        }
    }

    // MARK: One run against the base

    private mutating func add(_ pair: RunPair) {
        blocks.append(.heading(2, [Span("\(pair.other) against \(pair.base)")]))
        let differing = pair.nodes.filter(\.differs)
        if pair.isSame {
            blocks.append(.line([Span("no differences", .good), Span(" in \(count(pair.sameNodes, "node"))")]))
        } else {
            let verb = differing.count == 1 ? "differs" : "differ"
            blocks.append(.line([Span("\(count(differing.count, "node")) \(verb), \(pair.sameNodes) the same")]))
        }
        let first = differing.filter(\.isFirst)
        if !first.isEmpty {
            var spans = [Span("first divergence: ")]
            for (place, node) in first.prefix(10).enumerated() {
                if place > 0 { spans.append(Span(", ")) }
                spans += [Span(node.node, .strong), Span(" (\(words(node.cause, pair)))")]
            }
            if first.count > 10 { spans.append(Span(" and \(first.count - 10) more")) }
            blocks.append(.line(spans))
        }
        add(changes: pair.inputs, "inputs", pair)
        add(changes: pair.options, "options", pair)
        addWorkflow(pair)
        addNodes(pair)
        add(changes: pair.outputs, "outputs", pair)
        addMetrics(pair)
        addSamples(pair)
        for node in pair.nodes.prefix(mostNodes) { addDetails(node, pair) }
        if pair.nodes.count > mostNodes {
            blocks.append(.line([Span("and \(pair.nodes.count - mostNodes) more nodes", .dim)]))
        }
    }

    private mutating func addWorkflow(_ pair: RunPair) {
        guard !pair.definition.isEmpty || !pair.sourceFiles.isEmpty else { return }
        blocks.append(.heading(3, [Span("workflow")]))
        for change in pair.definition { add(change, pair) }
        for file in pair.sourceFiles { blocks.append(.line([Span("file "), Span(file, .code), Span(" differs")])) }
    }

    private mutating func addNodes(_ pair: RunPair) {
        guard !pair.nodes.isEmpty else { return }
        blocks.append(.heading(3, [Span("nodes")]))
        let rows = pair.nodes.prefix(mostNodes).map { node in
            [
                Span(node.node, node.isFirst ? .strong : .plain), Span(words(node.cause, pair), role(node.cause)),
                Span(node.reasons.joined(separator: ", ")), Span(status(node)),
                Span(arrow(attempts(node.base), attempts(node.other))),
                Span(arrow(node.base.duration?.description ?? "", node.other.duration?.description ?? "")),
            ]
        }
        blocks.append(.table(["node", "cause", "because", "status", "attempts", "time"], rows))
    }

    private mutating func addMetrics(_ pair: RunPair) {
        guard !pair.metrics.isEmpty else { return }
        blocks.append(.heading(3, [Span("metrics")]))
        let rows = pair.metrics.map { metric in
            let role: Span.Role = metric.verdict == .better ? .good : metric.verdict == .worse ? .bad : .dim
            return [
                Span(metric.name), Span(metric.goal.rawValue), Span(number(metric.old)), Span(number(metric.new)),
                Span(signed(metric.delta)), Span(metric.percent.map { signed($0) + " %" } ?? ""),
                Span(metric.verdict.rawValue, role),
            ]
        }
        blocks.append(.table(["metric", "goal", pair.base, pair.other, "delta", "percent", ""], rows))
    }

    private mutating func addSamples(_ pair: RunPair) {
        guard !pair.samples.isEmpty else { return }
        blocks.append(.heading(3, [Span("samples")]))
        func side(_ statistics: SampleStatistics) -> Span {
            Span(
                "\(number(statistics.mean))\(statistics.deviation.map { " ± \(number($0))" } ?? "") (\(statistics.count))"
            )
        }
        let rows = pair.samples.map { sample in
            [
                Span(sample.name), side(sample.old), side(sample.new), Span(signed(sample.delta)),
                Span(sample.p.map { number($0) + (sample.isExact ? "" : " (drawn)") } ?? ""),
            ]
        }
        let header = ["output", "\(pair.base): mean ± sd (n)", "\(pair.other): mean ± sd (n)", "delta", "p"]
        blocks.append(.table(header, rows))
    }

    // MARK: One node

    private mutating func addDetails(_ node: NodePair, _ pair: RunPair) {
        let failures =
            node.base.message != node.other.message ? [(pair.base, node.base), (pair.other, node.other)] : []
        let told = failures.filter { [.failed, .rejected].contains($0.1.status) && $0.1.message != nil }
        guard
            !node.definition.isEmpty || !node.rendered.isEmpty || !node.outputs.isEmpty || !node.files.isEmpty
                || !told.isEmpty || node.base.usage != node.other.usage
        else { return }
        blocks.append(.heading(3, [Span(node.node), Span("  \(words(node.cause, pair))", role(node.cause))]))
        for (letter, side) in told {
            blocks.append(.line([Span("\(letter): "), Span(short(side.message ?? ""), .bad)]))
        }
        for change in node.definition { add(change, pair) }
        add(changes: node.rendered, "rendered", pair, level: 4)
        add(changes: node.outputs, "outputs", pair, level: 4)
        if node.base.usage != node.other.usage {
            let (old, new) = (node.base.usage ?? ModelCost(), node.other.usage ?? ModelCost())
            var text = "tokens \(old.promptTokens) + \(old.completionTokens) → \(new.promptTokens) + "
            text += "\(new.completionTokens)"
            if old.dollars != nil || new.dollars != nil {
                text += ", USD \(old.dollars.map(number) ?? "?") → \(new.dollars.map(number) ?? "?")"
            }
            blocks.append(.line([Span(text)]))
        }
        if !node.files.isEmpty { blocks.append(.heading(4, [Span("files")])) }
        for file in node.files { add(file, pair) }
    }

    private mutating func add(_ change: DefinitionChange, _ pair: RunPair) {
        let (old, new) = (change.old ?? "", change.new ?? "")
        if old.contains("\n") || new.contains("\n") {
            addDiff("definition of \(change.part)", old, new, pair)
        } else {
            var spans = [Span("definition of \(change.part): ")]
            spans += [change.old.map { Span(short($0), .old) } ?? Span("nothing", .dim), Span(" → ")]
            spans.append(change.new.map { Span(short($0), .new) } ?? Span("nothing", .dim))
            blocks.append(.line(spans))
        }
    }

    private mutating func addDiff(_ name: String, _ old: String, _ new: String, _ pair: RunPair) {
        func lines(_ text: String) -> [UInt8] { Array(text.utf8) + (text.utf8.last == 0x0A ? [] : [0x0A]) }
        let text = LineDiff(lines(old), lines(new)).unified(from: pair.base, to: pair.other)
        // Texts may differ in their last line break alone.
        blocks.append(.diff(name, cut(text.isEmpty ? "only in the last line break\n" : text)))
    }

    private func cut(_ text: String) -> String {
        guard mostLines < .max else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > mostLines + 1 else { return text }
        return lines.prefix(mostLines).joined(separator: "\n") + "\n… and \(lines.count - 1 - mostLines) more lines\n"
    }

    private mutating func add(changes: [ValueChange], _ title: String, _ pair: RunPair, level: Int = 3) {
        guard !changes.isEmpty else { return }
        blocks.append(.heading(level, [Span(title)]))
        for change in changes.prefix(mostChanges) {
            if let old = change.old?.stringValue, let new = change.new?.stringValue, old != new,
                old.contains("\n") || new.contains("\n")
            {
                addDiff(change.path, old, new, pair)
                continue
            }
            var spans = [Span("\(change.path): ")]
            switch change.kind {
            case .same: spans.append(Span(short(change.old), .dim))
            case .changed: spans += [Span(short(change.old), .old), Span(" → "), Span(short(change.new), .new)]
            case .added: spans += [Span("only in \(pair.other): "), Span(short(change.new), .new)]
            case .removed: spans += [Span("only in \(pair.base): "), Span(short(change.old), .old)]
            }
            blocks.append(.line(spans))
        }
        if changes.count > mostChanges {
            blocks.append(.line([Span("and \(changes.count - mostChanges) more", .dim)]))
        }
    }

    private mutating func add(_ file: FileChange, _ pair: RunPair) {
        func side(_ side: FileChange.Side?, _ role: Span.Role) -> Span {
            guard let side else { return Span("no file", .dim) }
            return Span("\(ByteCount(side.size).description), \(side.digest.hex.prefix(12))", role)
        }
        let sides = [side(file.old, .old), Span(" → "), side(file.new, .new)]
        blocks.append(.line([Span("\(file.name): ")] + sides))
        if let text = file.text, !text.isEmpty { blocks.append(.diff(file.name, cut(text))) }
        func picture(_ side: FileChange.Side?) -> ComparisonBlock.Picture? {
            guard let side, let type = side.imageType, let bytes = side.image else { return nil }
            return ComparisonBlock.Picture(type: type, bytes: bytes)
        }
        let (old, new) = (picture(file.old), picture(file.new))
        if old != nil || new != nil { blocks.append(.images(file.name, old: old, new: new)) }
    }

    // MARK: Words

    private func words(_ cause: NodePair.Cause, _ pair: RunPair) -> String {
        switch cause {
        case .onlyInBase: "only in \(pair.base)"
        case .onlyInOther: "only in \(pair.other)"
        default: cause.rawValue
        }
    }

    private func role(_ cause: NodePair.Cause) -> Span.Role {
        switch cause {
        case .same: .dim
        case .patched: .code
        case .upstream: .plain
        case .nondeterministic: .bad
        case .onlyInBase: .old
        case .onlyInOther: .new
        }
    }

    private func status(_ node: NodePair) -> String {
        func text(_ side: NodePair.Side, _ isThere: Bool) -> String {
            side.status?.rawValue ?? (isThere ? "not reached" : "")
        }
        return arrow(text(node.base, node.cause != .onlyInOther), text(node.other, node.cause != .onlyInBase))
    }

    private func attempts(_ side: NodePair.Side) -> String {
        side.isReused || side.attempts == 0 ? "" : String(side.attempts)
    }

    private func arrow(_ old: String, _ new: String) -> String {
        old == new ? old : "\(old.isEmpty ? "–" : old) → \(new.isEmpty ? "–" : new)"
    }

    private func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    private func short(_ value: JSONValue?) -> String { short((value ?? .null).jsonText(.compact)) }

    private func short(_ text: String) -> String {
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        guard line.utf8.count < text.utf8.count || line.count > 160 else { return text }
        return comparison.showsAll && !text.contains("\n") ? text : "\(line.prefix(160))… (\(text.utf8.count) bytes)"
    }

    /// At most six digits that count.
    private func number(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return JSONValue.number(value).jsonText(.compact) }
        var scale = 1.0
        var size = abs(value)
        while size < 100_000, scale < 1e12 {
            size *= 10
            scale *= 10
        }
        return JSONValue.number((value * scale).rounded() / scale).jsonText(.compact)
    }

    private func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + number(value) }
}
