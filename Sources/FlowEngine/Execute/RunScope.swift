// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The names that expressions of a run see, and their values at one moment.
struct RunScope: ValueScope {
    var run: String
    var workflow: String
    var workflowDirectory: String
    var inputs: JSONValue
    var environment: JSONObject
    /// Only in `env` and `with` of nodes.
    var secrets: JSONObject = JSONObject()
    var attempt = 1
    /// How the run stands: `running`, or what `finally` and the handlers see.
    var status = "running"
    /// The first node that failed for good, or nothing.
    var failedNode = ""
    /// Of a node that repeats: its iteration from 1, and the outputs of the one before, null in the first.
    var iteration: (number: Int, previous: JSONValue)?
    /// The outputs that the condition of a `repeat` judges.
    var outputs: JSONObject?
    /// The item of a `foreach` under its name, and its place.
    var item: (name: String, value: JSONValue, place: Int)?
    /// What is known of a node, by its name: `outputs`, `artifacts` and `status`.
    var node: @Sendable (String) -> JSONValue?

    func value(ofRoot name: String) -> JSONValue? {
        if let item {
            if name == item.name { return item.value }
            if name == "item_index" { return .integer(Int64(item.place)) }
        }
        switch name {
        case "inputs": return inputs
        case "run":
            return [
                "id": .string(run), "workflow": .string(workflow), "status": .string(status),
                "failed_node": .string(failedNode),
            ]
        case "iteration": return iteration.map { .integer(Int64($0.number)) }
        case "previous": return iteration.map(\.previous)
        case "outputs": return outputs.map { .object($0) }
        case "workflow": return ["dir": .string(workflowDirectory), "name": .string(workflow)]
        case "attempt": return .integer(Int64(attempt))
        case "env": return .object(environment)
        case "secrets": return .object(secrets)
        default: return nil
        }
    }

    func value(ofPath path: [String]) -> JSONValue? {
        guard path.count >= 2, path[0] == "nodes", var value = node(path[1]) else { return nil }
        for key in path.dropFirst(2) {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value
    }
}

extension RunScope {
    /// Adds what a workflow says under `env:`. Only these texts see the secrets.
    mutating func addEnvironment(of workflow: WorkflowDefinition, secrets: Secrets) throws {
        guard !workflow.env.isEmpty else { return }
        var environment = JSONObject()
        self.secrets = secrets.scopeValue
        for entry in workflow.env {
            environment[entry.name] = .string(try entry.template.render(in: self).plainText)
        }
        self.secrets = JSONObject()
        self.environment = environment
    }
}
