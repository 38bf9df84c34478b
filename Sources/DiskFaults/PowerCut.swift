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
        /// Why the run did not come to its end, though no operation failed.
        var problem: String?
    }

    /// One cut, which follows from its seed.
    package func cut(seed: UInt64, _ tally: inout Tally) async throws {
        var random = SeededGenerator(seed: seed)
        try site.clear()
        tally.cuts += 1
        var part = try await record(on: DiskModel(root: site.folder), &random) { await site.start($0, $1, $2) }
        tally.operations += part.operations
        var reported = part.reported
        var problem = part.problem
        try write(part.disk)
        let first = part.disk
        if random.chance(25), problem == nil {
            tally.secondCuts += 1
            part = try await record(on: first.settled(root: site.folder), &random) { await site.goOn($0, $1, $2) }
            tally.operations += part.operations
            reported += part.reported
            problem = part.problem
            try write(part.disk)
        }
        tally.completions += reported.count { $0.success != nil }
        if reported.isEmpty { tally.early += 1 }
        let all = reported
        if problem == nil {
            let outcome = await withDeadline("the resumed run") { () -> FaultSite.Outcome in
                let problems = await site.problems(after: all, reference: reference)
                return problems.isEmpty ? .ended(.succeeded, reason: nil) : .astray(problems.joined(separator: "; "))
            }
            if case .astray(let text) = outcome { problem = text }
        }
        guard let problem else { return }
        tally.violations.append("seed \(seed): \(problem)")
        guard let kept else { return }
        for (name, disk) in [("first", first), ("last", part.disk)] {
            let folder = FilePath.join(kept, "seed-\(seed)/\(name)")
            try File.createDirectory(folder)
            try disk.write(to: folder)
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
        var problem: String?
        switch outcome {
        case .ended(.succeeded, _): break
        case .ended(let status, let reason): problem = "it \(status.rawValue): \(reason ?? "")"
        case .stopped(let text), .astray(let text): problem = "it does not go on: \(text)"
        }
        let operations = watched.trace.operations
        // The last moment is among those that are chosen: all is done, and nothing of it need be synced.
        let moment = random.below(operations.count + 1)
        var disk = disk
        for operation in operations.prefix(moment) { disk.apply(operation) }
        let after = disk.cut(DiskModel.Survival(&random), &random)
        return Part(
            disk: after, reported: report.events(within: moment), operations: operations.count, problem: problem)
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
