// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine
import Testing

/// Keys that name other parts of the file: `switch`, `fallback`, `handlers`, pools, agents written inside.
struct EditorRouteTests {
    static let text = """
        flow: 1
        name: routes
        pools: {gpu: 2}
        agents:
          critic: {instructions: Judge.}
        nodes:
          choose:
            switch: ${{ 'b' }}
            cases: {a: left, b: [right]}
            default: left
          left: {run: echo left, pool: gpu, fallback: spare}
          right: {run: echo right}
          spare: {run: echo spare}
          judge: {agent: critic, prompt: Is it good?, pool: {name: gpu, units: 2}}
        handlers:
          failure: {run: echo failed, timeout: 5s}

        """

    @Test func theTextHasNoErrors() {
        var session = Session()
        let errors = session.open(Self.text).filter { $0["severity"] == 1 }
        #expect(errors.isEmpty, "\(errors)")
    }

    private static func renamed(_ marked: String, to name: String) -> (text: String?, error: String) {
        var session = Session()
        var more = JSONObject()
        more["newName"] = .string(name)
        let answer = session.ask("textDocument/rename", marked, more)
        let edits = answer["result"]?["changes"]?[Session.uri]?.arrayValue
        return (edits.map { Session.applied($0, to: text) }, answer["error"]?["message"]?.stringValue ?? "")
    }

    private static func mark(_ place: String) -> String {
        guard let range = text.firstRange(of: place) else { return text }
        return text[..<range.upperBound] + "‸" + text[range.upperBound...]
    }

    @Test(arguments: [
        ("  lef", "west", ["a: left", "default: left", "  left: {"], ["a: west", "default: west", "  west: {"]),
        ("b: [rig", "east", ["[right]", "  right: {"], ["[east]", "  east: {"]),
        ("fallback: sp", "help", ["fallback: spare", "  spare: {"], ["fallback: help", "  help: {"]),
        ("agent: cri", "judge", ["  critic: {", "agent: critic"], ["  judge: {", "agent: judge"]),
        ("name: gp", "card", ["{gpu: 2", "pool: gpu", "name: gpu"], ["{card: 2", "pool: card", "name: card"]),
    ]) func aNameIsRenamedEverywhere(place: String, name: String, old: [String], new: [String]) {
        let wanted = zip(old, new).reduce(Self.text) { text, pair in
            text.split(separator: pair.0, omittingEmptySubsequences: false).joined(separator: pair.1)
        }
        let (text, error) = Self.renamed(Self.mark(place), to: name)
        #expect(text == wanted, "\(error)")
    }

    @Test(arguments: [
        ("  last: {run: x, fallback: ‸", ["left", "spare"]), ("  last: {run: x, pool: ‸", ["gpu"]),
        ("  last: {agent: ‸", ["critic", "writer"]), ("  last:\n    switch: x\n    cases: {a: ‸", ["left", "right"]),
        ("  last:\n    switch: x\n    default: ‸", ["left", "right"]),
    ]) func namesAreProposed(tail: String, wanted: [String]) {
        var session = Session()
        let head = Self.text.prefix(upTo: Self.text.firstRange(of: "handlers:")?.lowerBound ?? Self.text.endIndex)
        let found = session.proposals(head + tail)
        for word in wanted { #expect(found.contains(word), "\(word) at `\(tail)`, but only \(found)") }
    }

    @Test func aHandlerIsANode() {
        var session = Session()
        #expect(session.hover(Self.mark("failed, time")).contains("time limit of an attempt"))
        #expect(session.proposals(Self.text + "  success:\n    ‸").contains("run"))
    }

    /// The faults of an included file are shown where it is named.
    @Test func faultsOfIncludedFilesAreTold() {
        var session = Session()
        let found = session.open("flow: 1\nname: x\ninclude: query.sql\nnodes: {a: {run: x}}\n")
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0["range"]?["start"]?["line"] == 2 })
        #expect(found.contains { $0["message"]?.stringValue?.contains("query.sql:") == true }, "\(found)")
    }
}
