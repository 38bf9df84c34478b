// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@Suite struct RerunPlanTests {
    /// a → b → c, a → d, and `clean` in the end. `b` reads `inputs.n`, `d` acts on the world.
    static func workflow(_ change: (inout WorkflowDefinition) -> Void = { _ in }) -> WorkflowDefinition {
        func run(
            _ id: String, _ needs: [String] = [], _ body: String = "", _ options: NodeOptions = .standard
        )
            -> NodeDefinition
        {
            NodeDefinition(
                id: id, kind: "run", body: Template.parse(body).0, needs: needs.map { NeedDefinition(node: $0) },
                options: options)
        }
        var workflow = WorkflowDefinition(name: "w")
        workflow.nodes = [
            run("a"),
            run(
                "b", ["a"], "true",
                NodeOptions(with: [TemplateEntry(name: "n", template: Template.parse("${{ inputs.n }}").0)])),
            run("c", ["b"]), run("d", ["a"], "true", NodeOptions(effects: .external)),
        ]
        workflow.finally = [run("clean")]
        change(&workflow)
        return workflow
    }

    static func plan(
        _ request: RerunRequest, old: WorkflowDefinition = workflow(), new: WorkflowDefinition = workflow(),
        statuses: [String: NodeStatus] = [:]
    ) throws -> RerunPlan {
        var standings: [String: NodeStanding] = [:]
        for node in old.nodes + old.finally {
            standings[node.id] = NodeStanding(
                status: statuses[node.id] ?? .succeeded, result: .zero, duration: Milliseconds(1000))
        }
        return try RerunPlan.make(
            standings: standings, new: Plan(definition: new), diff: DefinitionDiff(old: old, new: new),
            request: request)
    }

    static func text(_ plan: RerunPlan) -> String {
        plan.decisions.map { "\($0.node) \($0.action.rawValue) (\($0.reason.text))\($0.repeatsEffect ? " again" : "")" }
            .joined(separator: "; ")
    }

    @Test func nothingDiffers() throws {
        let plan = try Self.plan(RerunRequest())
        #expect(
            Self.text(plan)
                == "a reuse (unchanged); b reuse (unchanged); c reuse (unchanged); d reuse (unchanged); clean run (finally)"
        )
        #expect(plan.expectedTime == Milliseconds(1000))
    }

    @Test func from() throws {
        let plan = try Self.plan(RerunRequest(from: ["b"]))
        #expect(plan.rerun == ["b", "c", "clean"])
        #expect(plan.decisions[2].reason == .follows("b"))
        #expect(plan.expectedTime == Milliseconds(3000))
        let all = try Self.plan(RerunRequest(from: ["a"]))
        #expect(all.repeatedEffects == ["d"])
    }

    @Test func input() throws {
        #expect(try Self.plan(RerunRequest(changedInputs: ["n"])).rerun == ["b", "c", "clean"])
        #expect(try Self.plan(RerunRequest(changedInputs: ["other"])).rerun == ["clean"])
        // Programs are given the variables of the workflow; other kinds see those that they name.
        let withEnv = Self.workflow {
            $0.env = [TemplateEntry(name: "N", template: Template.parse("${{ inputs.n }}").0)]
            $0.nodes[0].kind = "set"
            $0.nodes[2].kind = "set"
            $0.nodes[3].kind = "set"
        }
        #expect(
            try Self.plan(RerunRequest(changedInputs: ["n"]), old: withEnv, new: withEnv).rerun == ["b", "c", "clean"])
    }

    @Test func only() throws {
        let plan = try Self.plan(RerunRequest(only: ["a"]))
        #expect(plan.rerun == ["a", "clean"])
        #expect(plan.decisions[1].reason == .stale(.follows("a")))
        // What has no result cannot be kept.
        let broken = try Self.plan(RerunRequest(only: ["a"]), statuses: ["c": .failed])
        #expect(broken.rerun == ["a", "c", "clean"])
    }

    @Test func failed() throws {
        let new = Self.workflow { $0.nodes[0].body = .literal("other") }
        let plan = try Self.plan(RerunRequest(failedOnly: true), new: new, statuses: ["b": .failed, "c": .omitted])
        #expect(plan.rerun == ["b", "c", "clean"])
        #expect(plan.decisions[0].reason == .stale(.changed(["body"])))
        #expect(plan.decisions[1].reason == .notEnded(.failed))
    }

    @Test func skippedStaysOut() throws {
        let plan = try Self.plan(RerunRequest(), statuses: ["b": .skipped, "c": .skipped])
        #expect(plan.decisions[1].reason == .stillOut(.skipped))
        #expect(try Self.plan(RerunRequest(from: ["b"]), statuses: ["c": .skipped]).rerun == ["b", "c", "clean"])
    }

    @Test func pin() throws {
        let plan = try Self.plan(RerunRequest(pins: ["b"]), statuses: ["b": .failed])
        #expect(plan.decisions[1].action == .reuse)
        #expect(plan.decisions[1].result == nil)
        #expect(plan.rerun == ["c", "clean"])
        #expect(throws: RerunError.self) { try Self.plan(RerunRequest(from: ["b"], pins: ["b"])) }
    }

    @Test func editedWorkflow() throws {
        let new = Self.workflow {
            $0.nodes.remove(at: 2)
            $0.nodes.append(NodeDefinition(id: "gate", kind: "approval", needs: [NeedDefinition(node: "d")]))
            $0.nodes[0].options = NodeOptions(title: "Words", timeout: Milliseconds(1), priority: 3)
        }
        let plan = try Self.plan(RerunRequest(), new: new)
        #expect(
            Self.text(plan)
                == "a reuse (unchanged); b reuse (unchanged); d reuse (unchanged); gate ask (new); clean run (finally); c drop (not in the workflow any more)"
        )
    }

    @Test func missingNode() {
        let error = #expect(throws: RerunError.self) { try Self.plan(RerunRequest(from: ["clen"])) }
        #expect(error?.help == ["did you mean `clean`?"])
        #expect(error?.description == "--from: there is no node `clen` in `w`")
    }

    @Test func canonicalTextTellsPlansApart() throws {
        let plan = try Self.plan(RerunRequest(from: ["b"])).canonical.jsonText(.canonical)
        #expect(try Self.plan(RerunRequest(changedInputs: ["n"])).canonical.jsonText(.canonical) == plan)
        #expect(try Self.plan(RerunRequest(from: ["c"])).canonical.jsonText(.canonical) != plan)
        #expect(
            try Self.plan(RerunRequest(from: ["b"]), statuses: ["b": .failed]).canonical.jsonText(.canonical) != plan)
    }

    @Test func largePlanIsLinear() throws {
        var workflow = WorkflowDefinition(name: "w")
        for number in 0..<20_000 {
            workflow.nodes.append(
                NodeDefinition(
                    id: "n\(number)", kind: "run",
                    needs: number == 0 ? [] : [NeedDefinition(node: "n\(number - 1)")]))
        }
        let plan = try Self.plan(RerunRequest(from: ["n19999"]), old: workflow, new: workflow)
        #expect(plan.rerun == ["n19999"])
    }
}
