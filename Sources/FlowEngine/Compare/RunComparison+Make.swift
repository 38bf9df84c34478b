// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore

extension RunComparison {
    /// Compares runs with the first of them.
    ///
    /// Each run's rows are read once. Results are read only where their digests differ, and workflows are compiled once for
    /// runs of the same source; of large ones only the nodes that are needed.
    ///
    /// - Parameters:
    ///   - runs: two to six runs of one store, each once.
    ///   - loader: knows the kinds of nodes.
    /// - Throws: `.refused` for another number of runs, `.invalidWorkflow` for a workflow that this version cannot read.
    public static func make(
        _ runs: [RunSummary], reader: RunReader, loader: WorkflowLoader,
        options: ComparisonOptions = ComparisonOptions()
    ) async throws(EngineError) -> RunComparison {
        guard counts.contains(runs.count) else {
            throw EngineError(.refused, "from \(counts.lowerBound) to \(counts.upperBound) runs can be compared")
        }
        let read = try await rows(of: runs, reader)
        let letters = ["A", "B", "C", "D", "E", "F"]
        let folder = reader.layout.folder
        let paths = NeutralPaths(folder: folder, realFolder: try? File.realPath(folder))
        var pairs: [RunPair] = []
        for (run, letter) in zip(read, letters).dropFirst() {
            let comparer = PairComparer(
                base: read[0], other: run, reader: reader, loader: loader, options: options, paths: paths)
            pairs.append(try await comparer.compare((letters[0], letter)))
        }
        return RunComparison(
            runs: zip(read, letters).map { $0.described($1) }, pairs: pairs, showsAll: options.showsAll)
    }

    private static func rows(of runs: [RunSummary], _ reader: RunReader) async throws(EngineError) -> [ComparedRun] {
        var read: [ComparedRun] = []
        for run in runs { read.append(try await ComparedRun.read(run, reader)) }
        return read
    }
}
