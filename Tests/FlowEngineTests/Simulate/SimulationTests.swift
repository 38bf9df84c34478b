// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// Simulated runs take the paths that a workflow has, end, and are the same for the same seed.
struct SimulationTests {
    private static func simulation(
        _ text: String, agents: [AgentDefinition] = Fixtures.agents, kinds: [any NodeKind] = Fixtures.kinds,
        _ change: (inout Simulation.Options) -> Void = { _ in }
    ) throws -> Simulation {
        let compilation = Compiler(kinds: kinds, agents: agents)
            .compile(WorkflowSource(name: "test.yaml", bytes: Array(text.utf8), directory: ""))
        let plan = try #require(
            compilation.plan, "\(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources))")
        var options = Simulation.Options()
        change(&options)
        return Simulation(plan, kinds: kinds, agents: agents, options: options)
    }

    /// The facts of a run as words: `a 1`, `a exit_code`, `a succeeded`.
    private static func facts(_ trace: SimulationTrace) -> [String] {
        trace.events.compactMap { recorded in
            switch recorded.event {
            case .nodeStarted(let node, let attempt): "\(node) \(attempt)"
            case .nodeFailed(let node, _, let failure, let retryAt):
                "\(node) \(failure.reason.rawValue)\(retryAt == nil ? "" : " again")"
            case .nodeSucceeded(let node, _, _): "\(node) succeeded"
            case .nodeSkipped(let node, _): "\(node) skipped"
            case .nodeOmitted(let node, _): "\(node) omitted"
            case .runEnded(let status, _): "run \(status.rawValue)"
            default: nil
            }
        }
    }

    @Test(arguments: ShippedWorkflowTests.workflows) func shippedWorkflowsEnd(path: String) async throws {
        let loader = WorkflowLoader(kinds: Fixtures.kinds)
        let workflow = try loader.load(
            FilePath.join(ShippedWorkflowTests.root, path), name: path,
            agentFolders: [FilePath.join(ShippedWorkflowTests.root, "agents")])
        let plan = try #require(workflow.compilation.plan)
        var options = Simulation.Options()
        options.runs = 60
        let simulation = Simulation(plan, kinds: Fixtures.kinds, agents: workflow.agents, options: options)
        let report = await simulation.run()
        #expect(report.violations.map { "run \($0.run): \($0.text)" } == [])
        #expect(report.ends.reduce(0) { $0 + $1.count } == 60)
        let first = await simulation.trace(0)
        #expect(first.status == .succeeded, "\(Self.facts(first))")
    }

    @Test func sameSeedSameRuns() async throws {
        let text = """
            flow: 1
            name: x
            inputs: {word: {type: string, enum: [a, b, c], required: true}}
            nodes:
              one: {run: echo, when: '${{ inputs.word != "a" }}', outputs: {n: integer}}
              two: {run: echo, needs: [one], retry: 3}
            """
        let first = await (try Self.simulation(text)).run()
        let again = await (try Self.simulation(text)).run()
        let other = await (try Self.simulation(text) { $0.seed = 2 }).run()
        #expect(first.json == again.json)
        #expect(first.json != other.json)
    }

    @Test func failuresAreTriedAgain() async throws {
        let text = """
            flow: 1
            name: x
            nodes:
              flaky: {run: exit 1, retry: {max_attempts: 3, delay: 10s, factor: 2}}
              next: {run: echo, needs: [flaky]}
            """
        let failure = InjectedFailure(node: "flaky", reason: .exitCode, times: 2)
        let trace = await (try Self.simulation(text) { $0.failures = [failure] }).trace(0)
        #expect(
            Self.facts(trace) == [
                "flaky 1", "flaky exit_code again", "flaky 2", "flaky exit_code again", "flaky 3", "flaky succeeded",
                "next 1", "next succeeded", "run succeeded",
            ])
        // The waits are those of the policy, on the clock of the run.
        let times = trace.events.filter { if case .nodeStarted("flaky", _) = $0.event { true } else { false } }
        let ends = trace.events.filter { if case .nodeFailed = $0.event { true } else { false } }
        #expect(zip(times.dropFirst(), ends).map { $0.at.since($1.at).count } == [10_000, 20_000])
    }

    @Test func finalFailureTakesTheOtherWay() async throws {
        let text = """
            flow: 1
            name: x
            nodes:
              first: {run: exit 1, retry: 2, on_failure: skip_downstream}
              second: {run: echo, needs: {first: failed}}
              third: {run: echo, needs: [first]}
            finally:
              tidy: {run: echo}
            """
        let trace = await (try Self.simulation(text) { $0.failures = [InjectedFailure(node: "first")] }).trace(0)
        #expect(
            Self.facts(trace) == [
                "first 1", "first exit_code again", "first 2", "first exit_code", "third omitted", "second 1",
                "second succeeded", "tidy 1", "tidy succeeded", "run succeeded",
            ])
        // A failure that the policy does not cover is final at once.
        let hard = InjectedFailure(node: "first", reason: .spawn)
        let other = await (try Self.simulation(text) { $0.failures = [hard] }).trace(0)
        #expect(Self.facts(other).prefix(2) == ["first 1", "first spawn"])
    }

    @Test func everyWayIsTaken() async throws {
        let text = """
            flow: 1
            name: x
            inputs:
              mode: {type: string, enum: [fast, slow, odd], default: fast}
              deep: {type: boolean, default: false}
              limit: {type: integer, default: 5, min: 0, max: 1000000}
            nodes:
              count: {run: echo, outputs: {n: integer, text: text}}
              odd: {run: echo, when: '${{ inputs.mode == "odd" && inputs.deep }}'}
              exact: {run: echo, needs: [count], when: '${{ nodes.count.outputs.n == 4711 }}'}
              above: {run: echo, when: '${{ inputs.limit > 4000 && inputs.limit < 4002 }}'}
              word: {run: echo, needs: [count], when: '${{ nodes.count.outputs.text == "yes" }}'}
              asked: {agent: summariser, prompt: hello, output: {type: object, properties: {grade: {type: string, enum: [good, bad]}}, required: [grade]}}
              bad: {run: echo, needs: [asked], when: '${{ nodes.asked.outputs.json.grade == "bad" }}'}
              never: {run: echo, when: '${{ length(inputs.mode) > 100 }}'}
            """
        let report = await (try Self.simulation(text)).run()
        #expect(report.violations.isEmpty)
        #expect(report.gaps == ["`never` never ran: skipped 200"])
        for node in report.nodes where node.id != "never" && node.id != "count" && node.id != "asked" {
            #expect(node.statuses[.skipped] ?? 0 > 0, "\(node.id)")
            #expect(node.statuses[.succeeded] ?? 0 > 0, "\(node.id)")
        }
        #expect((report.tokens?.most ?? 0) > 50)
    }

    @Test func itemsRunSideBySide() async throws {
        let text = """
            flow: 1
            name: x
            nodes:
              list: {run: echo, outputs: {rows: array}}
              each:
                run: echo
                needs: [list]
                foreach: {items: '${{ nodes.list.outputs.rows }}', as: row, key: '${{ row.id }}', max_parallel: 2}
                with: {name: '${{ row.name }}'}
                outputs: {size: integer}
              sum: {set: {total: '${{ sum(nodes.each.outputs.size) }}'}, needs: [each]}
            """
        let report = await (try Self.simulation(text) { $0.slots = 8 }).run()
        #expect(report.violations.isEmpty)
        #expect(report.parallel?.most == 2)
        let each = try #require(report.nodes.first { $0.id == "each" })
        #expect(each.items?.least == 0)
        #expect((each.items?.most ?? 0) >= 3)
    }

    @Test func slotsAreObeyed() async throws {
        let nodes = (0..<20).map { "  n\($0): {run: echo}\n" }.joined()
        let text = "flow: 1\nname: x\nnodes:\n\(nodes)"
        let report = await (try Self.simulation(text) { $0.slots = 3 }).run()
        #expect(report.parallel?.most == 3)
        #expect(report.violations.isEmpty)
    }

    @Test func estimatesAreUsed() async throws {
        let text = """
            flow: 1
            name: x
            mode: {estimate: {nodes: {a: {time: 7s-9s, usd: 0.5}, b: 1m}}}
            nodes:
              a: {run: echo}
              b: {run: echo, needs: [a]}
            """
        let report = await (try Self.simulation(text) { $0.failures = [InjectedFailure(node: "b", times: 1)] }).run()
        let time = try #require(report.nodes[0].time)
        #expect((7000...9000).contains(time.least.count) && (7000...9000).contains(time.most.count))
        #expect(report.nodes[1].time?.most.count == 60_000)
        #expect(report.usd?.most == 0.5)
        #expect(report.criticalPath.map(\.node) == ["a", "b"])
    }

    @Test func peopleAndTimers() async throws {
        let text = """
            flow: 1
            name: x
            nodes:
              pause: {wait: 2h}
              gate: {approval: {prompt: Go on?, deadline: 1d}, needs: [pause]}
              go: {run: echo, needs: [gate]}
            """
        let report = await (try Self.simulation(text)).run()
        #expect(report.violations.isEmpty)
        let gate = try #require(report.nodes.first { $0.id == "gate" })
        #expect(gate.statuses[.rejected] ?? 0 > 0)
        #expect(gate.statuses[.succeeded] ?? 0 > 0)
        #expect((report.time?.least.count ?? 0) >= 2 * 3_600_000)
        // Nobody answers in some runs: the deadline ends the wait.
        #expect(report.time?.most.count ?? 0 >= 26 * 3_600_000)
    }

    /// A definition that the compiler refuses, given to the machine all the same.
    @Test func standstillIsFound() async throws {
        var definition = WorkflowDefinition(name: "knot")
        definition.nodes = [
            NodeDefinition(id: "a", kind: "set", needs: [NeedDefinition(node: "b")]),
            NodeDefinition(id: "b", kind: "set", needs: [NeedDefinition(node: "a")]),
        ]
        var options = Simulation.Options()
        options.runs = 2
        let simulation = Simulation(
            Plan(definition: definition), kinds: Fixtures.kinds, agents: [], options: options)
        let report = await simulation.run()
        #expect(!report.isSound)
        #expect(report.violations.first?.text.hasPrefix("nothing goes on") == true)
        #expect(await simulation.trace(0).status == nil)
    }

    @Test(
        arguments: [
            ("a", InjectedFailure(node: "a")), ("a:timeout", InjectedFailure(node: "a", reason: .timeout)),
            ("a:exit_code:2", InjectedFailure(node: "a", reason: .exitCode, times: 2)),
            ("a[k:1]", InjectedFailure(node: "a[k:1]")),
            ("a[k:1]:timeout:3", InjectedFailure(node: "a[k:1]", reason: .timeout, times: 3)),
            ("a:nothing", nil), ("a:timeout:0", nil), ("", nil), (":timeout", nil), ("a:", nil),
        ] as [(String, InjectedFailure?)])
    func failuresAreRead(text: String, wanted: InjectedFailure?) {
        #expect(InjectedFailure(parsing: text) == wanted)
    }

    @Test func unknownNodeIsTold() throws {
        let text = "flow: 1\nname: x\nnodes: {build: {run: echo}}\n"
        let simulation = try Self.simulation(text) { $0.failures = [InjectedFailure(node: "biuld")] }
        #expect(simulation.problem == "there is no node `biuld`; did you mean `build`?")
    }
}
