// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Testing

@Suite struct RunTests {
    @Test("A run says its id first, then shows its nodes and outputs; show, events and logs agree")
    func succeeding() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        let end = try await flow.run("run", "chain.yaml", "-i", "who=you")
        #expect(end.code == 0, "\(end.errorOutput)")
        #expect(end.errorOutput.hasPrefix("run "))
        #expect(!end.errorOutput.contains("\r"))
        #expect(end.output.contains("text: hello you!"))
        let run = try end.run
        let show = try await flow.run("show", String(run.prefix(6)), "--json").object
        #expect(show["status"] == "succeeded")
        #expect(show["outputs"] == ["text": "hello you!"])
        #expect(show["inputs"]?["who"] == "you")
        #expect(show["nodes"]?.arrayValue?.compactMap { $0["node"]?.stringValue } == ["first", "second"])
        #expect(try await flow.run("show", "@latest").output.contains("✓ succeeded"))
        let events = try await flow.run("events", run, "--json").json
        #expect(events.first?["type"] == "run_created")
        #expect(events.last?["type"] == "run_ended")
        #expect(events.compactMap { $0["sequence"]?.integerValue } == Array(1...Int64(events.count)))
        let lines = try await flow.run("events", run, "--follow").output.split(separator: "\n")
        #expect(lines.count == events.count)
        #expect(try await flow.run("logs", run, "first").output == "to the log\nto the error log\n")
        #expect(try await flow.run("logs", run).output.contains("first  to the log\n"))
        let log = try await flow.run("logs", run, "first", "--json").json
        #expect(log.contains { $0["stream"] == "error" && $0["text"] == "to the error log" })
        #expect(try await flow.run("logs", run, "frist").code == 66)
        let watch = try await flow.run("watch", run)
        #expect(watch.code == 0)
        #expect(watch.output.contains("hello you!"))
    }

    @Test("With --json there are events and then the result, and nothing else on the standard output")
    func json() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        let end = try await flow.run("run", "chain.yaml", "--json")
        let values = try end.json
        #expect(values.first?["type"] == "run_created")
        #expect(values.last?["type"] == "result")
        #expect(values.last?["outputs"] == ["text": "hello world!"])
        let failing = try await flow.run("run", "-", "--json", input: Workflows.failing)
        #expect(failing.code == 1)
        #expect(try failing.json.last?["failures"]?.arrayValue?.first?["node"] == "bad")
        let list = try await flow.run("list", "--json").object["runs"]?.arrayValue
        #expect(list?.map { $0["status"] } == ["failed", "succeeded"])
    }

    @Test("Of many nodes those that ended well are counted, and the others are shown, with a file among them or not")
    func counting() async throws {
        for file in [nil, "keep.txt"] {
            let flow = try FlowProgram()
            var text = "flow: 1\nname: many\nnodes:\n"
            if let file { text += "  file: {run: 'echo 1 > \(file)', artifacts: {text: \(file)}}\n" }
            text += "  bad: {needs: [\(file == nil ? "n0" : "file")], run: 'echo last words >&2; exit 3'}\n"
            for number in 0..<250 { text += "  n\(number): {set: {}}\n" }
            text += "  after: {needs: [bad], set: {}}\n"
            try flow.write("many.yaml", text)
            let end = try await flow.run("run", "many.yaml")
            #expect(end.code == 1, "\(end.errorOutput)")
            let lines = end.output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("bad ") && $0.contains("failed") })
            #expect(!lines.contains { $0.hasPrefix("n249 ") })
            #expect(end.output.contains("\(file == nil ? 252 : 253) nodes: \(file == nil ? 250 : 251) succeeded"))
            #expect(end.output.contains("file.text: ") == (file != nil))
            #expect(end.errorOutput.contains("last words"))
            let show = try await flow.run("show", "@latest", "--json").object
            #expect(show["nodes"]?.arrayValue?.count == (file == nil ? 252 : 253))
        }
    }

    @Test("A failure is summed up with its last words and the next command")
    func failing() async throws {
        let flow = try FlowProgram()
        try flow.write("failing.yaml", Workflows.failing)
        let end = try await flow.run("run", "failing.yaml")
        #expect(end.code == 1)
        #expect(end.errorOutput.contains("✗ bad"))
        #expect(end.errorOutput.contains("    first sign\n    last words\n"))
        #expect(end.errorOutput.contains("7"))
        #expect(end.errorOutput.contains("next: flow logs \(try end.run) bad"))
        #expect(end.output.contains("- omitted"))
        let logs = try await flow.run("logs", "@latest-failed", "bad")
        #expect(logs.output.contains("last words"))
        #expect(try await flow.run("list", "--status", "failed").output.contains("node bad failed"))
        #expect(try await flow.run("list", "--status", "succeeded").output.isEmpty)
    }

    @Test("Inputs come from words, files and a file of inputs; wrong ones are refused before anything starts")
    func inputs() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        try flow.write("name.txt", "'; rm -rf ~ # $(id)")
        let fromFile = try await flow.run("run", "chain.yaml", "-i", "who=@name.txt")
        #expect(fromFile.output.contains("text: hello '; rm -rf ~ # $(id)!"))
        let object = try await flow.run(
            "run", "chain.yaml", "--input-file", "-", "-i", "who=me", input: #"{"who": "you", "times": 2}"#)
        #expect(object.output.contains("text: hello me!"))
        let wrong = [
            ["-i", "times=two"], ["-i", "times=0"], ["-i", "whom=you"], ["-i", "paper=@none.pdf"],
            ["-i", "paper=@."], ["-i", "who=@none.txt"], ["--input-file", "none.json"], ["--input-file", "chain.yaml"],
        ]
        for words in wrong {
            let end = try await flow.start(["run", "chain.yaml"] + words).end()
            #expect(end.code == 66, "\(words): \(end.errorOutput)")
            #expect(end.output.isEmpty)
        }
        #expect(try await flow.run("list", "--json").object["runs"]?.arrayValue?.count == 2)
        #expect(try await flow.run("run", "chain.yaml", "-i", "who").code == 64)
        #expect(try await flow.run("run", "chain.yaml", "-i", "who=a", "-i", "who=b").code == 64)
    }

    @Test("Faults of the workflow and files that are not there have their own codes")
    func faults() async throws {
        let flow = try FlowProgram()
        try flow.write("faulty.yaml", Workflows.faulty)
        let faulty = try await flow.run("run", "faulty.yaml", "--json")
        #expect(faulty.code == 65)
        #expect(faulty.output.isEmpty)
        #expect(faulty.errorOutput.contains("--> faulty.yaml:7:13"))
        #expect(!File.exists(flow.file(".flow")))
        #expect(try await flow.run("run", "none.yaml").code == 66)
        #expect(try await flow.run("run", "nothing").code == 66)
        #expect(try await flow.run("show", "@latest").code == 66)
        #expect(try await flow.run("list").code == 0)
        #expect(try await flow.run("list", "--json").object["runs"] == [])
        try flow.write("secret.yaml", "flow: 1\nname: secret\nsecrets: {KEY: {from: env}}\nnodes: {a: {run: 'true'}}\n")
        let secret = try await flow.run("run", "secret.yaml")
        #expect(secret.code == 69, "\(secret.errorOutput)")
        try flow.write("chain.yaml", Workflows.chain)
        let place = try await flow.run("run", "chain.yaml", "--store", "/proc/flow-tests")
        #expect([73, 74, 77].contains(place.code), "\(place.code) \(place.errorOutput)")
        try flow.write("store/flow.db", "this is no database, though it has some length")
        #expect(try await flow.run("run", "chain.yaml", "--store", "store").code == 74)
        #expect(try await flow.run("list", "--store", "store").code == 74)
    }

    @Test("A reader that goes away is no fault")
    func brokenPipe() async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        #expect(try await flow.run("run", "chain.yaml").code == 0)
        for words in [["events", "@latest"], ["show", "@latest"], ["run", "chain.yaml", "--json"], ["help"]] {
            let end = try await flow.start(
                words, wrapper: #"{ "$@"; echo $? > code; } | head -c 1 > /dev/null; exit "$(cat code)""#
            ).end()
            #expect(end.code == 0, "\(words)")
            #expect(!end.errorOutput.contains("error"), "\(words): \(end.errorOutput)")
        }
    }

    @Test("Closed streams do no harm", arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    func closedStreams(_ redirection: String) async throws {
        let flow = try FlowProgram()
        try flow.write("chain.yaml", Workflows.chain)
        let end = try await flow.start(["run", "chain.yaml"], wrapper: "exec \"$@\" \(redirection)").end()
        #expect(end.code == 0)
        #expect(try await flow.run("show", "@latest", "--json").object["status"] == "succeeded")
    }

    @Test("Nodes without needs run at the same time")
    func parallel() async throws {
        let flow = try FlowProgram()
        try flow.write("sleepers.yaml", Workflows.sleepers)
        let end = try await flow.run("run", "sleepers.yaml", "--max-parallel", "3", "--json")
        #expect(end.code == 0)
        let types = try end.json.compactMap { $0["type"]?.stringValue }.filter { $0.hasPrefix("node_") }
        #expect(types == Array(repeating: "node_started", count: 3) + Array(repeating: "node_succeeded", count: 3))
        // On a machine that does other work as well, a program takes its time to start: three in a row take more.
        let times = try end.json.compactMap { $0["at"]?.stringValue.flatMap { Timestamp(iso8601: $0) } }
        let length = try #require(times.max()).since(try #require(times.min()))
        #expect(length < Milliseconds(3000), "\(length.description)")
    }

    @Test("With one slot they run one after the other")
    func serial() async throws {
        let flow = try FlowProgram()
        try flow.write("sleepers.yaml", Workflows.sleepers)
        let end = try await flow.run("run", "sleepers.yaml", "--max-parallel", "1", "--json")
        let types = try end.json.compactMap { $0["type"]?.stringValue }.filter { $0.hasPrefix("node_") }
        #expect(types == Array(repeating: ["node_started", "node_succeeded"], count: 3).flatMap { $0 })
    }
}
