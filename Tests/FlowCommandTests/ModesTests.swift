// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Testing

/// `flow modes …`
struct ModesTests {
    private static let tea = #"""
        flow: 1
        name: tea
        title: Tea
        description: Brews a pot.
        version: 2.1.0
        mode:
          category: kitchen
          engine: kettle
          icon: "🫖"
          tags: [hot, leaves]
          estimate: {time: 3m-5m, usd: 0-0.1}
          examples:
            - {name: A pot of mint, inputs: {leaves: leaves.csv, cups: 4, extras: {milk: false}}}
          tips: [Warm the pot first.]
        inputs:
          leaves: {type: file, required: true, accept: [.csv], label: Leaves, help: What goes in.}
          cups: {type: integer, default: 2, min: 1, max: 12, label: Cups}
          strength: {type: string, enum: [weak, strong], default: weak}
          extras: {type: object, default: {}}
        outputs:
          pot: {type: markdown, value: "${{ nodes.brew.outputs.text }}"}
          heat: {type: number, value: "${{ nodes.brew.outputs.heat }}", goal: max}
        budget: {usd: 1.5, tokens: 9000, time: 10m, on_exceed: pause}
        nodes:
          ask: {title: Taste, approval: {prompt: "Strong enough for ${{ inputs.cups }} cups?"}}
          pour: {needs: [ask], workflow: parts/pour.yaml}
          brew: {needs: [pour], set: {text: "a pot", heat: 96.5}}

        """#

    private func kitchen() throws -> FlowProgram {
        let flow = try FlowProgram()
        try flow.write("workflows/tea.yaml", Self.tea)
        try flow.write(
            "workflows/parts/pour.yaml",
            "flow: 1\nname: pour\ntitle: Pour\nnodes:\n  spill: {approval: Wipe it up?}\n")
        try flow.write("workflows/plain.yaml", "flow: 1\nname: plain\nnodes:\n  a: {run: \"true\"}\n")
        return flow
    }

    private func names(_ flow: FlowProgram, _ words: String...) async throws -> [String] {
        let end = try await flow.start(["modes"] + words + ["--json"]).end()
        #expect(end.code == 0, "\(end.errorOutput)")
        return try #require(end.object["modes"]?.arrayValue).compactMap { $0["name"]?.stringValue }
    }

    @Test("A YAML file that is dropped into ./workflows is one more mode, found by category, engine, tag and words")
    func dropped() async throws {
        let flow = try kitchen()
        let all = try await names(flow, "list")
        #expect(all.contains("tea") && all.contains("itops") && !all.contains("plain"))
        #expect(try await names(flow, "list", "--category", "kitchen") == ["tea"])
        #expect(try await names(flow, "list", "--engine", "kettle", "--tag", "hot", "--tag", "cold") == ["tea"])
        #expect(try await names(flow, "list", "--engine", "kettle", "--tag", "cold") == [])
        #expect(try await names(flow, "search", "WARM brews") == ["tea"])
        #expect(try await names(flow, "search", "WARM brews", "--category", "operations") == [])
        let text = try await flow.run("modes", "list", "--category", "kitchen")
        #expect(text.output.contains("tea   Tea    kitchen   kettle  3m-5m"), "\(text.output)")
        let none = try await flow.run("modes", "search", "nothing of the kind")
        #expect(none.code == 0 && none.output == "" && none.errorOutput.contains("no mode fits"))
        // What has no `mode:` can be run by its name all the same.
        #expect(try await names(flow).contains("plain"))
        #expect(try await flow.run("modes", "list", "too", "much").code == 64)
        let run = try await flow.run("run", "plain")
        #expect(run.code == 0)
    }

    @Test("A mode is shown with its form, outputs, limits, gates also of its parts, examples as commands, and tips")
    func show() async throws {
        let flow = try kitchen()
        let text = try await flow.run("modes", "show", "tea").output
        for line in [
            "🫖 tea", "  estimate     3m-5m, USD 0-0.1", "  limits       USD 1.5, 9000 tokens, 10m00s, then pause",
            "  leaves    file, required, .csv: Leaves. What goes in.", "  cups      integer, 1 to 12, default 2: Cups",
            "  strength  string, weak | strong, default weak", "  pot   markdown", "  heat  number, goal max",
            "  ask         Strong enough for ${{ inputs.cups }} cups?", "  pour/spill  Wipe it up?",
            "    flow run tea --input leaves=@leaves.csv --input cups=4 --input 'extras={\"milk\":false}'",
            "  - Warm the pot first.", "  file         workflows/tea.yaml",
        ] {
            #expect(text.split(separator: "\n").contains { $0 == line }, "no line \(line) in\n\(text)")
        }
        let json = try await flow.run("modes", "show", "tea", "--json").object
        #expect(json["category"] == "kitchen" && json["engine"] == "kettle" && json["version"] == "2.1.0")
        #expect(json["limits"]?["usd"] == 1.5 && json["limits"]?["onExceed"] == "pause")
        #expect(json["gates"]?.arrayValue?.map { $0["node"] } == ["ask", "pour/spill"])
        #expect(json["inputs"]?.arrayValue?.first?["accept"] == [".csv"])
        #expect(json["outputs"]?.arrayValue?.map { $0["type"] } == ["markdown", "number"])
        #expect(json["agents"] == [])
        let path = try await flow.run("modes", "show", "workflows/tea.yaml", "--json").object
        #expect(path["name"] == "tea")
        let wrong = try await flow.run("modes", "show", "te")
        #expect(wrong.code == 66 && wrong.errorOutput.contains("did you mean `tea`?"))
    }

    @Test("A mode with faults is listed and shown with the command that tells them")
    func faulty() async throws {
        let flow = try FlowProgram()
        try flow.write(
            "workflows/bad.yaml", "flow: 1\nname: bad\nmode: {category: broken}\nnodes:\n  a: {runn: \"true\"}\n")
        let text = try await flow.run("modes", "list", "--category", "broken")
        #expect(text.output.contains("has faults: flow validate workflows/bad.yaml"))
        #expect(try await flow.run("modes", "show", "bad").output.contains("flow validate workflows/bad.yaml"))
        #expect(try await flow.run("modes", "show", "bad", "--json").object["ok"] == false)
    }

    @Test("Each mode that comes with flow says what people ask before they choose it")
    func shipped() async throws {
        let flow = try FlowProgram()
        let modes = try #require(try await flow.run("modes", "list", "--json").object["modes"]?.arrayValue)
        #expect(modes.count >= 15)
        for mode in modes {
            let name = mode["name"]?.stringValue ?? "?"
            #expect(mode["ok"] == true, "\(name)")
            for key in ["title", "description", "category", "engine", "icon", "version"] {
                #expect(mode[key]?.stringValue?.isEmpty == false, "\(name) has no \(key)")
            }
            #expect(mode["estimate"]?["time"]?.stringValue != nil, "\(name)")
            #expect(mode["tags"]?.arrayValue?.isEmpty == false, "\(name)")
            #expect(mode["outputs"]?.arrayValue?.isEmpty == false, "\(name)")
            for input in mode["inputs"]?.arrayValue ?? [] { #expect(input["label"]?.stringValue != nil, "\(name)") }
            for example in mode["examples"]?.arrayValue ?? [] {
                let known = mode["inputs"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
                for member in example["inputs"]?.objectValue ?? JSONObject() {
                    #expect(known.contains(member.key), "the example of \(name) gives \(member.key)")
                }
            }
        }
    }
}
