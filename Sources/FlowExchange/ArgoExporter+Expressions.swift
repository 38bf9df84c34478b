// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ArgoExporter {
    /// What a path is as a tag of Argo, without the braces; nil if it has no equivalent.
    func tag(_ node: ExpressionNode, in user: NodeDefinition?) -> String? {
        if case .binary(.coalesce, let left, let fallback, _) = node.kind, case .literal(.string("")) = fallback.kind {
            // What a skipped task did not put out is empty there.
            return tag(left, in: user)
        }
        guard let path = Self.path(node) else { return nil }
        let item = user?.options.foreach?.variable
        if let item, path[0] == item { return (["item"] + path.dropFirst()).joined(separator: ".") }
        switch (path[0], path.count) {
        case ("inputs", 2): return "workflow.parameters.\(path[1])"
        case ("nodes", 4) where path[2] == "outputs":
            guard let other = byName[path[1]], hasOutput(other, path[3]) else { return nil }
            return "tasks.\(Self.name(path[1])).outputs.parameters.\(path[3])"
        case ("nodes", 3) where path[2] == "status": return "tasks.\(Self.name(path[1])).status"
        case ("run", 2) where path[1] == "id": return "workflow.uid"
        case ("run", 2) where path[1] == "workflow": return "workflow.name"
        case ("workflow", 2) where path[1] == "name": return "workflow.name"
        default: return nil
        }
    }

    /// Whether a node leaves an output in a form that Argo can hand on.
    func hasOutput(_ node: NodeDefinition, _ name: String) -> Bool {
        switch node.kind {
        case "run": node.options.outputs.contains { $0.name == name && $0.value == nil }
        case "set":
            if case .object(let members) = node.body { members.contains { $0.key == name } } else { false }
        default: false
        }
    }

    /// The names of a path such as `nodes.a.outputs.x`.
    static func path(_ node: ExpressionNode) -> [String]? {
        switch node.kind {
        case .name(let name): return [name]
        case .member(let base, let name, _): return path(base).map { $0 + [name] }
        case .index(let base, let index):
            guard case .literal(.string(let name)) = index.kind else { return nil }
            return path(base).map { $0 + [name] }
        default: return nil
        }
    }

    /// A value with tags; nil if a part of it has no equivalent.
    func text(_ template: Template, in user: NodeDefinition) -> String? {
        switch template {
        case .expression(let expression, _): return tag(expression.root, in: user).map { "{{\($0)}}" }
        case .text(let segments):
            var text = ""
            for segment in segments {
                switch segment {
                case .text(let part): text += part
                case .expression(let expression, _):
                    guard let tag = tag(expression.root, in: user) else { return nil }
                    text += "{{\(tag)}}"
                }
            }
            return text
        default: return template.constant.map { $0.stringValue ?? ($0.isNull ? "" : $0.jsonText()) }
        }
    }

    /// A condition in Argo's words; nil if it has no equivalent.
    func condition(_ node: ExpressionNode, _ user: NodeDefinition) -> String? {
        switch node.kind {
        case .literal(.bool(let value)): return value ? "true" : "false"
        case .unary(.not, let operand): return condition(operand, user).map { "!(\($0))" }
        case .binary(let symbol, let left, let right, _):
            switch symbol {
            case .and, .or:
                guard let first = condition(left, user), let second = condition(right, user) else { return nil }
                return "\(grouped(first, left)) \(symbol.rawValue) \(grouped(second, right))"
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
                guard let first = operand(left, user), let second = operand(right, user) else { return nil }
                return "\(first) \(symbol.rawValue) \(second)"
            default: return nil
            }
        default:
            guard let tag = tag(node, in: user) else { return nil }
            return "'{{\(tag)}}' == 'true'"
        }
    }

    private func grouped(_ text: String, _ node: ExpressionNode) -> String {
        if case .binary(let symbol, _, _, _) = node.kind, symbol == .and || symbol == .or { return "(\(text))" }
        return text
    }

    private func operand(_ node: ExpressionNode, _ user: NodeDefinition) -> String? {
        switch node.kind {
        case .literal(.string(let text)):
            // Statuses have other names there.
            let names = ["succeeded": "Succeeded", "failed": "Failed", "skipped": "Skipped", "omitted": "Omitted"]
            if text.contains("'") || text.contains("\\") { return nil }
            return "'\(user.options.when.map { $0.text.contains(".status") } == true ? names[text] ?? text : text)'"
        case .literal(.integer(let value)): return "\(value)"
        case .literal(.number(let value)): return "\(value)"
        case .literal(.bool(let value)): return "'\(value)'"
        case .call("to_number", _, let arguments) where arguments.count == 1:
            return tag(arguments[0], in: user).map { "{{\($0)}}" }
        default:
            guard let tag = tag(node, in: user) else { return nil }
            return isNumber(node) ? "{{\(tag)}}" : "'{{\(tag)}}'"
        }
    }

    private func isNumber(_ node: ExpressionNode) -> Bool {
        guard let path = Self.path(node) else { return false }
        if path.count == 2, path[0] == "inputs" {
            let kind = workflow.inputs.first { $0.name == path[1] }?.kind
            return kind == .integer || kind == .number
        }
        guard path.count == 4, path[0] == "nodes" else { return false }
        let type = byName[path[1]]?.options.outputs.first { $0.name == path[3] }?.type
        return type == .integer || type == .number
    }
}
