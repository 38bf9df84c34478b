// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ArgoExporter {
    /// The template of a node, and the arguments of its task.
    mutating func template(_ node: NodeDefinition, named name: String) -> (JSONObject, JSONObject) {
        var template = JSONObject()
        template["name"] = .string(name)
        addLimits(node, to: &template)
        switch node.kind {
        case "run", "set": return program(node, template)
        case "wait":
            if let text = node.body.constant?.stringValue, let time = Milliseconds(parsing: text) {
                template["suspend"] = ["duration": .string("\((time.count + 999) / 1000)")]
                return (template, JSONObject())
            }
        case "approval":
            template["suspend"] = .object(JSONObject())
            return (template, JSONObject())
        default: break
        }
        notes.leftOut("a node of kind `\(node.kind)` has no equivalent: it fails there", at: node.bodySpan)
        template["container"] = [
            "image": .string(image),
            "command": [
                "sh", "-c", .string("echo 'the node \(node.id) (\(node.kind)) has no equivalent' >&2; exit 1"),
            ],
        ]
        return (template, JSONObject())
    }

    private mutating func addLimits(_ node: NodeDefinition, to template: inout JSONObject) {
        let options = node.options
        if let retry = options.retry, retry.maxAttempts > 1 {
            var backoff = JSONObject()
            backoff["duration"] = .string(Self.seconds(retry.delay))
            if retry.factor != 1 {
                backoff["factor"] = .string(
                    retry.factor == retry.factor.rounded() ? "\(Int64(clamped: retry.factor))" : "\(retry.factor)")
            }
            backoff["cap"] = .string(Self.seconds(retry.maxDelay))
            if let total = retry.maxTotal { backoff["maxDuration"] = .string(Self.seconds(total)) }
            template["retryStrategy"] = [
                "limit": .string("\(retry.maxAttempts - 1)"), "retryPolicy": "Always", "backoff": .object(backoff),
            ]
            if !retry.on.isEmpty || !retry.unless.isEmpty || retry.jitter > 0 {
                notes.leftOut("`on`, `unless` and `jitter` of `retry` have no equivalent", at: node.idSpan)
            }
        }
        if let timeout = options.timeout { template["activeDeadlineSeconds"] = .integer((timeout.count + 999) / 1000) }
    }

    private static func seconds(_ time: Milliseconds) -> String { "\((time.count + 999) / 1000)s" }

    // MARK: Programs

    private mutating func program(_ node: NodeDefinition, _ head: JSONObject) -> (JSONObject, JSONObject) {
        var template = head
        var environment: [JSONValue] = []
        var parameters: [JSONValue] = []
        var arguments: [JSONValue] = []
        var files: [JSONValue] = []
        var fileArguments: [JSONValue] = []
        var values = node.options.with.map { ($0.name, $0.template, $0.span) }
        if node.kind == "set", case .object(let members) = node.body {
            values = members.map { ($0.key, $0.value, node.bodySpan) }
        }
        for (name, value, span) in values {
            let variable = "FLOW_WITH_\(name.uppercased())"
            if let from = artifact(value) {
                files.append(["name": .string(name), "path": .string("/inputs/\(name)")])
                fileArguments.append(["name": .string(name), "from": .string("{{\(from)}}")])
                environment.append(["name": .string(variable), "value": .string("/inputs/\(name)")])
                continue
            }
            if let constant = value.constant {
                let text = constant.stringValue ?? constant.jsonText()
                environment.append(["name": .string(variable), "value": .string(text)])
                continue
            }
            let text = text(value, in: node)
            if text == nil { notes.leftOut("the value of `\(name)` is worked out and is empty there", at: span) }
            parameters.append(["name": .string(name)])
            arguments.append(["name": .string(name), "value": .string(text ?? "")])
            environment.append(["name": .string(variable), "value": .string("{{inputs.parameters.\(name)}}")])
        }
        addEnvironment(node, &environment, &parameters, &arguments)
        var inputs = JSONObject()
        if !parameters.isEmpty { inputs["parameters"] = .array(parameters) }
        if !files.isEmpty { inputs["artifacts"] = .array(files) }
        if !inputs.isEmpty { template["inputs"] = .object(inputs) }
        let outputs = outputs(of: node)
        if !outputs.isEmpty { template["outputs"] = .object(outputs) }
        let kept = node.kind == "set" ? values.map(\.0) : node.options.outputs.filter { $0.value == nil }.map(\.name)
        if !kept.isEmpty { environment.append(["name": "FLOW_OUTPUT", "value": .string(Self.outputFile)]) }
        var body = JSONObject()
        body["image"] = .string(image)
        let isList = node.body.constant?.arrayValue != nil
        if node.kind == "run", isList, kept.isEmpty {
            body["command"] = node.body.constant ?? []
            if !environment.isEmpty { body["env"] = .array(environment) }
            template["container"] = .object(body)
        } else {
            let shell = node.field("shell")?.constant?.stringValue ?? "bash"
            body["command"] = shell == "sh" ? ["sh", "-e"] : ["bash", "-eo", "pipefail"]
            if !environment.isEmpty { body["env"] = .array(environment) }
            body["source"] = .string(source(node, kept))
            template["script"] = .object(body)
        }
        var given = JSONObject()
        if !arguments.isEmpty { given["parameters"] = .array(arguments) }
        if !fileArguments.isEmpty { given["artifacts"] = .array(fileArguments) }
        return (template, given)
    }

    private func source(_ node: NodeDefinition, _ outputs: [String]) -> String {
        if node.kind == "set" {
            let lines = outputs.map { "printf '%s' \"$FLOW_WITH_\($0.uppercased())\" > /tmp/flow-outputs/\($0)\n" }
            return "mkdir -p /tmp/flow-outputs\n" + lines.joined()
        }
        var script = node.body.constant?.stringValue ?? ""
        if case .array(let words)? = node.body.constant {
            script = words.map { ArgoScript.word($0.stringValue ?? $0.jsonText()) }.joined(separator: " ")
        }
        guard !outputs.isEmpty else { return script }
        if !script.hasSuffix("\n") { script += "\n" }
        let lines = outputs.map { "flow_output \($0) > /tmp/flow-outputs/\($0)\n" }
        return "mkdir -p /tmp/flow-outputs\n: > \"$FLOW_OUTPUT\"\n(\n\(script))\n\(Self.reader)\(lines.joined())"
    }

    /// Reads one output of what the script has written to `$FLOW_OUTPUT`.
    private static let reader = OutputReader.function("flow_output", name: "$1", file: "$FLOW_OUTPUT")

    private mutating func outputs(of node: NodeDefinition) -> JSONObject {
        var parameters: [JSONValue] = []
        func parameter(_ name: String) -> JSONValue {
            ["name": .string(name), "valueFrom": ["path": .string("/tmp/flow-outputs/\(name)")]]
        }
        if node.kind == "set", case .object(let members) = node.body {
            parameters = members.map { parameter($0.key) }
        } else {
            for output in node.options.outputs {
                if output.value == nil {
                    parameters.append(parameter(output.name))
                } else {
                    notes.leftOut("the output `\(output.name)` is left out: it is worked out", at: output.span)
                }
            }
        }
        var keys = JSONObject()
        if !parameters.isEmpty { keys["parameters"] = .array(parameters) }
        if !node.options.artifacts.isEmpty {
            keys["artifacts"] = .array(
                node.options.artifacts.map { artifact in
                    var entry = JSONObject()
                    entry["name"] = .string(artifact.name)
                    entry["path"] = .string("/work/\(artifact.path)")
                    if artifact.optional { entry["optional"] = true }
                    return .object(entry)
                })
            notes.approximatedOnce("files are looked for below `/work`", at: node.options.artifacts[0].span)
        }
        return keys
    }

    private func artifact(_ value: Template) -> String? {
        guard case .expression(let expression, _) = value, let path = Self.path(expression.root), path.count == 4,
            path[0] == "nodes", path[2] == "artifacts"
        else { return nil }
        return "tasks.\(Self.name(path[1])).outputs.artifacts.\(path[3])"
    }

    private mutating func addEnvironment(
        _ node: NodeDefinition, _ environment: inout [JSONValue], _ parameters: inout [JSONValue],
        _ arguments: inout [JSONValue]
    ) {
        let own = Set(node.options.env.map(\.name))
        for entry in workflow.env.filter({ !own.contains($0.name) }) + node.options.env {
            if let constant = entry.template.constant {
                environment.append([
                    "name": .string(entry.name), "value": .string(constant.stringValue ?? constant.jsonText()),
                ])
            } else if case .expression(let expression, _) = entry.template, let path = Self.path(expression.root),
                path.count == 2, path[0] == "secrets"
            {
                environment.append([
                    "name": .string(entry.name),
                    "valueFrom": ["secretKeyRef": ["name": "flow-secrets", "key": .string(path[1])]],
                ])
                notes.approximatedOnce("secrets are looked for in the cluster's secret `flow-secrets`", at: entry.span)
            } else if let text = text(entry.template, in: node) {
                let name = "env-\(Self.name(entry.name.lowercased()))"
                parameters.append(["name": .string(name)])
                arguments.append(["name": .string(name), "value": .string(text)])
                environment.append(["name": .string(entry.name), "value": .string("{{inputs.parameters.\(name)}}")])
            } else {
                notes.leftOut("the variable `\(entry.name)` is worked out and is left out", at: entry.span)
            }
        }
    }
}

extension Int64 {
    /// The nearest whole number.
    init(clamped value: Double) {
        self = value >= 9e15 ? 9_000_000_000_000_000 : value <= -9e15 ? -9_000_000_000_000_000 : Int64(value)
    }
}
