// SPDX-License-Identifier: Apache-2.0

package import FileSystem
package import FlowCore
import FlowEngine

/// A folder with a store in which the one run is made, stopped by faults, and taken up again.
package struct FaultSite: Sendable {
    static let run = "faults"

    /// The folder of the store and the input.
    package let folder: String
    package var store: String { FilePath.join(folder, ".flow") }
    let workflow: LoadedWorkflow
    let inputs: JSONObject

    /// A site in a folder, which must be there and is given by its real path.
    package init(folder: String) throws(FileError) {
        self.folder = folder
        (workflow, inputs) = try FaultWorkflow.load(folder: folder)
    }

    /// How an engine fared.
    package enum Outcome: Sendable {
        /// The run has ended.
        case ended(RunStatus, reason: String?)
        /// The engine stopped or refused, and said why.
        case stopped(String)
        /// It did neither.
        case astray(String)
    }

    /// Opens an engine, lets it work, and closes it.
    func withEngine(
        slots: Int, ledger: ProbeLedger, _ body: @Sendable (Engine) async throws -> Outcome
    ) async -> Outcome {
        var configuration = EngineConfiguration(folder: store, slots: slots, environment: [:], name: "faults")
        configuration.kinds = [ProbeKind(ledger: ledger)]
        // Once there is room at the next look; what is full for ever ends the engine soon.
        configuration.diskPatience = .seconds(1)
        do {
            let engine = try await Engine.open(configuration)
            do {
                let outcome = try await body(engine)
                await engine.close()
                return outcome
            } catch {
                await engine.close()
                return .stopped("\(error)")
            }
        } catch {
            return .stopped("\(error)")
        }
    }

    /// Starts the run and waits for what becomes of it.
    package func start(slots: Int, pagesPerCheckpoint: Int?, report: RunReport) async -> Outcome {
        await withEngine(slots: slots, ledger: ProbeLedger()) { engine in
            if let pagesPerCheckpoint { try await engine.checkpoint(everyPages: pagesPerCheckpoint) }
            _ = try await engine.start(workflow, inputs: inputs, id: Self.run, observer: report)
            return Outcome(try await engine.outcome(of: Self.run))
        }
    }

    /// Takes the run up, or starts it when it is not there, and waits for what becomes of it.
    package func goOn(slots: Int, pagesPerCheckpoint: Int?, report: RunReport) async -> Outcome {
        await withEngine(slots: slots, ledger: ProbeLedger()) { engine in
            if let pagesPerCheckpoint { try await engine.checkpoint(everyPages: pagesPerCheckpoint) }
            do {
                try await engine.resume(Self.run, observer: report)
            } catch let error as EngineError where error.code == .noSuchRun {
                _ = try await engine.start(workflow, inputs: inputs, id: Self.run, observer: report)
            }
            return Outcome(try await engine.outcome(of: Self.run))
        }
    }

    /// Removes the store.
    package func clear() throws(FileError) { try File.removeTree(store) }
}

extension FaultSite.Outcome {
    init(_ outcome: RunOutcome) {
        switch outcome {
        case .ended(let status, let reason): self = .ended(status, reason: reason)
        case .storeFailed(let error): self = .stopped("\(error)")
        case .stopped, .paused, .waiting: self = .astray("\(outcome)")
        }
    }
}
