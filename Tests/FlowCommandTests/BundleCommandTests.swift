// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow export RUN --bundle` and `flow import` of what it writes, as people use them.
@Suite struct BundleCommandTests {
    private func exported() async throws -> (flow: FlowProgram, run: String) {
        let flow = try FlowProgram()
        try flow.write(
            "one.yaml",
            "flow: 1\nname: one\ninputs: {n: {type: integer, default: 3}}\nnodes:\n  a: {set: {x: \"${{ inputs.n }}\"}}\n"
                + "  gate: {needs: [a], approval: \"Go on?\"}\n")
        let first = try await flow.run("run", "one.yaml")
        #expect(first.code == 3, "\(first.errorOutput)")
        let run = try first.run
        let branch = try await flow.run("branch", run, "--name", "four", "--hypothesis", "4", "--set", "inputs.n=4")
        #expect(branch.code == 3, "\(branch.errorOutput)")
        return (flow, try branch.run)
    }

    @Test("A run goes to another store by a file and goes on there")
    func way() async throws {
        let (flow, run) = try await exported()
        let written = try await flow.run("export", "four", "--bundle", "four.flowbundle", "--json").object
        #expect(written["run"] == .string(run) && written["runs"]?.arrayValue?.count == 2)
        let taken = try await flow.run("import", "four.flowbundle", "--store", "other", "--json").object
        #expect(taken["format"] == "bundle" && taken["status"] == "waiting" && taken["digest"] == written["digest"])
        #expect(taken["added"] == written["runs"] && taken["known"] == [])
        let again = try await flow.run("import", "four.flowbundle", "--store", "other")
        #expect(again.output == "already here: run \(run) (one, waiting)\n")
        #expect(try await flow.run("approve", "four", "gate", "--store", "other").code == 0)
        #expect(try await flow.run("resume", "four", "--store", "other").code == 0)
        #expect(try await flow.run("show", run, "--store", "other", "--json").object["status"] == "succeeded")
        // Where it was made it still waits.
        #expect(try await flow.run("show", run, "--json").object["status"] == "waiting")
        #expect(
            try await flow.run(
                "compare", "four", "--store", "other",
                try #require(
                    try await flow.run("branch", "list", "--json").object["branches"]?.arrayValue?[0]["parent"]?
                        .stringValue)
            ).code == 0)
    }

    @Test("What is no whole bundle is told in words, and not even a store is made for it")
    func refused() async throws {
        let (flow, _) = try await exported()
        #expect(try await flow.run("export", "four", "--bundle", "four.flowbundle").code == 0)
        let bytes = try File.read(flow.file("four.flowbundle"), limit: 1 << 20)
        try File.write(Array(bytes[..<700]), to: flow.file("cut"))
        var changed = bytes
        changed[changed.count - 2] ^= 1
        try File.write(changed, to: flow.file("changed"))
        try File.write(Array("flow bundle 7 ".utf8) + bytes[14...], to: flow.file("later"))
        let zeros = String(repeating: "0", count: 64)
        for (arguments, code, message) in [
            (["cut"], 66, "cut is cut off: it ends after 700 bytes"), (["changed"], 66, "does not match its digest"),
            (["later"], 78, "a bundle of format 7, and this version of flow reads format 1"),
            (["four.flowbundle", "--digest", zeros], 66, "it is the bundle "),
            (["four.flowbundle", "--digest", "12"], 64, "--digest takes the 64 digits"),
            (["four.flowbundle", "--from", "argo"], 64, "--from is for workflows"),
            (["one.yaml", "--digest", zeros], 66, "one.yaml is no bundle of flow"),
        ] as [([String], Int32, String)] {
            let end = try await flow.start(["import"] + arguments + ["--store", "new"]).end()
            #expect(end.code == code, "\(arguments): \(end.errorOutput)")
            #expect(end.errorOutput.contains(message), "\(arguments): \(end.errorOutput)")
            #expect(end.output.isEmpty && !File.exists(flow.file("new")), "\(arguments)")
        }
        for (arguments, code) in [
            (["four"], 64), (["nobody", "--bundle", "x"], 66), (["four", "--bundle", "no/x"], 73),
        ] as [([String], Int32)] {
            let end = try await flow.start(["export"] + arguments).end()
            #expect(end.code == code, "\(arguments): \(end.errorOutput)")
        }
    }
}
