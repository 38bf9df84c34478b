// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Testing

@testable import FlowEngine

@Suite struct FileOutputTests {
    @Test("A file that an output names is kept, and what follows reads it")
    func file() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            outputs: {report: {type: file, value: "${{ nodes.write.outputs.report }}"}}
            nodes:
              write:
                run: |
                  mkdir out; echo hello > out/report.txt; echo "a,b" > t.csv; echo x > p.svg
                  echo "report=out/report.txt" >> "$FLOW_OUTPUT"
                  echo "table=$PWD/t.csv" >> "$FLOW_OUTPUT"
                  echo "plot=p.svg" >> "$FLOW_OUTPUT"
                outputs: {report: file, table: table, plot: plot}
                artifacts: {picture: p.svg}
              read:
                needs: [write]
                with: {path: "${{ nodes.write.outputs.report }}", table: "${{ nodes.write.outputs.table }}"}
                run: |
                  echo "text=$(cat "$FLOW_WITH_PATH") $(cat "$FLOW_WITH_TABLE")" >> "$FLOW_OUTPUT"
                outputs: {text: string}
            """#)
        #expect(try await run.output("read", "text") == "hello a,b")
        let path = try #require(try await run.outputs["report"]?.stringValue)
        #expect(try File.readText(path, limit: 100) == "hello\n")
        // An output and an artifact that are one file are kept once.
        let result = try await run.result(of: "write")
        #expect(result["outputs"]?["plot"] == result["artifacts"]?["picture"])
        #expect(
            try await run.reader.outputs(
                of: try #require(try await run.reader.summary(of: run.id)),
                plan: try #require(try await project.load("nodes: {a: {run: \"true\"}}").compilation.plan),
                layout: RunLayout(folder: project.store)
            ).isEmpty)
        await project.close()
    }

    @Test("Files of a fan-out come back as lists in the order of the items")
    func items() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              each:
                foreach: {items: [c, a, b], key: item, on_failure: continue}
                with: {name: "${{ item }}"}
                run: |
                  [ "$FLOW_WITH_NAME" != a ]
                  echo "file of $FLOW_WITH_NAME" > out.txt
                  echo "own=out.txt" >> "$FLOW_OUTPUT"
                artifacts: {text: out.txt}
                outputs: {own: file}
              empty: {foreach: {items: []}, run: "true", artifacts: {text: out.txt}}
              read:
                needs: [each, empty]
                with:
                  paths: "${{ filter(nodes.each.artifacts.text, it != null) }}"
                  first: "${{ nodes.each.outputs.own[0] ?? '' }}"
                  none: "${{ length(nodes.empty.artifacts.text) }}"
                env: {PATHS: "${{ join(filter(nodes.each.artifacts.text, it != null), ' ') }}"}
                run: |
                  echo "all=$(cat $PATHS | tr '\n' ',')" >> "$FLOW_OUTPUT"
                  echo "first=$(cat "$FLOW_WITH_FIRST") $FLOW_WITH_NONE" >> "$FLOW_OUTPUT"
                outputs: {all: string, first: string}
            """#)
        #expect(try await run.output("read", "all") == "file of c,file of b,")
        #expect(try await run.output("read", "first") == "file of c 0")
        let paths = try #require(try await run.result(of: "each")["artifacts"]?["text"]?.arrayValue)
        #expect(paths.count == 3 && paths[1] == .null)
        await project.close()
    }

    @Test("A list of files is kept file by file")
    func list() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              write:
                run: |
                  echo 1 > one; echo 2 > two
                  printf '{"all": ["two", "one"]}' >> "$FLOW_OUTPUT"
                outputs: {all: files}
              pass:
                needs: [write]
                set: {again: "${{ nodes.write.outputs.all[1] }}"}
                outputs: {again: file}
            """#)
        let paths = try #require(try await run.output("write", "all").arrayValue).compactMap(\.stringValue)
        #expect(try paths.map { try File.readText($0, limit: 10) } == ["2\n", "1\n"])
        #expect(try await run.output("pass", "again").stringValue == paths[1])
        await project.close()
    }

    @Test(
        "An output that names no file, or one outside, fails the node",
        arguments: [
            ("gone.txt", "which is no file"), ("/etc/passwd", "work directory"), (".", "no file"),
            ("link", "work directory"),
        ])
    func refused(_ path: String, _ words: String) async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            nodes:
              write: {run: 'ln -s /etc/passwd link; echo "f=\#(path)" >> "$FLOW_OUTPUT"', outputs: {f: file}}
            """#)
        let failure = try await run.failure(of: "write")
        #expect(failure.reason == .schemaMismatch && failure.message.contains(words), "\(failure)")
        await project.close()
    }

    @Test("What looks like an expression in a value stays text, wherever the value goes")
    func valuesAreNotExpandedAgain() async throws {
        let project = try TestProject()
        let text = "${{ inputs.secret }} $${{ x }} ${{"
        let run = try await project.run(
            #"""
            inputs: {text: {type: string}, data: {type: object}, secret: {type: string, default: opened}}
            outputs:
              out: "${{ nodes.show.outputs.env }}"
              whole: "<${{ nodes.keep.outputs.text }}|${{ inputs.secret }}>"
            env: {GLOBAL: "${{ inputs.text }}"}
            nodes:
              keep: {set: {text: "${{ inputs.text }}", data: "${{ inputs.data }}", list: ["${{ inputs.text }}"]}}
              show:
                needs: [keep]
                foreach: {items: "${{ nodes.keep.outputs.list }}"}
                when: item != ''
                env: {VALUE: "${{ item }}"}
                with: {data: "${{ nodes.keep.outputs.data }}", json: "${{ to_json(nodes.keep.outputs.data) }}"}
                run: |
                  { printf 'env<<END\n%s\nEND\n' "$VALUE"; printf 'global<<END\n%s\nEND\n' "$GLOBAL"
                    printf 'json<<END\n%s\nEND\n' "$FLOW_WITH_JSON"; printf 'data<<END\n%s\nEND\n' "$FLOW_WITH_DATA"; } >> "$FLOW_OUTPUT"
                outputs: {env: string, global: string, json: string, data: string}
              after: {needs: [show], set: {text: "${{ nodes.show.outputs.env[0] ?? '' }}!"}}
            """#, inputs: ["text": .string(text), "data": ["k": .string(text)]])
        #expect(try await run.output("show", "env") == [.string(text)])
        #expect(try await run.output("show", "global") == [.string(text)])
        let json = JSONValue.object(JSONObject([.init(key: "k", value: .string(text))])).jsonText(.compact)
        #expect(try await run.output("show", "json") == [.string(json)])
        #expect(try await run.output("show", "data") == [.string(json)])
        #expect(try await run.output("after", "text") == .string(text + "!"))
        #expect(try await run.outputs["out"] == [.string(text)])
        #expect(try await run.outputs["whole"] == .string("<\(text)|opened>"))
        await project.close()
    }
}
