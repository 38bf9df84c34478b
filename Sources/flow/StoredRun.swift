// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// A run as it stands in the store, and the means to read more of it.
struct StoredRun {
    var summary: RunSummary
    let reader: RunReader
    let store: any RunStore
    let layout: RunLayout

    var id: String { summary.id }

    /// Whether a living engine owns the store.
    var hasEngine: Bool { StoreOwnership.livingOwner(of: layout.folder) != nil }

    /// Whether the row says that an engine works on the run although there is none.
    var isOrphaned: Bool { Self.isOrphaned(summary, hasEngine: hasEngine) }

    /// Whether nothing more will happen unless somebody starts an engine.
    var isAtRest: Bool { summary.status.isTerminal || !hasEngine }

    static func isOrphaned(_ summary: RunSummary, hasEngine: Bool) -> Bool {
        (summary.status == .running || summary.status == .created) && !hasEngine
    }

    /// Reads the row again.
    mutating func refresh() async throws(EngineError) {
        if let summary = try await reader.summary(of: id) { self.summary = summary }
    }

    /// Events with a sequence above `after`.
    func events(after: Int64) async throws(EngineError) -> [RecordedEvent] {
        do throws(StoreError) {
            var events: [RecordedEvent] = []
            while true {
                let page = try await store.events(of: id, after: events.last?.sequence ?? after, limit: 10_000)
                events += page
                if page.count < 10_000 { return events }
            }
        } catch {
            throw EngineError(error)
        }
    }

    /// The plan of the run, from the files that it keeps; nil when this version cannot compile them.
    func plan(_ workplace: Workplace) async throws(EngineError) -> Plan? {
        try await reader.workflow(of: summary, loader: workplace.loader).compilation.plan
    }

    /// All that is to be said of the run. `plan` is its plan where that is known already.
    func report(
        _ workplace: Workplace, plan known: Plan? = nil, mostNodes: Int = .max
    ) async throws -> RunReport {
        var outputs = JSONObject()
        // A report without outputs is better than none.
        var plan = known
        if plan == nil, summary.status.isTerminal, await reader.mayHaveOutputs(summary) {
            plan = try? await self.plan(workplace)
        }
        if summary.status.isTerminal, let plan {
            outputs = try await reader.outputs(of: summary, plan: plan, layout: layout)
        }
        var report = try await RunReport.make(
            summary, reader: reader, layout: layout, outputs: outputs, isOrphaned: isOrphaned,
            mostNodes: mostNodes)
        report.inputs = try await reader.inputs(of: summary).0
        return report
    }
}

extension ExitCode {
    /// The code of a run that stands so.
    static func of(_ status: RunStatus) -> ExitCode {
        switch status {
        case .succeeded: .done
        case .failed: .runFailed
        case .cancelled: .runCancelled
        case .created, .queued, .running, .paused, .waiting, .quarantined: .waiting
        }
    }
}
