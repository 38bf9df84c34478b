// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

@Suite struct WorkflowPatchTests {
    static let loader = WorkflowLoader(kinds: BuiltinKinds.forCompiling(environment: [:]))

    static func load(_ text: String, _ files: [String: String] = [:]) -> LoadedWorkflow {
        var all = files.mapValues { Array($0.utf8) }
        all["w.yaml"] = Array(text.utf8)
        return loader.load(SourceBundle(entry: "w.yaml", files: all), name: "w.yaml")
    }

    static func patch(_ text: String) -> WorkflowPatch {
        var patch = WorkflowPatch()
        patch.add(Array(text.utf8), name: "patch.yaml")
        return patch
    }

    static func apply(
        _ patch: WorkflowPatch, to workflow: LoadedWorkflow, inputs: JSONObject = JSONObject()
    )
        -> PatchedWorkflow
    {
        patch.apply(to: workflow, inputs: inputs, loader: loader)
    }

    static func text(_ patched: PatchedWorkflow, _ file: String = "w.yaml") -> String {
        String(decoding: patched.workflow.bundle.files[file] ?? [], as: UTF8.self)
    }

    static func faults(_ patched: PatchedWorkflow) -> String {
        patched.faults.map { DiagnosticPrinter(.full(colour: false)).text($0.diagnostics, in: $0.sources) }.joined()
    }

    static let small = """
        # The head stays.
        flow: 1
        name: small
        inputs:
          n: {type: integer, default: 3}
        nodes:
          a:   # a comment
            with:
              n: ${{ inputs.n }}   # how many
              # one more
              m: 2
            run: |
              echo "n=$FLOW_WITH_N" >> "$FLOW_OUTPUT"
              exit 0
            outputs: {n: integer}
          b: {needs: [a], set: {x: "${{ nodes.a.outputs.n }}"}, timeout: 5s}

        """

