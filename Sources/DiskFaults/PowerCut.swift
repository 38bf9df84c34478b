// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine
import FlowTesting

/// Cuts the power at some moment of a run, lets a part of what was not synced reach the disk, and takes the run up.
package struct PowerCut: Sendable {
    /// What came of many cuts.
    package struct Tally: Sendable, Hashable {
        package var cuts = 0
        /// Cuts of a run that had been cut before.
        package var secondCuts = 0
        /// Completions of nodes that had been reported before the cuts.
        package var completions = 0
        /// Operations on the disk in the runs, and those that were not synced at the cuts.
        package var operations = 0
        /// Cuts before the run was there.
        package var early = 0
        package var violations: [String] = []

        /// Nothing yet.
        package init() {}
    }

    let site: FaultSite
    let reference: RunResults
    /// Whether all files are seen, not only those of SQLite.
    let seesAllFiles: Bool
    /// A folder for the disks of failed cuts; nil: they are not kept.
    package var kept: String?

    /// Cuts in a site.
    package init(site: FaultSite, seesAllFiles: Bool) async throws {
        self.site = site
        self.seesAllFiles = seesAllFiles
        try site.clear()
        reference = try await site.reference()
    }

    /// A part of a run between two starts of the engine: what was done, told, and what of it came before the cut.
    private struct Part {
        var disk: DiskModel
        var reported: [RecordedEvent]
        var operations: Int
    }

    /// One cut, which follows from its seed.
    package func cut(seed: UInt64, _ tally: inout Tally) async throws {
        var random = SeededGenerator(seed: seed)
        try site.clear()
        tally.cuts += 1
        var part = try await record(on: DiskModel(root: site.folder), &random) { await site.start($0, $1, $2) }
        tally.operations += part.operations
        var reported = part.reported
        try write(part.disk)
        if random.chance(25) {
            tally.secondCuts += 1
            let disk = part.disk.settled(root: site.folder)
            part = try await record(on: disk, &random) { await site.goOn($0, $1, $2) }
            tally.operations += part.operations
            reported += part.reported
            try write(part.disk)
        }
        tally.completions += reported.count { $0.success != nil }
        if reported.isEmpty { tally.early += 1 }
        let last = part
        let all = reported
        let outcome = await withDeadline("the resumed run") { () -> FaultSite.Outcome in
            let problems = await site.problems(after: all, reference: reference)
            return problems.isEmpty ? .ended(.succeeded, reason: nil) : .astray(problems.joined(separator: "; "))
        }
        guard case .astray(let text) = outcome else { return }
        tally.violations.append("seed \(seed): \(text)")
        if let kept {
            let folder = FilePath.join(kept, "seed-\(seed)")
            try File.createDirectory(folder)
            try last.disk.write(to: folder)
        }
    }

    private func record(
        on disk: DiskModel, _ random: inout SeededGenerator,
        _ body: @escaping @Sendable (Int, Int?, RunReport) async -> FaultSite.Outcome
    ) async throws -> Part {
        let slots = 1 + random.below(4)
        let pages: Int? = random.chance(60) ? 10 + random.below(80) : nil
        guard let watched = FaultDisk(folder: site.folder) else {
            throw EngineError(.refused, "the VFS cannot be installed")
        }
        let report = RunReport(disk: watched)
        let outcome = await withDeadline("the run") { await body(slots, pages, report) }
        guard case .ended(.succeeded, _) = outcome else {
            throw EngineError(.refused, "a run without faults: \(outcome)")
        }
        let operations = watched.trace.operations
        // The last moment is among those that are chosen: all is done, and nothing of it need be synced.
        let moment = random.below(operations.count + 1)
        var disk = disk
        for operation in operations.prefix(moment) { disk.apply(operation) }
        let after = disk.cut(DiskModel.Survival(&random), &random)
        return Part(disk: after, reported: report.events(within: moment), operations: operations.count)
    }

    private func write(_ disk: DiskModel) throws {
        try site.restore(disk, seesAllFiles ? nil : SavedFiles(store: site.store))
    }
}

extension FaultSite {
    fileprivate func start(_ slots: Int, _ pages: Int?, _ report: RunReport) async -> Outcome {
        await start(slots: slots, pagesPerCheckpoint: pages, report: report)
    }

    fileprivate func goOn(_ slots: Int, _ pages: Int?, _ report: RunReport) async -> Outcome {
        await goOn(slots: slots, pagesPerCheckpoint: pages, report: report)
    }
}
