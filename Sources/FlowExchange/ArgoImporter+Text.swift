// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ArgoImporter {
    /// A text with `{{…}}` in flow's terms. What has no equivalent stays as it is written, and is reported.
    mutating func text(_ text: String, _ scope: ArgoScope, at span: SourceSpan) -> FlowText {
        var result = FlowText()
        for piece in ScriptText.tags(text, open: "{{", close: "}}") {
            if !piece.isTag {
                result += FlowText(piece.text)
            } else if let value = value(of: piece.text, scope) {
                result += value
            } else {
                notes.leftOut("`{{\(piece.text)}}` has no equivalent", at: span)
                result += FlowText("{{\(piece.text)}}")
            }
        }
        return result
    }

    /// What a tag stands for.
    mutating func value(of tag: String, _ scope: ArgoScope) -> FlowText? {
        if tag.hasPrefix("=") { return calculated(String(tag.dropFirst()), scope) }
        return value(at: tag.split(separator: ".").map(String.init), scope)
    }

    private mutating func value(at path: [String], _ scope: ArgoScope) -> FlowText? {
        switch (path.first, path.count) {
        case ("inputs", 3) where path[1] == "parameters": return scope.parameters[path[2]]
        case ("inputs", 4) where path[1] == "artifacts" && path[3] == "path": return scope.artifacts[path[2]]
        case ("workflow", 3) where path[1] == "parameters":
            return FlowText(expression: "inputs.\(input(of: path[2]))")
        case ("workflow", 2):
            switch path[1] {
            case "name": return FlowText(expression: "workflow.name")
            case "uid": return FlowText(expression: "run.id")
            case "status": return scope.ended.flatMap { Self.status(of: $0) }
            default: return nil
            }
        case ("tasks", 3...), ("steps", 3...): return output(path, scope)
        case ("item", 1): return scope.item.map { FlowText(expression: "item", $0) }
        case ("item", 2...):
            return scope.item.map {
                FlowText(expression: path.map { $0 }.joined(separator: "."), $0 == .text ? .text : .any)
            }
        case ("retries", 1): return FlowText(expression: "attempt - 1", .number)
        default: return nil
        }
    }

    private func output(_ path: [String], _ scope: ArgoScope) -> FlowText? {
        guard let task = scope.tasks[path[1]] else { return nil }
        switch (path[2], path.count) {
        case ("outputs", 4) where path[3] == "result": return task.result
        case ("outputs", 5) where path[3] == "parameters": return task.parameters[path[4]]
        case ("outputs", 5) where path[3] == "artifacts": return task.artifacts[path[4]]
        case ("status", 3):
            guard task.exits.count == 1, let node = task.exits.first else { return nil }
            return FlowText(
                expression: "(nodes.\(node).status == 'succeeded' ? 'Succeeded' : "
                    + "nodes.\(node).status == 'skipped' ? 'Skipped' : 'Failed')")
        default: return nil
        }
    }

    private static func status(of nodes: [String]) -> FlowText? {
        guard !nodes.isEmpty, nodes.count <= 100 else { return nil }
        let failed = nodes.map { "nodes.\($0).status == 'failed'" }.joined(separator: " || ")
        return FlowText(expression: "(\(failed) ? 'Failed' : 'Succeeded')")
    }

    /// An expression of `{{= }}`: comparisons, and names.
    private mutating func calculated(_ text: String, _ scope: ArgoScope) -> FlowText? {
        guard let expression = try? ForeignExpressionParser.parse(text) else { return nil }
        var values: [[String]: FlowText] = [:]
        for name in expression.names { values[name] = value(at: name, scope) }
        let writer = ForeignCondition(name: { values[$0] }) { function, arguments in
            guard arguments.count == 1 else { return nil }
            switch function {
            case "asInt", "asFloat": return FlowText(expression: "to_number(\(arguments[0].expression))", .number)
            case "string": return FlowText(expression: arguments[0].expression)
            default: return nil
            }
        }
        return try? writer.value(expression)
    }

    /// A `when` as a condition; nil, and reported, when it has no equivalent.
    mutating func condition(_ when: ForeignValue, _ scope: ArgoScope) -> String? {
        let written = when.text ?? ""
        var values: [String: FlowText] = [:]
        for piece in ScriptText.tags(written, open: "{{", close: "}}") where piece.isTag {
            values[piece.text] = value(of: piece.text, scope)
        }
        func tag(_ name: String) -> FlowText? { values[name] }
        func inText(_ text: String) -> FlowText? {
            var result = FlowText()
            for piece in ScriptText.tags(text, open: "{{", close: "}}") {
                guard piece.isTag else {
                    result += FlowText(piece.text)
                    continue
                }
                guard let value = values[piece.text] else { return nil }
                result += value
            }
            return result
        }
        do {
            let expression = try ForeignExpressionParser.parse(written, tag: tag, inText: inText)
            return try ForeignCondition(name: { FlowText($0.joined(separator: ".")) }).boolean(expression)
        } catch let fault as ForeignExpressionParser.Fault {
            notes.leftOut("this condition is left out: \(fault.message)", at: when.span)
        } catch let fault as ForeignCondition.Fault {
            notes.leftOut("this condition is left out: \(fault.message) has no equivalent", at: when.span)
        } catch {}
        return nil
    }
}
