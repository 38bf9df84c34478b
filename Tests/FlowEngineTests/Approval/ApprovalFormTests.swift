// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// Forms, and who answers them.
@Suite struct ApprovalFormTests {
    private static let order = """
        nodes:
          ask:
            approval:
              prompt: What shall be ordered?
              form:
                amount: {type: integer, required: true, min: 1, max: 10}
                rush: {type: boolean, default: false}
                colour: {type: string, enum: [red, blue], default: red}
          order:
            needs: [ask]
            set:
              n: "${{ nodes.ask.outputs.values.amount * 2 }}"
              text: "${{ nodes.ask.outputs.values.colour }} ${{ nodes.ask.outputs.values.rush }}"
        """

    private func object(_ members: (String, JSONValue)...) -> JSONObject {
        JSONObject(members.map { JSONObject.Member(key: $0.0, value: $0.1) })
    }

    @Test(
        "What is filled in wrongly is refused, and the question stays",
        arguments: [
            ([("amount", "x")], "it takes integer"), ([("amount", "11")], "11 is greater than 10"),
            ([], "`amount` is missing"), ([("amount", "2"), ("colour", "green")], "not one of red, blue"),
            ([("amount", "2"), ("size", "9")], "it has no field `size`"),
        ] as [([(String, String)], String)])
    func wrong(_ given: [(String, String)], _ reason: String) async throws {
        let project = try TestProject()
        let run = try await project.run(Self.order)
        let values = JSONObject(given.map { JSONObject.Member(key: $0.0, value: .string($0.1)) })
        let error = await #expect(throws: EngineError.self) {
            try await run.send(.answer(node: "ask", ApprovalAnswer(.approved, values: values)))
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect(try await run.outcome() == .waiting(nodes: ["ask"]))
        await project.close()
    }

    @Test("What is filled in rightly is typed and in the outputs, with who answered and what was shown")
    func right() async throws {
        let project = try TestProject()
        let run = try await project.run(Self.order)
        try await run.send(
            .answer(node: "ask", ApprovalAnswer(.approved, values: object(("amount", "3"), ("rush", "true")))),
            by: "ann")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("order", "n") == 6)
        #expect(try await run.output("order", "text") == "red true")
        let decision = try #require(
            try await run.events.compactMap { recorded -> ApprovalDecision? in
                if case .approvalDecided(_, let decision) = recorded.event { decision } else { nil }
            }.first)
        #expect(decision.by == "ann")
        #expect(decision.values == object(("amount", 3), ("rush", true), ("colour", "red")))
        #expect(decision.evidence != nil)
        await project.close()
    }

    @Test("A form that has to be filled in is not passed where nobody is asked")
    func nobody() async throws {
        let project = try TestProject()
        let run = try await project.run(Self.order, options: RunOptions(approval: .none))
        #expect(try await run.end() == .failed)
        #expect(try await run.failure(of: "ask").message.contains("`amount` is missing"))
        await project.close()
    }

    @Test("What is shown can be changed, and the change is what counts")
    func modified() async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              draft: {set: {text: Helo}}
              check: {needs: [draft], approval: {prompt: Right?, show: {text: "${{ nodes.draft.outputs.text }}"}}}
              print: {needs: [check], set: {text: "${{ nodes.check.outputs.values.text }}"}}
            """)
        let unknown = await #expect(throws: EngineError.self) {
            try await run.send(.answer(node: "check", ApprovalAnswer(.modified, values: object(("txt", "x")))))
        }
        #expect(unknown?.description.contains("did you mean `text`?") == true)
        try await run.send(.answer(node: "check", ApprovalAnswer(.modified, values: object(("text", "Hello")))))
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        #expect(try await run.output("print", "text") == "Hello")
        #expect(try await run.output("check", "decision") == "modified")
        await project.close()
    }

    @Test("Two people, neither of whom started the run")
    func quorum() async throws {
        let project = try TestProject()
        var options = RunOptions()
        options.startedBy = "ann"
        let run = try await project.run(
            "nodes: {gate: {approval: {prompt: \"Go?\", quorum: 2, distinct_from_submitter: true}}}", options: options)
        let own = await #expect(throws: EngineError.self) {
            try await run.send(.approve(node: "gate", comment: nil), by: "ann")
        }
        #expect(own?.description.contains("ann started the run") == true)
        try await run.send(.approve(node: "gate", comment: nil), by: "bob")
        await project.close()
        try await run.resume()
        #expect(try await run.outcome() == .waiting(nodes: ["gate"]))
        let twice = await #expect(throws: EngineError.self) {
            try await run.send(.approve(node: "gate", comment: nil), by: "bob")
        }
        #expect(twice?.description == "bob has answered already")
        try await run.send(.approve(node: "gate", comment: nil), by: "cid")
        #expect(try await run.outcome() == .ended(.succeeded, reason: nil))
        await project.close()
    }

    @Test(
        "Faults of questions are found before the run",
        arguments: [
            ("form: {f: {type: file}}", "takes a file, and an answer has none"),
            ("form: {n: {type: integer, default: x}}", "does not fit it"),
            ("form: {Bad: {}}", "cannot name a field"), ("approvers: [ann], quorum: 2", "only 1 may answer"),
            ("rewind_to: b", "there is no node `b` to go back to"), ("rewind_to: late", "does not come after `late`"),
        ])
    func faults(_ keys: String, _ message: String) throws {
        let text = """
            flow: 1
            name: test
            nodes:
              a: {approval: {prompt: "?", \(keys)}}
              late: {needs: [a], set: {x: 1}}
            """
        let compilation = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(
            WorkflowSource(name: "test.yaml", bytes: Array(text.utf8), directory: "/", readFile: { _ in nil }))
        let messages = compilation.diagnostics.map(\.message)
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
    }

    @Test(
        "Faults of `approvals:` are found before the run",
        arguments: [
            ("approvals: never", "never"), ("approvals: {mode: custom}", "there are none"),
            ("approvals: {mode: on_error, checkpoints: [{nodes: [a]}]}", "means nothing in the mode"),
            ("approvals: {mode: manual, approvers: [a], quorum: 3}", "only 1 may answer"),
            ("approvals: {mode: manual, on_timeout: maybe}", "maybe"),
        ])
    func policyFaults(_ line: String, _ message: String) throws {
        let text = "flow: 1\nname: test\n\(line)\nnodes: {a: {set: {x: 1}}}\n"
        let compilation = Compiler(kinds: BuiltinKinds.forCompiling(environment: [:])).compile(
            WorkflowSource(name: "test.yaml", bytes: Array(text.utf8), directory: "/", readFile: { _ in nil }))
        let messages = compilation.diagnostics.map(\.message)
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
    }
}
