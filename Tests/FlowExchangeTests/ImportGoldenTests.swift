// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowExchange
import Testing

/// The files of the formats: what is written of them, what is said about them, and that they run.
struct ImportGoldenTests {
    private func check(_ path: String, _ bodies: ImportedBodies = .standard) throws -> ImportResult {
        let result = try ExchangeFixture.read(path, bodies: bodies)
        try ExchangeFixture.expect(result.text ?? "", isKeptIn: "\(path).imported.yaml")
        for file in result.files { try ExchangeFixture.expect(file.text, isKeptIn: "\(path).\(file.path)") }
        try ExchangeFixture.expect(ExchangeProject.text(result), isKeptIn: "\(path).report.txt")
        return result
    }

    @Test(arguments: ExchangeFixture.names("argo"))
    func anArgoWorkflow(_ name: String) async throws {
        let result = try check("argo/\(name)")
        #expect(result.format == .argo)
        let project = try ExchangeProject()
        let workflow = try project.compile(result)
        let inputs: JSONValue = name.contains("logic") ? ["grain": "rye"] : .object(JSONObject())
        let run = try await project.run(workflow, inputs: inputs)
        #expect(run.status == .succeeded, "\(run.nodes)")
        switch name {
        case "03-fan-out.yaml":
            #expect(run.nodes["water[1]"] == .succeeded)
            #expect(run.nodes["pick[1]"] == .skipped)
        case "04-conditions.yaml":
            #expect(run.nodes == ["look": .succeeded, "sail": .skipped, "stay": .succeeded, "note": .succeeded])
        case "05-failures.yaml":
            #expect(run.nodes["call_keeper"] == .succeeded)
            #expect(run.nodes["celebrate"] == .omitted)
            #expect(run.nodes["log_book"] == .succeeded)
            #expect(run.nodes["clean"] == .succeeded)
            #expect(run.nodes["lock"] == .succeeded)
        case "10-logic.yaml":
            #expect(run.nodes["bag"] == .succeeded)
            #expect(run.nodes["sieve"] == .skipped)
            #expect(run.nodes["either"] == .succeeded)
        default: break
        }
    }

    @Test func thereAreTenArgoWorkflows() { #expect(ExchangeFixture.names("argo").count == 10) }

    @Test(arguments: ExchangeFixture.names("actions"))
    func aWorkflowOfActions(_ name: String) async throws {
        let result = try check("actions/\(name)")
        #expect(result.format == .actions)
        let project = try ExchangeProject()
        let run = try await project.run(try project.compile(result))
        #expect(run.status == .succeeded, "\(run.nodes)")
        if name == "build.yml" {
            #expect(run.nodes["chapter[frost,a4]"] == .succeeded)
            #expect(run.nodes["print"] == .skipped)
            #expect(run.nodes["preview"] == .succeeded)
            #expect(run.nodes["report"] == .succeeded)
        } else {
            #expect(run.nodes["try"] == .succeeded)
            #expect(run.nodes["alarm"] == .skipped)
        }
    }

    @Test(arguments: ExchangeFixture.names("playbook"))
    func aPlaybook(_ name: String) async throws {
        let result = try check("playbook/\(name)")
        #expect(result.format == .playbook)
        let text = String(decoding: try ExchangeFixture.bytes("playbook/\(name)"), as: UTF8.self)
        for type in [
            "standard", "work_in_parallel", "self_feedback_loop", "partner_feedback_loop", "process", "versus",
            "handoff",
        ] {
            #expect(text.contains("type: \(type)"))
        }
        let project = try ExchangeProject()
        let workflow = try project.compile(result)
        #expect(workflow.compilation.definition?.nodes.contains { $0.kind == "agent" } == true)
        // With stand-ins for the agents it runs without a model.
        let standing = try ExchangeFixture.read("playbook/\(name)", bodies: .standIn)
        let inputs: JSONValue = name == "bridge.yaml" ? ["bridge": "Firth"] : .object(JSONObject())
        let run = try await project.run(try project.compile(standing, as: "standing.yaml"), inputs: inputs)
        #expect(run.status == .succeeded, "\(run.nodes)")
        #expect(run.nodes.values.contains(.skipped))
    }

    @Test func standInsTakeThePlaceOfPrograms() throws {
        let result = try ExchangeFixture.read("argo/02-parameters.yaml", bodies: .standIn)
        let nodes = try ExchangeProject().compile(result).compilation.definition?.nodes ?? []
        #expect(nodes.allSatisfy { $0.kind == "set" })
    }
}
