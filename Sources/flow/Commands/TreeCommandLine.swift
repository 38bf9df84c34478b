// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// `flow tree`: which run comes from which.
enum TreeCommandLine {
    static let spec = CommandSpec(
        name: "tree", summary: "Show which run comes from which", arguments: "[RUN]",
        discussion: """
            With RUN the tree that it belongs to. Runs that no other comes from are left out otherwise; `flow list` has them.
            A * marks the head of a line (`flow branch promote`).
            """,
        examples: [("flow tree", "all trees of the store"), ("flow tree cubic --json", "one, for programs")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let (reader, _, _) = try workplace.openStore()
            let tree = try await RunTree.read(reader)
            var roots = tree.roots
            if !invocation.argument(0).isEmpty {
                roots = [tree.root(of: try await reader.find(invocation.argument(0)).id)]
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
