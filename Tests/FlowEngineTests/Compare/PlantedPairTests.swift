// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct PlantedPairTests {
    static let all =
        PlantedPair.values + PlantedPair.definitions + PlantedPair.graphs + PlantedPair.worlds + PlantedPair.lists

    @Test("At least forty pairs of different names are planted")
    func enough() {
        #expect(Self.all.count >= 40)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    }

    @Test("A comparison finds all that was planted, and nothing else", arguments: all)
    func planted(_ planted: PlantedPair) async throws {
        let project = try TestProject()
        let runs = try await project.runs(of: planted)
        let comparison = try await project.compare(runs)
        let pair = try #require(comparison.pairs.first)
        #expect(PlantedPair.lines(of: pair) == planted.expected)
        #expect(pair.isSame == planted.expected.isEmpty)
        // The other way round the same nodes differ, and the same ones first.
        let back = try #require(try await project.compare(runs.reversed()).pairs.first)
        #expect(Set(back.nodes.map(\.node)) == Set(pair.nodes.map(\.node)))
        #expect(Set(back.firstDivergences) == Set(pair.firstDivergences))
        for node in pair.nodes {
            let mirrored: NodePair.Cause =
                switch node.cause {
                case .onlyInBase: .onlyInOther
                case .onlyInOther: .onlyInBase
                default: node.cause
                }
            #expect(back.nodes.first { $0.node == node.node }?.cause == mirrored, "\(node.node)")
        }
        await project.close()
    }

    @Test("A run does not differ from itself run again, and with all nodes each is there", arguments: [all[0], all[20]])
    func showsAll(_ planted: PlantedPair) async throws {
        let project = try TestProject()
        let runs = try await project.runs(
            of: PlantedPair(planted.name, planted.base, inputs: (planted.inputs.base, planted.inputs.base), finds: []))
        let pair = try #require(
            try await project.compare(runs, ComparisonOptions(showsAll: true)).pairs.first)
        #expect(pair.isSame)
        #expect(pair.nodes.allSatisfy { $0.cause == .same && !$0.differs })
        let rows = try await project.reader().nodes(of: runs[0].id)
        #expect(Set(pair.nodes.map(\.node)) == Set(rows.map(\.node)))
        #expect(pair.sameNodes == rows.count)
        await project.close()
    }
}

extension TestProject {
    func reader() async throws -> RunReader {
        RunReader(store: try await engine().store, layout: RunLayout(folder: store))
    }

    /// Runs both sides of a pair, one after the other.
    func runs(of planted: PlantedPair) async throws -> [RunSummary] {
        var runs: [RunSummary] = []
        let sides = [
            (planted.base, planted.inputs.base, planted.seed.0, planted.tool.0, planted.options.0),
            (planted.other ?? planted.base, planted.inputs.other, planted.seed.1, planted.tool.1, planted.options.1),
        ]
        for (text, inputs, seed, tool, options) in sides {
            try write("seed", seed)
            try write("lib/tool.sh", tool)
            let run = try await run(text, inputs: inputs, options: options)
            runs.append(try #require(try await reader().summary(of: run.id)))
        }
        return runs
    }

    func compare(
        _ runs: [RunSummary], _ options: ComparisonOptions = ComparisonOptions()
    ) async throws -> RunComparison {
        try await RunComparison.make(
            runs, reader: try await reader(), loader: try await engine().loader, options: options)
    }
}
