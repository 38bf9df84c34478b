// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// Parts of the language that lead the way of a run: each way is taken in some simulated run.
struct SimulationFeatureTests {
    private static let text = """
        flow: 1
        name: all
        inputs:
          route: {type: string, enum: [left, right, other], default: left}
        pools: {licence: 2}
        agents:
          writer:
            instructions: Write.
            output: {type: object, properties: {label: {type: string, enum: [a, b]}}, required: [label]}
        nodes:
          pick:
            switch: ${{ inputs.route }}
            cases: {left: left, right: [right]}
            default: rest
          left: {run: echo}
          right: {run: echo}
          rest: {run: echo}
          grid:
            run: echo
            matrix: {os: [linux, mac], arch: [arm, x86]}
            pool: licence
            outputs: {size: integer}
          improve:
            run: echo
            repeat: {until: "${{ outputs.good }}", max: 3, delay: 5s}
            outputs: {good: boolean}
          main: {run: echo, fallback: spare, outputs: {text: text}, retry: 2}
          spare: {run: echo, outputs: {text: text}}
          use: {set: {text: "${{ nodes.main.outputs.text }}"}, needs: [main]}
          vote: {agent: writer, prompt: Label it, samples: {count: 5, min_agreement: 0.6}}
          one: {run: echo, mutex: door}
          two: {run: echo, mutex: door}
        handlers:
          success: {run: echo}
          failure: {run: echo}
        """

    private static func simulation(_ failures: [InjectedFailure] = []) throws -> Simulation {
        let compilation = Fixtures.compile(text)
        let plan = try #require(
            compilation.plan, "\(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources))")
        var options = Simulation.Options()
        options.failures = failures
        return Simulation(plan, kinds: Fixtures.kinds, agents: [], options: options)
    }

    @Test func allWaysAreTaken() async throws {
        let simulation = try Self.simulation()
        let report = await simulation.run()
        #expect(report.violations.map(\.text) == [])
        #expect(report.gaps == [])
        let grid = try #require(report.nodes.first { $0.id == "grid" })
        #expect(grid.items?.least == 4 && grid.items?.most == 4)
        let improve = try #require(report.nodes.first { $0.id == "improve" })
        #expect(improve.attempts?.most == 3)
        #expect(improve.statuses[.failed] ?? 0 > 0)
        #expect(await simulation.trace(0).status == .succeeded)
    }

    /// The node that stands in runs, and what needs the failed one goes on with its outputs.
    @Test func fallbackStandsIn() async throws {
        let trace = await (try Self.simulation([InjectedFailure(node: "main")])).trace(0)
        let facts = trace.events.compactMap { recorded -> String? in
            switch recorded.event {
            case .nodeFailed("main", let attempt, _, let retryAt): "\(attempt) \(retryAt == nil ? "final" : "again")"
            case .nodeSucceeded("spare", _, _): "spare"
            case .nodeSucceeded("use", _, _): "use"
            default: nil
            }
        }
        #expect(facts == ["1 again", "2 final", "spare", "use"])
        #expect(trace.status == .succeeded)
        #expect(trace.violations.isEmpty)
    }
}
