// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

@Suite struct CommandInboxTests {
    @Test("A living run takes commands from other processes")
    func living() async throws {
        let project = try TestProject()
        let run = try await project.run("nodes: {gate: {approval: \"Go on?\"}, after: {needs: [gate], run: \"true\"}}")
        func post(_ request: RunCommand.Request, run id: String) async throws -> String? {
            try await Engine.post(RunCommand(run: id, by: "ada", request: request), folder: project.store)
        }
        #expect(try await post(.pause, run: run.id) == nil)
        #expect(try await post(.pause, run: run.id)?.contains("paused already") == true)
        #expect(try await run.outcome() == .paused)
        #expect(try await post(.resume, run: run.id) == nil)
        #expect(try await post(.approve(node: "nosuch", comment: nil), run: run.id)?.contains("nosuch") == true)
        #expect(try await post(.pause, run: "nosuchrun000")?.contains("nosuchrun000") == true)
        #expect(try await post(.approve(node: "gate", comment: "ok"), run: run.id) == nil)
        #expect(try await run.end() == .succeeded)
        #expect(try await run.output("gate", "by") == "ada")
        #expect(try File.list(RunLayout(folder: project.store).inbox).isEmpty)
        await project.close()
    }

    @Test(
        "Commands that cannot be read are answered and removed",
        arguments: [
            "", "{", "[]", "{}", #"{"run": "x", "by": "y", "request": "dance"}"#,
            #"{"run": 1, "by": "y", "request": "pause"}"#,
            "\u{0}\u{1}",
        ])
    func malformed(_ text: String) async throws {
        let project = try TestProject()
        _ = try await project.engine()
        let inbox = RunLayout(folder: project.store).inbox
        let name = FilePath.join(inbox, "1-1.command")
        try File.writeDurably(Array(text.utf8), to: name)
        let answer = "\(name).answer"
        #expect(try await eventually { File.exists(answer) })
        #expect(!File.exists(name))
        #expect(try JSONValue.parse(try File.read(answer, limit: 1000))["problem"] != nil)
        await project.close()
    }

    @Test("What is no command is left alone")
    func others() async throws {
        let project = try TestProject()
        let inbox = RunLayout(folder: project.store).inbox
        try File.createDirectory(FilePath.join(inbox, "folder.command"))
        try File.write("x", to: FilePath.join(inbox, "note.txt"))
        let run = try await project.run("nodes: {gate: {approval: \"Go on?\"}}")
        let command = RunCommand(run: run.id, by: "ada", request: .approve(node: "gate", comment: nil))
        #expect(try await Engine.post(command, folder: project.store) == nil)
        #expect(try File.list(inbox).map(\.name).sorted() == ["folder.command", "note.txt"])
        await project.close()
    }

    @Test("Commands that were posted while no engine lived are done by the next one")
    func waiting() async throws {
        let project = try TestProject()
        let run = try await project.run("nodes: {gate: {approval: \"Go on?\"}}")
        await project.close()
        let command = RunCommand(run: run.id, by: "ada", request: .approve(node: "gate", comment: nil))
        await #expect(throws: EngineError.self) {
            _ = try await Engine.post(command, folder: project.store, patience: .milliseconds(60))
        }
        // Nobody came, so the command was taken back.
        let inbox = RunLayout(folder: project.store).inbox
        #expect(try File.list(inbox).isEmpty)
        try File.writeDurably(command.json.jsonBytes(.compact), to: FilePath.join(inbox, "2-2.command"))
        _ = try await project.engine()
        #expect(try await eventually { File.exists(FilePath.join(inbox, "2-2.command.answer")) })
        #expect(try await run.status(of: "gate") == .succeeded)
        await project.close()
    }
}
