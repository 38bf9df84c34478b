// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow tree`: which run comes from which.
enum TreeCommandLine {
    static let spec = CommandSpec(
        name: "tree", summary: "Show which run comes from which", arguments: "[RUN]",
        options: [
            .flag("graph", "Draw a picture instead."),
            .option(
                "format", "dot|svg|png", "The format of the picture; by default from the name of the file, else dot."),
            .option("output", short: "o", "FILE", "The file of the picture; by default the standard output."),
        ],
        discussion: """
            With RUN the tree that it belongs to. Runs that no other comes from are left out otherwise; `flow list` has them.
            A * marks the head of a line (`flow branch promote`).
            """,
        examples: [
            ("flow tree", "all trees of the store"), ("flow tree cubic --json", "one, for programs"),
            ("flow tree --graph -o tree.svg", "as a picture"),
        ],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let (reader, _, _) = try workplace.openStore()
            let tree = try await RunTree.read(reader)
            var roots = tree.roots
            if !invocation.argument(0).isEmpty {
                roots = [tree.root(of: try await reader.find(invocation.argument(0)).id)]
            }
            if invocation.flag("graph") { return try await draw(tree.dot(of: roots), invocation, workplace) }
            for option in ["format", "output"] where invocation.value(option) != nil {
                throw CommandFailure(.usage, "--\(option) goes with --graph")
            }
            if invocation.flag("json") {
                var object = JSONObject()
                object["trees"] = .array(roots.map { json(of: $0, in: tree) })
                try Output.json(object)
                return .done
            }
            guard !roots.isEmpty else {
                Talk().say("no run comes from another")
                return .done
            }
            var text = ""
            for root in roots { text += lines(of: root, in: tree) }
            try Output.text(text)
            return .done
        })

    private static func draw(
        _ dot: String, _ invocation: Invocation, _ workplace: Workplace
    ) async throws -> ExitCode {
        let formats = ["dot", "svg", "png"]
        let target = invocation.value("output")
        let named = target.map { FilePath.extension($0) }.flatMap { formats.contains($0) ? $0 : nil }
        let format = try invocation.choice("format", formats) ?? named ?? "dot"
        let bytes =
            format == "dot"
            ? Array(dot.utf8) : try await GraphCommandLine.draw(dot, format, workplace.environment)
        return try GraphCommandLine.write(bytes, format, to: target)
    }

    private static func json(of root: String, in tree: RunTree) -> JSONValue {
        var object = JSONObject()
        object["run"] = .string(root)
        object["workflow"] = .string(tree.workflow(of: root))
        object["status"] = .string(tree.status(of: root))
        object["branches"] = .array(
            tree.line(from: root).dropFirst().compactMap { tree[$0.run] }.map { tree.json(of: $0) })
        return .object(object)
    }

    private static func lines(of root: String, in tree: RunTree) -> String {
        var text = "\(root)  \(tree.workflow(of: root))  \(tree.status(of: root))\n"
        /// Whether the run at each depth is the last of its siblings.
        var isLast: [Bool] = []
        for (run, depth) in tree.line(from: root).dropFirst() {
            guard let branch = tree[run] else { continue }
            isLast.removeSubrange(min(isLast.count, depth - 1)...)
            let rails = isLast.map { $0 ? "   " : "│  " }.joined()
            isLast.append(tree.children(of: branch.parent).last == run)
            text += rails + (isLast.last == true ? "└─ " : "├─ ")
            text +=
                "\(branch.name ?? branch.kind.rawValue)\(branch.isHead ? " *" : "")  \(run)  \(tree.status(of: run))"
            if branch.kind == .branch { text += "  \(branch.verdict.rawValue)" }
            if let hypothesis = branch.hypothesis { text += "  “\(hypothesis)”" }
            if let conclusion = branch.conclusion { text += "  → \(conclusion)" }
            text += "\n"
        }
        return text
    }
}
