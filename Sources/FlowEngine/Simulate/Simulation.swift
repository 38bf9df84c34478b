// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// Runs a workflow many times without network, models and programs, on a clock that is only a number, and tells what
/// came of it. The same seed gives the same runs.
public struct Simulation: Sendable {
    /// What is simulated.
    public struct Options: Sendable {
        /// Inputs that are the same in all runs; the others are made up.
        public var inputs = JSONObject()
        /// Failures of all runs. Without any, runs have failures by chance, each that a node may have in turn.
        public var failures: [InjectedFailure] = []
        /// How many runs; the first goes well.
        public var runs = 200
        public var seed: UInt64 = 1
        /// The most nodes at the same time; nil is what the workflow says, else 8.
        public var slots: Int?

        /// The standard options, to be changed one by one.
        public init() {}
    }

    let site: SimulationSite
    private let sweep: [InjectedFailure]

    /// A simulation of a workflow.
    ///
    /// - Parameters:
    ///   - kinds: those that the plan was compiled with. The ones that need no slot are run as they are.
    ///   - agents: for the shapes of their answers.
    public init(_ plan: Plan, kinds: [any NodeKind], agents: [AgentDefinition], options: Options) {
        site = SimulationSite(plan, kinds: kinds, agents: agents, options: options)
        sweep = Scenario.sweep(site)
    }

    /// What is wrong with an option; nil for nothing.
    public var problem: String? {
        for failure in site.options.failures {
            let id = String(failure.node.prefix { $0 != "[" })
            if site.plan.index(of: id) == nil {
                let near = Spelling.nearest(to: id, among: site.plan.nodes.map(\.id))
                return "there is no node `\(id)`" + (near.map { "; did you mean `\($0)`?" } ?? "")
            }
        }
        return nil
    }

    /// Simulates all runs.
    public func run() async -> SimulationReport {
        var report = SimulationReport(site)
        for number in 0..<max(1, site.options.runs) {
            var run = SimulatedRun(Scenario(number, site: site, sweep: sweep), site: site)
            await run.live()
            report.take(run)
        }
        report.close(site)
        return report
    }

    /// Simulates one run of the many.
    public func trace(_ number: Int) async -> SimulationTrace {
        let scenario = Scenario(number, site: site, sweep: sweep)
        var run = SimulatedRun(scenario, site: site)
        await run.live()
        return SimulationTrace(
            number: number, inputs: run.inputs,
            failures: scenario.failures.sorted { $0.key < $1.key }.map {
                InjectedFailure(
                    node: $0.key, reason: $0.value.reason, times: $0.value.times == .max ? nil : $0.value.times)
            },
            start: SimulatedRun.origin, events: run.log, status: run.machine.ended?.status, violations: run.violations)
    }
}

/// One simulated run, fact by fact.
public struct SimulationTrace: Sendable {
    public var number: Int
    public var inputs: JSONObject
    /// The failures that the run was given.
    public var failures: [InjectedFailure]
    /// The moment when the run was started.
    public var start: Timestamp
    public var events: [RecordedEvent]
    /// How the run ended; nil when it did not.
    public var status: RunStatus?
    public var violations: [String]
}