    @Test func editsKeepAllElse() throws {
        let patched = Self.apply(
            Self.patch("nodes: {a: {with: {n: 5}, run: 'true', timeout: 1m}, b: {timeout: null, priority: 2}}"),
            to: Self.load(Self.small))
        #expect(Self.faults(patched) == "")
        #expect(
            Self.text(patched) == """
                # The head stays.
                flow: 1
                name: small
                inputs:
                  n: {type: integer, default: 3}
                nodes:
                  a:   # a comment
                    with:
                      n: 5   # how many
                      # one more
                      m: 2
                    run: "true"
                    outputs: {n: integer}
                    timeout: "1m"
                  b: {needs: [a], set: {x: "${{ nodes.a.outputs.n }}"}, priority: 2}

                """)
    }

    @Test func removedLines() {
        let patched = Self.apply(
            Self.patch("nodes: {a: {with: {m: null}, outputs: null}, b: {set: {x: 1}}}"), to: Self.load(Self.small))
        #expect(Self.faults(patched) == "")
        let text = Self.text(patched)
        #expect(!text.contains("m: 2"))
        #expect(!text.contains("outputs: {n"))
        #expect(text.contains("# one more"))
    }

    @Test func aliases() throws {
        let text = """
            flow: 1
            name: w
            nodes:
              a:
                set: &values {x: 1, y: 2}
              b:
                set: *values
              c: &c
                set:
                  deep: *values
              d: *c

            """
        for (change, expected) in [
            ("{a: {set: {x: 9}}}", ["a": "9 2", "b": "1 2"]), ("{b: {set: {x: 9}}}", ["a": "1 2", "b": "9 2"]),
            ("{d: {set: {deep: {x: 9}}}}", ["a": "1 2", "b": "1 2"]),
        ] {
            let patched = Self.apply(Self.patch("nodes: \(change)"), to: Self.load(text))
            try #require(Self.faults(patched) == "")
            let nodes = try #require(patched.workflow.compilation.definition).nodes
            for (name, values) in expected {
                let body = try #require(nodes.first { $0.id == name }).body.normalJSON
                #expect("\(body["x"]?.integerValue ?? 0) \(body["y"]?.integerValue ?? 0)" == values)
            }
            if change.hasPrefix("{d") {
                #expect(nodes[3].body.normalJSON["deep"]?["x"] == 9)
                #expect(nodes[2].body.normalJSON["deep"]?["x"] == 1)
            }
        }
    }

    @Test func includedFile() throws {
        let workflow = Self.load(
            "flow: 1\nname: w\ninclude: parts/more.yaml\nnodes:\n  a: {run: 'true'}\n",
            ["parts/more.yaml": "nodes:\n  b:\n    run: echo b   # b\n"])
        try #require(workflow.compilation.plan != nil)
        let patched = Self.apply(Self.patch("nodes: {b: {run: echo c}}"), to: workflow)
        #expect(Self.faults(patched) == "")
        #expect(patched.changedFiles == ["parts/more.yaml"])
        #expect(Self.text(patched, "parts/more.yaml") == "nodes:\n  b:\n    run: \"echo c\"   # b\n")
    }

    @Test func handlersAndFinally() throws {
        let workflow = Self.load(
            """
            flow: 1
            name: w
            nodes:
              a: {run: 'true'}
            finally:
              end: {run: 'true'}
            handlers:
              failure: {run: echo bad}

            """)
        let patched = Self.apply(
            Self.patch("nodes: {on_failure: {run: echo worse}, end: {run: echo end}}"), to: workflow)
        #expect(Self.faults(patched) == "")
        #expect(Self.text(patched).contains("failure: {run: \"echo worse\"}"))
        #expect(Self.text(patched).contains("end: {run: \"echo end\"}"))
    }

    @Test func inputs() throws {
        var patch = WorkflowPatch()
        let accepted = [
            ("inputs.n", "12"), ("nodes.a.with.m", "[1, 2]"), ("nodes.a.with.text", "a: b # c"), ("inputs", "1"),
            ("nodes.a", "1"), ("nodes..run", "1"),
        ].map { patch.set($0.0, to: $0.1) }
        #expect(accepted == [true, true, true, false, false, false])
        let patched = Self.apply(patch, to: Self.load(Self.small))
        #expect(Self.faults(patched) == "")
        #expect(patched.inputs["n"] == 12)
        let with = try #require(patched.workflow.compilation.definition).nodes[0].options.with
        #expect(with.map { $0.template.normalJSON } == ["${{ inputs.n }}", [1, 2], "a: b # c"])
    }

    @Test func faultsStandInThePatch() {
        let patched = Self.apply(
            Self.patch(
                """
                inputs: {m: 1}
                nodes:
                  aa: {run: 'true'}
                  a: {timout: 5s, with: 3}
                  b: {timeout: soon, retry: {max_attempts: many}}
                pin:
                  a: {n: [1]}
                  b: 3
                pins: {}

                """), to: Self.load(Self.small))
        let lines = patched.faults.flatMap { fault in
            fault.diagnostics.map {
                "\(fault.sources.place(of: $0.span)) \($0.code) \($0.message) | \($0.help.joined(separator: "; "))"
            }
        }
        #expect(
            lines == [
                "patch.yaml:1:10 F0403 the workflow has no input `m` | there are `n`",
                "patch.yaml:3:3 F0204 there is no node `aa` in `small` | did you mean `a`?",
                "patch.yaml:4:7 F0201 unknown key `timout` in node `a` | did you mean `timeout`?",
                "patch.yaml:4:25 F0203 `with` takes a mapping | ",
                "patch.yaml:5:16 F0210 `soon` is not a duration | write a number with its unit, at most ten years: `500ms`, `10s`, `5m`, `2h`, `1d`",
                "patch.yaml:5:44 F0203 `max_attempts` takes a whole number | ",
                "patch.yaml:7:10 F0203 the output `n` of `a` is integer, not array of integer | ",
                "patch.yaml:8:6 F0203 what `b` puts out is a mapping of keys to values | ",
                "patch.yaml:9:1 F0201 unknown key `pins` in a patch | did you mean `pin`?",
            ])
    }

    @Test func whatDoesNotCompileIsShownInTheNewText() {
        let patched = Self.apply(
            Self.patch("nodes: {b: {set: {x: '${{ nodes.a.outputs.k }}'}}}"), to: Self.load(Self.small))
        #expect(Self.faults(patched).contains("w.yaml:16:"))
        #expect(Self.faults(patched).contains("^"))
    }

    @Test func awkwardTexts() throws {
        let values = [
            "a\nb", "\"q\" \\ ' # : {}", "${{ inputs.n }} x", "\u{1}\u{7F}\u{85}\u{2028}é🎫", "", " ", "- a", "@x",
        ]
        for value in values {
            for text in [
                Self.small,
                Self.small.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n"),
            ] {
                let target = TreePatch.Target(
                    path: ["nodes", "a"], change: ["with": ["n": .string(value), "new": .string(value)]])
                let edited = try #require(TreePatch.text(Array(text.utf8), [target]), "\(value)")
                #expect(edited != Array(text.utf8))
            }
        }
    }

    /// Every node of every workflow that comes with flow: one part is changed, and just that part differs.
    @Test(arguments: ShippedWorkflowTests.workflows) func roundTrip(_ path: String) throws {
        let full = FilePath.join(ShippedWorkflowTests.root, path)
        let workflow = try Self.loader.load(
            full, name: path, agentFolders: [FilePath.join(ShippedWorkflowTests.root, "agents")])
        let old = try #require(workflow.compilation.definition)
        for node in old.nodes + old.finally {
            let change: JSONValue = ["timeout": "77s", "title": "Another", "env": ["PATCHED": "1"]]
            let patched = Self.apply(
                Self.patch(
                    JSONValue.object(
                        JSONObject([
                            JSONObject.Member(
                                key: "nodes",
                                value: .object(JSONObject([JSONObject.Member(key: node.id, value: change)])))
                        ])
                    ).jsonText()), to: workflow)
            // The inputs that must be given are no fault of the patch.
            let new = try #require(patched.workflow.compilation.definition)
            try #require(patched.workflow.compilation.plan != nil, "\(node.id): \(Self.faults(patched))")
            let diff = DefinitionDiff(old: old, new: new)
            #expect(diff.changed.map(\.node) == [node.id])
            #expect(diff.changed.first?.changes.map(\.part) == ["env.PATCHED", "timeout"])
            #expect(diff.added.isEmpty && diff.removed.isEmpty && diff.inputs.isEmpty && diff.outputs.isEmpty)
        }
    }
}
