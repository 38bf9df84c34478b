// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine
import Testing

/// What is proposed, also in texts that are being typed and cannot be read.
struct CompletionTests {
    static let head = """
        flow: 1
        name: demo
        inputs:
          topic: {type: string, default: x}
          rows: {type: integer, default: 1}
        nodes:
          fetch:
            title: Get it
            run: echo "n=1" >> "$FLOW_OUTPUT"
            outputs: {n: integer, names: array}
          count:
            needs: [fetch]
            set: {twice: "${{ nodes.fetch.outputs.n * 2 }}"}

        """

    @Test(arguments: [
        // Keys.
        ("    ‸", ["run", "needs", "retry", "agent", "when"]),
        ("    run: x\n    ‸", ["needs", "shell", "timeout"]),
        ("    retry:\n      ‸", ["max_attempts", "delay", "on"]),
        ("    retry: {‸", ["max_attempts", "delay"]),
        ("    retry: {delay: 1s, ma‸", ["max_attempts"]),
        ("    agent: writer\n    ou‸", ["output", "outputs", "prompt"]),
        ("    http: {url: x, ‸}", ["method", "headers"]),
        ("    artifacts:\n      - name: a\n        ‸", ["path", "optional"]),
        ("    artifacts: [{name: a, ‸", ["path", "optional"]),
        ("    sql:\n      tables:\n        t: {‸", ["file", "columns"]),
        // Values.
        ("    on_failure: ‸", ["fail", "continue", "skip_downstream"]),
        ("    on_failure: con‸\n    run: x", ["continue"]),
        ("    agent: ‸", ["writer"]), ("    agent: wri‸", ["writer"]), ("    needs: ‸", ["fetch", "count"]),
        ("    needs: [fetch, ‸", ["count"]), ("    needs:\n      - ‸", ["fetch", "count"]),
        ("    needs:\n    - fetch\n    - ‸", ["count"]), ("    needs: {‸", ["fetch", "count"]),
        ("    needs: {fetch: ‸", ["succeeded", "failed"]), ("    retry: {on: [‸", ["timeout"]),
        ("    outputs: {a: ‸", []), ("    sql: {file: ‸", ["query.sql"]),
        // Names in expressions.
        ("    set: {a: \"${{ ‸", ["inputs", "nodes", "join", "run"]),
        ("    set: {a: \"${{ inputs.‸", ["topic", "rows"]), ("    set: {a: \"${{ inputs.to‸ }}\"}", ["topic"]),
        ("    set:\n      a: ${{ nodes.‸ }}", ["fetch", "count"]),
        ("    set:\n      a: ${{ nodes.fetch.‸ }}", ["outputs", "artifacts", "status"]),
        ("    set:\n      a: ${{ nodes.fetch.outputs.‸", ["n", "names"]), ("    when: inputs.‸", ["topic"]),
        ("    when: \"inputs.rows > 1 && inputs.‸", ["topic"]), ("    when: len(‸", ["inputs"]),
        ("    agent: writer\n    prompt: |\n      About ${{ inputs.‸\n      and so on", ["topic"]),
        ("    agent: writer\n    prompt: >-\n      if: this\n        is: ${{ inputs.‸", ["topic"]),
    ]) func proposes(tail: String, wanted: [String]) {
        var session = Session()
        let found = session.proposals(Self.head + "  last:\n" + tail)
        for word in wanted { #expect(found.contains(word), "\(word) at `\(tail)`, but only \(found)") }
    }

    @Test(arguments: [
        ("    set: {a: \"${{ inputs.‸", ["topic", "rows"]),
        ("    set: {a: \"${{ nodes.fetch.outputs.‸", ["n", "names"]), ("    set: {a: \"${{ 'inputs.‸", []),
        ("    set: {a: \"${{ inputs.topic }} ‸", []), ("    needs: [fetch, ‸", ["count"]),
        ("    run: |\n      echo ‸", []), ("    run: inputs.‸", []), ("    title: ‸", []),
        ("    on_failure: ‸", ["fail", "continue", "skip_downstream"]),
    ]) func proposesExactly(tail: String, wanted: [String]) {
        var session = Session()
        #expect(session.proposals(Self.head + "  last:\n" + tail) == wanted)
    }

    @Test func keysThatAreThereAreNotProposedAgain() {
        var session = Session()
        let found = session.proposals(Self.head + "  last:\n    run: x\n    title: y\n    ‸\n    shell: sh\n")
        for word in ["run", "title", "shell", "agent", "prompt", "sql"] { #expect(!found.contains(word)) }
        #expect(found.contains("grace"))
    }

    @Test func theItemOfAFanOutIsKnown() {
        var session = Session()
        let text =
            Self.head + "  last:\n    foreach: {items: [1], as: one}\n    set: {a: 1}\n  more:\n    run: x\n"
        _ = session.open(text)
        let found = session.proposals(
            Self.head
                + "  last:\n    foreach: {items: [1], as: one}\n    set: {a: 1, b: \"${{ ‸ }}\"}\n")
        #expect(found.contains("one"))
        #expect(found.contains("item_index"))
    }

    @Test func topLevelKeys() {
        var session = Session()
        let found = session.proposals("flow: 1\nname: x\n‸")
        #expect(found.contains("nodes"))
        #expect(found.contains("inputs"))
        #expect(!found.contains("flow"))
        #expect(session.proposals("").isEmpty == false)
    }

    @Test func agentFiles() {
        var session = Session()
        #expect(session.proposals("agent: 1\nname: x\n‸").contains("instructions"))
        #expect(session.open("agent: 1\nname: x\n").contains { $0["code"] == "F0202" })
    }

    /// A proposal replaces what is already written of it.
    @Test func theWordIsReplaced() throws {
        var session = Session()
        let (text, _, _) = Session.unmarked(Self.head + "  last:\n    on_failure: con‸")
        let answer = session.ask("textDocument/completion", Self.head + "  last:\n    on_failure: con‸")
        let item = try #require(answer["result"]?["items"]?.arrayValue?.first { $0["label"] == "continue" })
        let edit = try #require(item["textEdit"])
        #expect(Session.applied([edit], to: text).hasSuffix("    on_failure: continue"))
    }
}
