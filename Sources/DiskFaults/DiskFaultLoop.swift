// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine
import FlowTesting

/// Makes each operation of a kind fail, one after the other, and looks at what the engine makes of it.
package struct DiskFaultLoop: Sendable {
    /// What came out of a loop.
    package struct Tally: Sendable, Hashable {
        /// Runs in which the fault was made.
        package var cases = 0
        /// Of these, those where the engine stopped or refused and said so.
        package var stopped = 0
        /// Of these, those where the fault came after the run's end had been told.
        package var afterEnd = 0
        /// Of these, those where the run went on to its end though something had failed: nothing rested on it.
        package var wentOn = 0
        /// What was not as it must be, with the fault.
        package var violations: [String] = []

        /// Nothing yet.
        package init() {}
    }

    let site: FaultSite
    let reference: RunResults
    /// Whether all files are seen, not only those of SQLite.
    let seesAllFiles: Bool
    /// Moves the log to the database after so many pages, so that this is among what fails.
    static let pagesPerCheckpoint = 40

    /// A loop in a site.
    package init(site: FaultSite, seesAllFiles: Bool) async throws {
        self.site = site
        self.seesAllFiles = seesAllFiles
        try site.clear()
        reference = try await site.reference()
    }

    /// Lets the first, second, … operation of a kind fail until a run has no such operation left.
    package func run(_ kind: DiskFault.Kind, isForEver: Bool, upTo most: Int = 100_000) async throws -> Tally {
        var tally = Tally()
        for nth in 1...most {
            guard try await attempt(DiskFault(kind, nth: nth, isForEver: isForEver), &tally) else { break }
        }
        return tally
    }

    /// One run with one fault. False when the run was over before it came to that.
    package func attempt(_ fault: DiskFault, _ tally: inout Tally) async throws -> Bool {
        try site.clear()
        var random = SeededGenerator(seed: UInt64(fault.nth))
        guard let disk = FaultDisk(folder: site.folder) else {
            throw EngineError(.refused, "the VFS cannot be installed")
        }
        disk.fail(fault)
        let report = RunReport(disk: disk)
        // One slot makes the order of the operations nearly the same each time; the others are tried too.
        let slots = fault.nth.isMultiple(of: 2) ? 4 : 1
        let started = await withDeadline("the run") {
            await site.start(slots: slots, pagesPerCheckpoint: Self.pagesPerCheckpoint, report: report)
        }
        let failures = disk.failures
        disk.fail(nil)
        guard failures > 0 else { return false }
        tally.cases += 1
        var problems: [String] = []
        switch started {
        case .stopped: tally.stopped += 1
        case .ended(.succeeded, _) where report.failuresWhenEnded == 0: tally.afterEnd += 1
        case .ended(.succeeded, _):
            tally.wentOn += 1
            if fault.kind == .fileSync { problems.append("the run went on after a failed sync") }
        case .ended(let status, let reason): problems.append("the run \(status.rawValue): \(reason ?? "")")
        case .astray(let text): problems.append(text)
        }
        let operations = disk.trace.operations
        // What the system has given up may be anything that was written since the last sync.
        if fault.kind == .sync, Self.commitsAfterFailure(operations) {
            problems.append("more was committed after a failed sync")
        }
        let reported = report.events()
        // The disk as it would be if the power went now: what a failed sync gave up is not on it.
        var model = DiskModel(root: site.folder)
        for operation in operations { model.apply(operation) }
        let after = model.cut(.nothing, &random)
        let saved = try seesAllFiles ? nil : SavedFiles(store: site.store)
        problems += await check(reported, "")
        if fault.kind.isSync {
            try site.restore(after, saved)
            problems += await check(reported, "after a power cut: ")
        }
        tally.violations += problems.map { "\(fault): \($0)" }
        return true
    }

    /// Whether anything was written to the log of the database after a sync had failed.
    private static func commitsAfterFailure(_ operations: [DiskOperation]) -> Bool {
        var hasFailed = false
        for operation in operations {
            switch operation {
            case .syncFailed: hasFailed = true
            case .write(let path, _, _) where hasFailed && path.hasSuffix("-wal"): return true
            default: break
            }
        }
        return false
    }

    private func check(_ reported: [RecordedEvent], _ prefix: String) async -> [String] {
        let problems = await withDeadline("the resumed run") { () -> FaultSite.Outcome in
            let problems = await site.problems(after: reported, reference: reference)
            return problems.isEmpty ? .ended(.succeeded, reason: nil) : .astray(problems.joined(separator: "; "))
        }
        if case .astray(let text) = problems { return [prefix + text] }
        return []
    }
}
