// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Which agents a workflow can come to use, so that a run keeps these and no others.
enum AgentUse {
    /// Kinds that ask no agent.
    private static let silentKinds: Set<String> = [
        "run", "sql", "jq", "http", "set", "wait", "approval", "switch", "render", "engine",
    ]

    /// The names; nil when it may be any, as with a plan that is not told which.
    static func agents(
        of definition: WorkflowDefinition, child: (String) -> WorkflowInterface?
    ) -> Set<String>? {
        var names: Set<String> = []
        for node in definition.allNodes where !silentKinds.contains(node.kind) {
            switch node.kind {
            case "agent":
                // Tools may be workflows, and these ask others.
                guard let name = node.literalBody, node.field("tools") == nil else { return nil }
                names.insert(name)
            case "plan":
                guard case .literal(let allow)? = node.field("allow") else { return nil }
                if let agents = allow["agents"]?.arrayValue {
                    names.formUnion(agents.map(\.plainText))
                } else if let kinds = allow["kinds"]?.arrayValue {
                    guard kinds.allSatisfy({ silentKinds.contains($0.plainText) }) else { return nil }
                } else {
                    return nil
                }
            case "workflow":
                guard let path = node.literalBody, let agents = child(path)?.agents else { return nil }
                names.formUnion(agents)
            default: return nil
            }
        }
        return names
    }
}
