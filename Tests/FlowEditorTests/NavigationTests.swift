// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine
import Testing

/// Hover, definitions, references, rename and quick fixes.
struct NavigationTests {
    static let text = """
        flow: 1
        name: demo
        mode:
          examples: [{name: one, inputs: {topic: a}}]
        inputs:
          topic: {type: string, default: x, label: The topic}
        outputs:
          result: ${{ nodes.write.outputs.text }}
        nodes:
          fetch:
            title: Get it
            when: inputs.topic != 'fetch'
            run: echo "fetch topic"
            env: {T: "é ${{ inputs.topic }} and ${{ inputs['topic'] }}"}
            outputs: {n: integer}
          write:
            needs: {fetch: succeeded}
            agent: writer
            retry: {max_attempts: 2}
            prompt: |
              Wörter: ${{ nodes.fetch.outputs.n }}, fetch
              ${{ nodes["fetch"].status }} ${{ upper(inputs.topic) }}
        finally:
          end:
            when: nodes.fetch.status == 'failed'
            run: echo fetch

        """

    private static func marked(_ before: String, occurrence: Int = 1) -> String {
        var rest = text[...]
        var head = ""
        for _ in 0..<occurrence {
            guard let range = rest.firstRange(of: before) else { return text }
            head += rest[..<range.upperBound]
            rest = rest[range.upperBound...]
        }
        return head + "‸" + rest
    }

    @Test func theTextIsSound() {
        var session = Session()
        let found = session.open(Self.text)
        #expect(found.isEmpty, "\(found)")
    }

    @Test(arguments: [
        ("    retry: {max_att", "All attempts"), ("    prom", "What the agent is asked"),
        ("nodes.fetch.outputs.n", "`nodes.fetch.outputs.n`: integer"), ("T: \"é ${{ inputs.top", "The topic"),
        ("${{ upp", "upper(text: string) -> string"), ("needs: {fe", "Get it"), ("agent: wri", "Writes texts"),
        ("  fe", "node `fetch`"), ("max_attempts: 2", "All attempts"), ("${{ nodes.fetch.out", "outputs"),
        ("when: inputs.top", "`inputs.topic`: string"),
    ]) func hoverTells(place: String, words: String) {
        var session = Session()
        let told = session.hover(Self.marked(place))
        #expect(told.contains(words), "\(told)")
    }

    @Test(arguments: [
        ("needs: {fet", 9), ("${{ nodes.fet", 9), ("nodes[\"fet", 9), ("${{ nodes.fetch.outputs.", 14),
        ("${{ inputs.to", 5), ("when: inputs.to", 5), ("outputs.te", 15), ("nodes.fetch.status == 'failed'", -1),
    ]) func definitionIsFound(place: String, line: Int64) {
        var session = Session()
        let answer = session.ask("textDocument/definition", Self.marked(place))
        #expect(answer["result"]?["range"]?["start"]?["line"]?.integerValue ?? -1 == line, "\(answer)")
    }

    @Test func anAgentLeadsToItsFile() {
        var session = Session()
        let answer = session.ask("textDocument/definition", Self.marked("agent: wri"))
        #expect(answer["result"]?["uri"] == "file:///work/agents/writer.yaml")
    }

    @Test func definitionInATextThatIsNoYAML() {
        var session = Session()
        let answer = session.ask("textDocument/definition", Self.text + "  x: [\n  y:\n    needs: [fet‸ch\n")
        #expect(answer["result"] == .null || answer["result"]?["range"]?["start"]?["line"] == 9)
        let name = session.ask("textDocument/definition", Self.text + "  y:\n    a: \"\n    when: nodes.fe‸tch\n")
        #expect(name["result"]?["range"]?["start"]?["line"] == 9)
    }

    @Test func referencesAreAllPlaces() {
        var session = Session()
        let answer = session.ask("textDocument/references", Self.marked("needs: {fet"))
        let lines = answer["result"]?.arrayValue?.compactMap { $0["range"]?["start"]?["line"]?.integerValue }
        #expect(lines == [9, 16, 20, 21, 24])
    }

    private static func rename(_ place: String, to name: String) -> (text: String?, error: String?) {
        var session = Session()
        var more = JSONObject()
        more["newName"] = .string(name)
        let answer = session.ask("textDocument/rename", marked(place), more)
        let edits = answer["result"]?["changes"]?[Session.uri]?.arrayValue
        return (edits.map { Session.applied($0, to: text) }, answer["error"]?["message"]?.stringValue)
    }

