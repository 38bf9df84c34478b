// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Writes an imported workflow as flow's YAML.
struct WorkflowEmitter {
    private var writer = YAMLWriter()

    /// The text of a workflow.
    static func text(_ workflow: ImportedWorkflow) -> String {
        var emitter = WorkflowEmitter()
        emitter.write(workflow)
        return emitter.writer.text
    }

    private mutating func write(_ workflow: ImportedWorkflow) {
        for line in workflow.comments { writer.comment(line, indent: 0) }
        writer.pair("flow", 1, indent: 0)
        writer.pair("name", .string(workflow.name), indent: 0)
        if let title = workflow.title { writer.pair("title", .string(title), indent: 0) }
        if let description = workflow.description { writer.pair("description", .string(description), indent: 0) }
        if !workflow.inputs.isEmpty {
            writer.line("inputs:", indent: 0)
            for input in workflow.inputs { writer.pair(input.name, .object(input.keys), indent: 1) }
        }
        if !workflow.env.isEmpty { writer.pair("env", .object(workflow.env), indent: 0) }
        if !workflow.secrets.isEmpty {
            writer.line("secrets:", indent: 0)
            for secret in workflow.secrets { writer.pair(secret, ["from": "env"], indent: 1) }
        }
        if let most = workflow.maxParallel { writer.pair("concurrency", ["max_parallel": .integer(most)], indent: 0) }
        write(workflow.nodes, under: "nodes")
        if !workflow.finally.isEmpty { write(workflow.finally, under: "finally") }
        if !workflow.outputs.isEmpty { writer.pair("outputs", .object(workflow.outputs), indent: 0) }
        if !workflow.times.isEmpty { write(workflow.times) }
    }

    /// As estimates, so that the longest chain starts first and a simulation knows the times.
    private mutating func write(_ times: [(node: String, seconds: Double)]) {
        writer.line("mode:", indent: 0)
        writer.line("estimate:", indent: 1)
        writer.line("nodes:", indent: 2)
        for (node, seconds) in times {
            writer.pair(node, .string("\(Swift.max(1, Int64((seconds * 1000).rounded())))ms"), indent: 3)
        }
    }

    private mutating func write(_ nodes: [ImportedNode], under key: String) {
        writer.line("\(key):", indent: 0)
        for node in nodes {
            for line in node.comments { writer.comment(line, indent: 1) }
            writer.line("\(node.id):", indent: 1)
            writer.needs(node.needs, indent: 2)
            for member in node.keys { writer.pair(member.key, member.value, indent: 2) }
        }
    }
}
