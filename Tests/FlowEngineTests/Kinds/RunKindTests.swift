// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

@Suite struct RunKindTests {
    @Test("Outputs as lines, blocks and JSON arrive with their declared types")
    func outputs() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs:
              all: {value: "${{ nodes.lines.outputs.n }}-${{ nodes.json.outputs.list[1] }}"}
            nodes:
              lines:
                run: |
                  echo "n=42" >> "$FLOW_OUTPUT"
                  echo "x=2.5" >> "$FLOW_OUTPUT"
                  echo "flag=true" >> "$FLOW_OUTPUT"
                  printf 'text=a=b <<c\n' >> "$FLOW_OUTPUT"
                  printf 'block<<END\nfirst\n\n  second=2\nEND\n' >> "$FLOW_OUTPUT"
                  printf 'data={"a":[1,2]}\n' >> "$FLOW_OUTPUT"
                outputs: {n: integer, x: number, flag: boolean, text: string, block: text, data: json}
              json:
                run: |
                  printf ' {"list": [1, "zwei"], "nothing": null}' > "$FLOW_OUTPUT"
                outputs: {list: array, nothing: json}
            """#)
        #expect(try await run.status == .succeeded)
        let lines = try await run.result(of: "lines")["outputs"]
        #expect(
            lines == [
                "n": 42, "x": 2.5, "flag": true, "text": "a=b <<c", "block": "first\n\n  second=2",
                "data": ["a": [1, 2]],
            ])
        #expect(try await run.result(of: "json")["outputs"] == ["list": [1, "zwei"], "nothing": nil])
        #expect(try await run.outputs["all"] == "42-zwei")
        await project.close()
    }

    @Test(
        "What a node puts out otherwise than it declares is a schema mismatch",
        arguments: [
            (#"echo surprise=1 >> "$FLOW_OUTPUT""#, "surprise"), ("true", "n"),
            (#"echo n=four >> "$FLOW_OUTPUT""#, "four"), (#"echo '{"n": "4"}' > "$FLOW_OUTPUT""#, "string"),
            (#"echo '{"n": 4' > "$FLOW_OUTPUT""#, "JSON"), (#"echo n >> "$FLOW_OUTPUT""#, "line 1"),
            (#"printf 'n<<END\n4\n' >> "$FLOW_OUTPUT""#, "END"), (#"printf 'n=1\nn=2\n' >> "$FLOW_OUTPUT""#, "twice"),
            (#"printf 'n=\377\n' >> "$FLOW_OUTPUT""#, "UTF-8"), (#"echo '{"n": null}' > "$FLOW_OUTPUT""#, "n"),
            (#"echo '[4]' > "$FLOW_OUTPUT""#, "neither"),
        ])
    func mismatch(_ script: String, _ word: String) async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              bad:
                run: |
                  \(script)
                outputs: {n: integer}
              after: {needs: [bad], run: "true"}
            """)
        let failure = try await run.failure(of: "bad")
        #expect(failure.reason == .schemaMismatch, "\(failure)")
        #expect(failure.message.contains(word), "\(failure)")
        #expect(try await run.status(of: "after") == .omitted)
        #expect(try await run.outcome() == .ended(.failed, reason: "node `bad` failed"))
        await project.close()
    }

    @Test("Files are kept by their digest, and dependent nodes read them by path")
    func artifacts() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              make:
                run: |
                  mkdir sub
                  printf 'same' > sub/a.txt
                  printf 'same' > b.txt
                artifacts:
                  - {name: a, path: sub/a.txt, media_type: text/plain}
                  - {name: b, path: b.txt}
                  - {name: c, path: c.txt, optional: true}
              read:
                needs: [make]
                with: {file: "${{ nodes.make.artifacts.a }}"}
                run: echo "text=$(cat "$FLOW_WITH_FILE")" >> "$FLOW_OUTPUT"
                outputs: {text: string}
            """#)
        #expect(try await run.output("read", "text") == "same")
        let store = try await project.engine().store
        let row = try #require(try await run.reader.nodes(of: run.id).first { $0.node == "make" })
        let digest = try #require(row.result)
        let record = NodeRecord(json: try #require(try await run.reader.json(digest)))
        #expect(record.artifacts.map(\.name) == ["a", "b"])
        #expect(record.artifacts.map(\.size) == [4, 4])
        let same = Digest(of: Array("same".utf8))
        #expect(record.artifacts.allSatisfy { $0.digest == same })
        let path = try #require(store.path(of: same))
        #expect(try File.readText(path, limit: 100) == "same")
        await project.close()
    }

    @Test(
        "A file that is missing, leads out of the work directory or is none is refused",
        arguments: [
            ("true", "did not leave"), ("ln -s /etc/passwd out.txt", "work directory"), ("mkdir out.txt", "not a file"),
            ("ln -s nowhere out.txt", "out.txt"),
        ])
    func badArtifact(_ script: String, _ word: String) async throws {
        let project = try TestProject()
        let run = try await project.run(
            """
            nodes:
              make: {run: "\(script)", artifacts: {out: out.txt}}
            """)
        let failure = try await run.failure(of: "make")
        #expect(failure.reason == .schemaMismatch && failure.message.contains(word), "\(failure)")
        await project.close()
    }

    static let nasty = [
        "", " ", "plain", "it's \"quoted\"", "line one\nline two\n", "$(id) `id` ; rm -rf / & | > x", "${{ inputs.x }}",
        "\\n\\t\\0", "\t\r\n", "żółć 🎫 日本語 e\u{301}", "-n", "--", "*", "a=b", "%s%n", "\u{1}\u{7F}",
    ]

    @Test("Values reach programs byte for byte, by environment, by `with` and by file", arguments: nasty)
    func exact(_ value: String) async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            inputs: {x: {type: string}, out: {type: string}}
            nodes:
              say:
                with: {x: "${{ inputs.x }}", out: "${{ inputs.out }}"}
                env: {PLAIN: "${{ inputs.x }}", MIXED: "<${{ inputs.x }}>"}
                run: |
                  printf %s "$FLOW_WITH_X" > "$FLOW_WITH_OUT.with"
                  printf %s "$PLAIN" > "$FLOW_WITH_OUT.env"
                  printf %s "$MIXED" > "$FLOW_WITH_OUT.mixed"
                  cat "$FLOW_INPUT" > "$FLOW_WITH_OUT.json"
              words:
                with: {x: "${{ inputs.x }}"}
                run: [python3, -c, "import os, sys; sys.exit(os.environ['FLOW_WITH_X'] != os.environ['X'])"]
                env: {X: "${{ inputs.x }}"}
            """#, inputs: ["x": .string(value), "out": .string(project.file("out"))])
        #expect(try await run.status == .succeeded)
        #expect(try File.read(project.file("out.with"), limit: 1000) == Array(value.utf8))
        #expect(try File.read(project.file("out.env"), limit: 1000) == Array(value.utf8))
        #expect(try File.read(project.file("out.mixed"), limit: 1000) == Array("<\(value)>".utf8))
        let json = try JSONValue.parse(try File.read(project.file("out.json"), limit: 1000))
        #expect(json["x"]?.stringValue.map { Array($0.utf8) } == Array(value.utf8))
        await project.close()
    }

    @Test("A value of 90 kB reaches a program whole; a larger one by file")
    func large() async throws {
        let project = try TestProject()
        let text = String(repeating: "0123456789abcde\n", count: 90_000 / 16)
        let larger = String(repeating: "ü", count: 200_000)
        let run = try await project.run(
            #"""
            inputs: {x: {type: string}, larger: {type: string}}
            nodes:
              count:
                with: {x: "${{ inputs.x }}", larger: "${{ inputs.larger }}"}
                run: |
                  echo "sum=$(printf %s "$FLOW_WITH_X" | sha256sum | cut -d' ' -f1)" >> "$FLOW_OUTPUT"
                  echo "unset=${FLOW_WITH_LARGER-yes}" >> "$FLOW_OUTPUT"
                  echo "size=$(wc -c < "$FLOW_INPUT")" >> "$FLOW_OUTPUT"
                outputs: {sum: string, unset: string, size: integer}
            """#, inputs: ["x": .string(text), "larger": .string(larger)])
        #expect(try await run.output("count", "sum").stringValue == Digest(of: Array(text.utf8)).hex)
        #expect(try await run.output("count", "unset") == "yes")
        #expect(try await run.output("count", "size").integerValue ?? 0 > 490_000)
        await project.close()
    }

    @Test("Programs know where they run, and see no variable that nobody declared")
    func variables() async throws {
        let project = try TestProject(environment: ["UNDECLARED": "x", "LANG": "C.UTF-8"])
        let run = try await project.run(
            #"""
            env: {ALL: "for ${{ run.workflow }}"}
            nodes:
              each:
                foreach: {items: [7], key: "'k/' + to_string(item)"}
                run: |
                  for name in RUN_ID WORKFLOW NODE ATTEMPT IDEMPOTENCY_KEY WORKFLOW_DIR; do
                    eval "echo \"$(echo $name | tr A-Z a-z)=\$FLOW_$name\"" >> "$FLOW_OUTPUT"
                  done
                  echo "rest=${UNDECLARED-none} $ALL $LANG" >> "$FLOW_OUTPUT"
                  echo "here=$(pwd)" >> "$FLOW_OUTPUT"
                outputs: {run_id: string, workflow: string, node: string, attempt: integer, idempotency_key: string,
                  workflow_dir: string, rest: string, here: string}
            """#)
        let node = "each[k/7]"
        #expect(try await run.output(node, "run_id").stringValue == run.id)
        #expect(try await run.output(node, "workflow") == "test")
        #expect(try await run.output(node, "node").stringValue == node)
        #expect(try await run.output(node, "attempt") == 1)
        #expect(try await run.output(node, "idempotency_key").stringValue == "\(run.id)/\(node)/1")
        #expect(try await run.output(node, "rest") == "none for test C.UTF-8")
        let folder = try #require(try await run.output(node, "workflow_dir").stringValue)
        #expect(File.exists(FilePath.join(folder, "test.yaml")))
        let here = try #require(try await run.output(node, "here").stringValue)
        #expect(FilePath.isInside(here, root: project.store))
        #expect(!File.exists(here), "the work directory of a success is gone")
        #expect(try project.files(below: project.store).allSatisfy { !$0.contains(".control") })
        await project.close()
    }

    @Test("Standard output is never taken for outputs; it goes to the log as it is")
    func standardOutput() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              say:
                run: |
                  echo "n=1"
                  echo '::set-output name=n::2'
                  echo "to the other" >&2
                  printf 'no newline'
                  echo "n=3" >> "$FLOW_OUTPUT"
                outputs: {n: integer}
            """#)
        #expect(try await run.output("say", "n") == 3)
        let log = try run.log("say")
        #expect(
            log.filter { $0.hasPrefix("output ") } == [
                "output n=1", "output ::set-output name=n::2", "output no newline",
            ])
        #expect(log.contains("error to the other"))
        await project.close()
    }

    @Test("Each attempt has an empty folder of its own; what a failed one left is kept for looking at")
    func privateFolder() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              twice:
                retry: {max_attempts: 2, delay: 0s}
                run: |
                  ls -A | tee -a ../seen
                  [ "$FLOW_ATTEMPT" = 2 ] || { touch left; exit 3; }
                  [ ! -e left ]
            """#)
        #expect(try await run.status == .succeeded)
        let layout = RunLayout(folder: project.store)
        #expect(File.exists(FilePath.join(layout.work("twice", attempt: 1, of: run.id), "left")))
        #expect(!File.exists(layout.work("twice", attempt: 2, of: run.id)))
        #expect(try run.log("twice", attempt: 1).allSatisfy { $0.hasPrefix("engine") })
        await project.close()
    }

    @Test("An input file is copied: what happens to the original during the run has no effect")
    func inputFile() async throws {
        let project = try TestProject()
        let original = try project.write("data.txt", "before")
        let run = try await project.run(
            #"""
            inputs: {file: {type: file}, original: {type: string}}
            nodes:
              change:
                with: {original: "${{ inputs.original }}"}
                run: |
                  echo after > "$FLOW_WITH_ORIGINAL"
              read:
                needs: [change]
                with: {file: "${{ inputs.file }}"}
                run: |
                  echo "text=$(cat "$FLOW_WITH_FILE") $(basename "$FLOW_WITH_FILE")" >> "$FLOW_OUTPUT"
                outputs: {text: string}
            """#, inputs: ["file": .string(original), "original": .string(original)])
        #expect(try await run.output("read", "text") == "before data.txt")
        await project.close()
    }

    @Test(
        "The end of a program is named",
        arguments: [
            ("exit 3", FailureReason.exitCode, "exit code 3", 3),
            ("no-such-program", .exitCode, "a program was not found", 127),
            ("touch x; ./x", .exitCode, "not executable", 126),
            ("kill -KILL $$", .signal, "SIGKILL", nil), ("kill -SEGV $$", .signal, "SIGSEGV", nil),
            ("kill -TERM $$", .signal, "SIGTERM", nil), ("false | true", .exitCode, "exit code 1", 1),
            ("echo one >&2; echo two >&2; exit 9", .exitCode, "exit code 9", 9),
        ] as [(String, FailureReason, String, Int?)])
    func endings(_ script: String, _ reason: FailureReason, _ words: String, _ code: Int?) async throws {
        let project = try TestProject()
        let run = try await project.run("nodes: {a: {run: '\(script)'}}")
        let failure = try await run.failure(of: "a")
        #expect(failure.reason == reason && failure.exitCode == code, "\(failure)")
        #expect(failure.message.contains(words), "\(failure)")
        if script.contains("echo") { #expect(failure.excerpt == "one\ntwo") }
        await project.close()
    }

    @Test("A program that is not there is a failure to spawn, which is not tried again")
    func noProgram() async throws {
        let project = try TestProject()
        let run = try await project.run("nodes: {a: {run: [/no/such/program], retry: {max_attempts: 3, delay: 0s}}}")
        #expect(try await run.failures(of: "a").map(\.failure.reason) == [.spawn])
        await project.close()
    }
}