    @Test(arguments: ["needs: {fet", "${{ nodes.fet", "nodes[\"fe", "  fet"]) func aNodeIsRenamedEverywhere(
        place: String
    ) {
        let wanted = [
            ("  fetch:\n", "  load:\n"), ("needs: {fetch:", "needs: {load:"), ("nodes.fetch.", "nodes.load."),
            ("nodes[\"fetch\"]", "nodes[\"load\"]"),
        ].reduce(Self.text) { text, pair in
            text.split(separator: pair.0, omittingEmptySubsequences: false).joined(separator: pair.1)
        }
        #expect(Self.rename(place, to: "load").text == wanted)
    }

    @Test(arguments: ["inputs:\n  top", "${{ inputs.to", "when: inputs.to", "inputs: {to"])
    func anInputIsRenamedEverywhere(place: String) {
        let wanted = [
            ("  topic: {", "  theme: {"), ("inputs.topic", "inputs.theme"), ("inputs['topic']", "inputs['theme']"),
            ("inputs: {topic:", "inputs: {theme:"),
        ].reduce(Self.text) { text, pair in
            text.split(separator: pair.0, omittingEmptySubsequences: false).joined(separator: pair.1)
        }
        #expect(Self.rename(place, to: "theme").text == wanted)
    }

    @Test(arguments: [("needs: {fet", "write"), ("needs: {fet", "inputs"), ("needs: {fet", "2x"), ("ret", "x")])
    func aBadNameIsRefused(place: String, name: String) {
        let (text, error) = Self.rename(place, to: name)
        #expect(text == nil)
        #expect(error != nil)
    }

    @Test func whatCannotBeRenamedIsSaidBefore() {
        var session = Session()
        #expect(session.ask("textDocument/prepareRename", Self.marked("    ret"))["result"] == .null)
        let answer = session.ask("textDocument/prepareRename", Self.marked("needs: {fet"))
        #expect(answer["result"]?["placeholder"] == "fetch")
    }

    @Test func quickFixesCure() throws {
        var session = Session()
        let broken = Self.text.split(separator: "needs: {fetch", omittingEmptySubsequences: false)
            .joined(separator: "needs: {fecth")
        let found = session.open(broken)
        let fault = try #require(found.first { $0["code"] == "F0204" })
        #expect(fault["data"]?["fixes"]?.arrayValue?.count == 1)
        #expect(fault["relatedInformation"]?.arrayValue?.count == 1)
        let answer = session.request(
            "textDocument/codeAction",
            [
                "textDocument": ["uri": .string(Session.uri)], "range": fault["range"] ?? .null,
                "context": ["diagnostics": [fault]],
            ])
        let edits = answer["result"]?.arrayValue?.first?["edit"]?["changes"]?[Session.uri]?.arrayValue ?? []
        #expect(Session.applied(edits, to: broken) == Self.text)
    }

    @Test func theOutlineShowsSections() {
        var session = Session()
        _ = session.open(Self.text + "  broken: [\n")
        let answer = session.request(
            "textDocument/documentSymbol", ["textDocument": ["uri": .string(Session.uri)]])
        let sections = answer["result"]?.arrayValue ?? []
        let nodes = sections.first { $0["name"] == "nodes" }?["children"]?.arrayValue ?? []
        #expect(nodes.map { $0["name"] } == ["fetch", "write"])
        #expect(nodes.map { $0["detail"] } == ["run", "agent"])
    }

    @Test(arguments: ["dot", "svg", "mermaid", "json"]) func theGraphIsText(format: String) {
        var session = Session()
        _ = session.open(Self.text)
        let answer = session.request(
            "workspace/executeCommand",
            ["command": "flow.graph", "arguments": [.string(Session.uri), .string(format)]])
        #expect(answer["result"]?["text"]?.stringValue?.contains("fetch") == true)
        // The last plan stands by while the text has faults.
        _ = session.open(Self.text)
        _ = session.notify(
            "textDocument/didChange",
            ["textDocument": ["uri": .string(Session.uri), "version": 9], "contentChanges": [["text": "flow: ["]]])
        let later = session.request(
            "workspace/executeCommand",
            ["command": "flow.graph", "arguments": [.string(Session.uri), .string(format)]])
        #expect(later["result"]?["text"]?.stringValue?.contains("fetch") == true)
    }
}
