// SPDX-License-Identifier: Apache-2.0

import DiskFaults
import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

/// A run on a disk that fails or loses power. `FlowFaults` makes many more of these.
struct DiskFaultTests {
    private let temporary: TemporaryDirectory
    private let site: FaultSite

    init() throws {
        temporary = try TemporaryDirectory()
        site = try FaultSite(folder: temporary.path)
    }

    @Test("After a power cut all that was reported is there, and the run goes on to the same results")
    func powerCuts() async throws {
        let power = try await PowerCut(site: site, seesAllFiles: false)
        var tally = PowerCut.Tally()
        for seed in 1...12 { try await power.cut(seed: UInt64(seed), &tally) }
        #expect(tally.violations.isEmpty, "\(tally.violations.joined(separator: "\n"))")
        #expect(tally.completions > 8 && tally.secondCuts > 0, "\(tally)")
    }

    @Test("A sync that fails stops the engine, and nothing that was reported is lost, also when the power goes then")
    func failedSyncs() async throws {
        let loop = try await DiskFaultLoop(site: site, seesAllFiles: false)
        var tally = DiskFaultLoop.Tally()
        var nth = 2
        while try await loop.attempt(DiskFault(.sync, nth: nth, isForEver: nth.isMultiple(of: 2)), &tally) { nth += 5 }
        #expect(tally.violations.isEmpty, "\(tally.violations.joined(separator: "\n"))")
        // A sync behind the last commit may fail before the end is told, if the machine is busy: nothing rests on it. That
        // nothing is committed behind a sync that failed is among the violations.
        #expect(tally.cases > 3 && tally.stopped > 2 && tally.wentOn <= 1, "\(tally)")
    }

    @Test("Who asks for the outcome after the store has failed hears of the failure")
    func lateOutcome() async throws {
        let disk = try #require(FaultDisk(folder: temporary.path))
        let project = try TestProject(store: site.store)
        let run = try await project.start("nodes: {hold: {wait: 50ms}, after: {needs: [hold], set: {n: 1}}}")
        disk.fail(DiskFault(.sync, nth: 1, isForEver: true))
        let engine = try await project.engine()
        let executor = try await engine.watched(run.id)
        _ = await executor.final()
        guard case .storeFailed(let error) = try await run.outcome() else {
            Issue.record("the failure of the store is not told")
            return
        }
        #expect(error.code == .inputOutput)
        #expect(try await engine.end(of: run.id).status == .failed)
        await project.close()
    }

    @Test("A start that was cut short after the input files were kept can be made again under its id")
    func inputsKeptTwice() async throws {
        let project = try TestProject()
        let source = try project.write("source.txt", "text")
        let workflow = try await project.load("inputs: {source: {type: file}}\nnodes: {a: {set: {n: 1}}}")
        var inputs = JSONObject()
        inputs["source"] = .string(source)
        let engine = try await project.engine()
        // What the first start had kept when it was cut.
        let folder = engine.layout.input("source", of: "again")
        try File.createDirectory(folder)
        try File.write("te", to: FilePath.join(folder, "source.txt"))
        _ = try await engine.start(workflow, inputs: inputs, id: "again")
        #expect(try await engine.outcome(of: "again") == .ended(.succeeded, reason: nil))
        #expect(try File.readText(FilePath.join(folder, "source.txt"), limit: 100) == "text")
        await project.close()
    }
}
