// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine
import Testing

/// The definition, the plan and its drawings, word by word.
struct PlanSnapshotTests {
    static let folder = Fixtures.folder("Plans")
    static let statuses: [String: NodeStatus] = [
        "load": .succeeded, "measure": .running, "measure[0]": .succeeded, "measure[1]": .running, "ask": .skipped,
    ]

    static func plan(_ name: String) throws -> (Plan, Compilation) {
        let compilation = try Fixtures.compile(FilePath.join(folder, name + ".yaml"), name: name + ".yaml")
        #expect(Fixtures.printer.text(compilation.diagnostics, in: compilation.sources) == "")
        return (try #require(compilation.plan), compilation)
    }

    @Test(arguments: ["pipeline", "hostile"]) func isWritten(name: String) throws {
        let (plan, compilation) = try Self.plan(name)
        let definition = try #require(compilation.definition)
        func compare(_ text: String, _ ending: String) throws {
            try Fixtures.compare(text, with: FilePath.join(Self.folder, name + ending))
        }
        try compare(definition.dump(in: compilation.sources), ".definition.txt")
        try compare(plan.dump(), ".plan.txt")
        try compare(plan.dot(), ".dot")
        try compare(plan.dot(statuses: Self.statuses), ".status.dot")
        try compare(plan.mermaid(), ".mmd")
        try compare(plan.mermaid(statuses: Self.statuses), ".status.mmd")
        try compare(plan.graphJSON().jsonText(.pretty) + "\n", ".json")
    }

    @Test func dumpsAreOneLineAPart() throws {
        let (plan, compilation) = try Self.plan("hostile")
        let definition = try #require(compilation.definition)
        // A title is nowhere in these; a line begins with what the dump itself writes.
        for line in (plan.dump() + definition.dump(in: compilation.sources)).split(separator: "\n") {
            #expect(!line.contains("script>") && !line.contains("\r"), "\(line)")
        }
    }

    /// Nothing that a title holds ends the label that it stands in.
    @Test func hostileTitlesAreInertInDOT() throws {
        let (plan, _) = try Self.plan("hostile")
        for character in plan.dot().unicodeScalars {
            #expect(
                character == "\n" || (character.value >= 0x20 && character.value != 0x7F && character.value != 0x202E))
        }
        var isInside = false
        var isEscaped = false
        var outside = ""
        for character in plan.dot() {
            if isEscaped {
                isEscaped = false
            } else if isInside, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isInside.toggle()
            } else if !isInside {
                outside.append(character)
            }
        }
        #expect(!isInside)
        #expect(!outside.contains("script") && !outside.contains("evil") && !outside.contains("<"))
    }

    @Test func hostileTitlesAreInertInMermaid() throws {
        let (plan, _) = try Self.plan("hostile")
        for line in plan.mermaid().split(separator: "\n") {
            #expect(!line.contains("<script") && !line.contains("javascript:") && !line.contains("%%"), "\(line)")
        }
        // `end` and `graph` are words of Mermaid; the ids have a prefix.
        #expect(plan.mermaid().contains("n_end[") && plan.mermaid().contains("n_graph["))
    }

    @Test func graphvizDrawsHostileTitles() async throws {
        let processes = ChildProcesses()
        let (plan, _) = try Self.plan("hostile")
        let command = ChildCommand(
            executable: "dot", arguments: ["-Tsvg"], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
            input: .bytes(Array(plan.dot().utf8)), output: .collect(1 << 20), errorOutput: .collect(1 << 16))
        let result: ChildResult
        do {
            result = try await processes.run(command)
        } catch {
            print("graphviz is not installed: \(error)")
            return
        }
        #expect(result.isSuccess)
        #expect(
            result.errorOutput.collected.isEmpty, "\(String(decoding: result.errorOutput.collected, as: UTF8.self))")
        let svg = String(decoding: result.output.collected, as: UTF8.self)
        #expect(!svg.contains("<script") && !svg.contains("<table") && !svg.contains("<b>"))
        // One picture of a node for each node, none for what a title would like to add.
        #expect(svg.components(of: "class=\"node\"") == plan.nodes.count)
        #expect(svg.contains("He said &quot;no&quot;") && svg.contains("&lt;script&gt;"))
    }
}

extension String {
    fileprivate func components(of word: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: word) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
