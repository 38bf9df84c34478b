// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ArgoImporter {
    /// A node for a template that is no graph.
    mutating func leaf(
        _ template: ForeignValue, _ task: ArgoTask, _ outer: ArgoScope, id: String, wantsResult: Bool,
        mayFail: Bool = false
    ) -> ArgoResult {
        var node = ImportedNode(id, at: task.value.head, from: "task \(task.name)")
        if task.value.node == template.node { node.comments = ["from template \(task.name)"] }
        addNeeds(of: task, outer, to: &node)
        var scope = outer
        addFanOut(task.value, &scope, to: &node)
        addCondition(task, scope, to: &node)
        var inner = task.value.node == template.node ? scope : arguments(of: task.value, for: template, scope)
        inner.item = scope.item
        let isFanOut = node.keys["foreach"] != nil
        var result = ArgoResult(entries: [id], exits: [id])
        if let suspend = template["suspend"] ?? (template.pairs.contains { $0.key.name == "suspend" } ? template : nil)
        {
            fill(&node, suspend: suspend, template, task)
            for parameter in template["outputs"]?["parameters"]?.elements ?? [] {
                guard let name = parameter["name"]?.text else { continue }
                result.parameters[name] = FlowText(expression: FlowText.Reference.output("comment", of: id))
                notes.approximated("a supplied value becomes the comment of the approval", at: parameter.head)
            }
        } else if let http = template["http"] {
            fill(&node, http: http, inner)
            result.result = FlowText(expression: FlowText.Reference.output("body", of: id))
        } else if let body = template["script"] ?? template["container"] {
            var script = ArgoScript(template: template, body: body, scope: inner, wantsResult: wantsResult)
            script.fill(&node, &self)
            let kind: FlowText.Kind = isFanOut ? .list : .text
            for (name, output) in script.outputs {
                result.parameters[name] = FlowText(expression: FlowText.Reference.output(output, of: id), kind)
            }
            if let output = script.result {
                result.result = FlowText(expression: FlowText.Reference.output(output, of: id), kind)
            }
            if !isFanOut {
                for (name, artifact) in script.artifacts {
                    result.artifacts[name] = FlowText(expression: FlowText.Reference.artifact(artifact, of: id))
                }
            }
        } else {
            let kind = template.pairs.first { ["resource", "data", "plugin", "containerSet"].contains($0.key.name) }
            notes.leftOut(
                "`\(kind?.key.name ?? "this kind")` of a template has no equivalent: a placeholder takes its place",
                at: kind?.key.span ?? template.head)
            return placeholder(task, outer, id: id)
        }
        reportKeys(
            template,
            known: [
                "name", "inputs", "outputs", "suspend", "http", "script", "container", "retryStrategy",
                "activeDeadlineSeconds", "timeout", "metadata",
            ], of: "a template")
        addLimits(template, inner, to: &node)
        addFailure(task.value, mayFail: mayFail, to: &node)
        graph.workflow.nodes.append(node)
        return result
    }

    /// A node that only says what it stands for.
    mutating func placeholder(_ task: ArgoTask, _ scope: ArgoScope, id: String) -> ArgoResult {
        var node = ImportedNode(id, at: task.value.head, from: "task \(task.name), which has no equivalent")
        addNeeds(of: task, scope, to: &node)
        addCondition(task, scope, to: &node)
        node.keys["set"] = ["task": .string(task.name.asLiteral)]
        graph.workflow.nodes.append(node)
        return ArgoResult(entries: [id], exits: [id])
    }

    /// A workflow of its own for a graph that cannot be put in the place of its task.
    mutating func child(
        _ template: ForeignValue, _ name: String, _ task: ArgoTask, _ outer: ArgoScope, id: String, mayFail: Bool
    ) -> ArgoResult {
        let workflowName = NameTable.plain("\(graph.workflow.name)_\(name)")
        let path = "\(workflowName).yaml"
        if !children.contains(where: { $0.path == path }) { makeChild(template, name, workflowName, path, outer) }
        var node = ImportedNode(id, at: task.value.head, from: "task \(task.name)")
        addNeeds(of: task, outer, to: &node)
        var scope = outer
        addFanOut(task.value, &scope, to: &node)
        addCondition(task, scope, to: &node)
        node.keys["workflow"] = .string(path)
        let inner = arguments(of: task.value, for: template, scope)
        var values = JSONObject()
        for (name, value) in inner.parameters.sorted(by: { $0.key < $1.key }) {
            values[NameTable.plain(name)] = value.template
        }
        let made = children.first { $0.path == path }
        for name in made?.parameters ?? [] {
            values[NameTable.plain(name)] = .string("${{ inputs.\(input(of: name)) }}")
        }
        if !values.isEmpty { node.keys["with"] = .object(values) }
        var result = ArgoResult(entries: [id], exits: [id])
        let kind: FlowText.Kind = node.keys["foreach"] == nil ? .text : .list
        for output in made?.outputs ?? [] {
            node.add(NameTable.plain(output), "string", to: "outputs")
            let reference = FlowText.Reference.output(NameTable.plain(output), of: id)
            result.parameters[output] = FlowText(expression: reference, kind)
        }
        addLimits(template, inner, to: &node)
        addFailure(task.value, mayFail: mayFail, to: &node)
        graph.workflow.nodes.append(node)
        return result
    }

    private mutating func makeChild(
        _ template: ForeignValue, _ name: String, _ workflowName: String, _ path: String, _ outer: ArgoScope
    ) {
        let parent = graph
        graph = Graph(workflow: ImportedWorkflow(name: workflowName))
        graph.workflow.comments = ["From the template \(name)"]
        var scope = ArgoScope()
        scope.path = outer.path
        for parameter in template["inputs"]?["parameters"]?.elements ?? [] {
            guard let name = parameter["name"]?.text else { continue }
            let input = graph.inputNames.unique(name)
            graph.workflow.inputs.append(
                ImportedWorkflow.Input(
                    name: input,
                    keys: JSONObject([.init(key: "type", value: "string"), .init(key: "required", value: true)])))
            scope.parameters[name] = FlowText(expression: "inputs.\(input)")
        }
        let result = inline(template, scope, prefix: "")
        for (name, value) in result.parameters.sorted(by: { $0.key < $1.key }) {
            graph.workflow.outputs[NameTable.plain(name)] = ["type": "string", "value": value.template]
        }
        children.append(
            (path, graph.workflow, graph.parameters.keys.sorted(), result.parameters.keys.sorted()))
        graph = parent
    }

    // MARK: Keys of a task

    private mutating func addFanOut(_ task: ForeignValue, _ scope: inout ArgoScope, to node: inout ImportedNode) {
        if let items = task["withItems"] {
            let list = items.elements.map { textual($0, scope) }
            node.keys["foreach"] = ["items": .array(list)]
            let isText = list.allSatisfy { $0.stringValue != nil || $0.objectValue != nil }
            scope.item = isText ? .text : .any
            if list.contains(where: { $0.objectValue != nil }) { scope.item = .text }
        } else if let parameter = task["withParam"], let written = parameter.text {
            let value = text(written, scope, at: parameter.span)
            if let single = value.single, single.kind == .list || single.kind == .any {
                node.keys["foreach"] = ["items": value.template]
            } else if let constant = value.constant, let list = try? JSONValue.parse(constant), list.arrayValue != nil {
                node.keys["foreach"] = ["items": escaped(list)]
            } else {
                node.keys["foreach"] = ["items": .string("${{ from_json(\(value.expression)) }}")]
            }
            scope.item = .any
        } else if let sequence = task["withSequence"] {
            let start = Int64(sequence["start"]?.text ?? "0")
            let count = sequence["count"]?.text.flatMap { Int64($0) }
            let end = sequence["end"]?.text.flatMap { Int64($0) }
            let last = end ?? count.flatMap { count in start.map { $0 + count - 1 } }
            guard let start, let last, abs(last - start) <= 10_000, sequence["format"] == nil else {
                notes.leftOut("`withSequence` is left out: it is no short sequence of constants", at: sequence.head)
                return
            }
            if last < start, end == nil {
                node.keys["foreach"] = ["items": []]
            } else {
                let values = start <= last ? Array(start...last) : (last...start).reversed()
                node.keys["foreach"] = ["items": .array(values.map { .string("\($0)") })]
            }
            scope.item = .text
        }
    }

    /// An item: its scalars as texts, because that is what they become in Argo.
    private mutating func textual(_ value: ForeignValue, _ scope: ArgoScope) -> JSONValue {
        if value.isMapping {
            var object = JSONObject()
            for (key, inner) in value.pairs { object[key.name] = textual(inner, scope) }
            return .object(object)
        }
        if value.isSequence { return .array(value.elements.map(\.json)) }
        return text(value.text ?? "", scope, at: value.span).template
    }

    private func escaped(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(text.asLiteral)
        case .array(let items): return .array(items.map { escaped($0) })
        case .object(let object):
            return .object(JSONObject(object.map { .init(key: $0.key, value: escaped($0.value)) }))
        default: return value
        }
    }

    private mutating func addCondition(_ task: ArgoTask, _ scope: ArgoScope, to node: inout ImportedNode) {
        var conditions: [String] = []
        if let when = task.when { conditions.append(FlowText.unwrapped(when)) }
        if let when = task.value["when"], let text = condition(when, scope) { conditions.append(text) }
        guard !conditions.isEmpty else { return }
        let parts = conditions.map { conditions.count > 1 && $0.contains(" || ") ? "(\($0))" : $0 }
        var keys = JSONObject()
        keys["when"] = .string(parts.joined(separator: " && "))
        for member in node.keys { keys[member.key] = member.value }
        node.keys = keys
    }

    private mutating func addFailure(_ task: ForeignValue, mayFail: Bool, to node: inout ImportedNode) {
        if let go = task["continueOn"], go["failed"]?.json == true || go["error"]?.json == true {
            node.keys["on_failure"] = "continue"
        } else if mayFail {
            node.keys["on_failure"] = "skip_downstream"
        }
    }

    private mutating func addLimits(_ template: ForeignValue, _ scope: ArgoScope, to node: inout ImportedNode) {
        if let retry = template["retryStrategy"] { addRetry(retry, scope, to: &node) }
        if let limit = template["activeDeadlineSeconds"] ?? template["timeout"] {
            if let text = duration(limit, scope) {
                node.keys["timeout"] = .string(text)
            } else {
                notes.leftOut("a time limit that is no constant is left out", at: limit.span)
            }
        }
    }

    private mutating func addRetry(_ retry: ForeignValue, _ scope: ArgoScope, to node: inout ImportedNode) {
        var keys = JSONObject()
        let limit = retry["limit"].flatMap { text($0.text ?? "", scope, at: $0.span).constant.flatMap { Int64($0) } }
        if let limit, limit >= 0, limit < 1000 {
            keys["max_attempts"] = .integer(limit + 1)
        } else {
            keys["max_attempts"] = 100
            notes.approximated("without a constant limit there are 100 attempts", at: retry.head)
        }
        if let backoff = retry["backoff"] {
            if let delay = backoff["duration"].flatMap({ duration($0, scope) }) { keys["delay"] = .string(delay) }
            if let factor = backoff["factor"]?.text.flatMap({ Double($0) }), factor >= 1 {
                keys["factor"] = factor == factor.rounded() && factor < 1000 ? .integer(Int64(factor)) : .number(factor)
            } else {
                keys["factor"] = 1
            }
            if let most = backoff["maxDuration"].flatMap({ duration($0, scope) }) { keys["max_total"] = .string(most) }
            if let cap = backoff["cap"].flatMap({ duration($0, scope) }) { keys["max_delay"] = .string(cap) }
        }
        if let policy = retry["retryPolicy"], policy.text != "Always", policy.text != "OnFailure" {
            notes.approximated("`\(policy.text ?? "")` is left out: what may heal is tried again", at: policy.span)
        }
        reportKeys(retry, known: ["limit", "backoff", "retryPolicy"], of: "`retryStrategy`")
        node.keys["retry"] = .object(keys)
    }

    /// A length of time: seconds, or a number with a unit.
    mutating func duration(_ value: ForeignValue, _ scope: ArgoScope) -> String? {
        guard let written = text(value.text ?? "", scope, at: value.span).constant?.trimmed else { return nil }
        let text = Double(written) == nil ? written : "\(written)s"
        return Milliseconds(parsing: text) == nil ? nil : text
    }

    // MARK: Other kinds

    private mutating func fill(
        _ node: inout ImportedNode, suspend: ForeignValue, _ template: ForeignValue, _ task: ArgoTask
    ) {
        if let length = suspend["duration"] {
            if let text = duration(length, ArgoScope()) {
                node.keys["wait"] = .string(text)
                return
            }
            notes.leftOut("a duration that is no constant is left out", at: length.span)
        }
        node.keys["approval"] = .string("Go on with \(task.name)?".asLiteral)
    }

    private mutating func fill(_ node: inout ImportedNode, http: ForeignValue, _ scope: ArgoScope) {
        var keys = JSONObject()
        if let method = http["method"]?.text { keys["method"] = .string(method.uppercased()) }
        if let url = http["url"], let written = url.text { keys["url"] = text(written, scope, at: url.span).template }
        var headers = JSONObject()
        for header in http["headers"]?.elements ?? [] {
            guard let name = header["name"]?.text, let value = header["value"], let written = value.text else {
                notes.leftOut("a header without a plain value is left out", at: header.head)
                continue
            }
            headers[name] = text(written, scope, at: value.span).template
        }
        if !headers.isEmpty { keys["headers"] = .object(headers) }
        if let body = http["body"], let written = body.text {
            keys["body"] = text(written, scope, at: body.span).template
        }
        reportKeys(http, known: ["url", "method", "headers", "body", "timeoutSeconds"], of: "`http`")
        node.keys["http"] = .object(keys)
        if let limit = http["timeoutSeconds"]?.text, Int64(limit) != nil { node.keys["timeout"] = .string("\(limit)s") }
    }
}
