// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension ImportedWorkflow {
    /// Takes the marks off references, and gives a default to each whose node may not have succeeded by then.
    mutating func settleReferences(_ notes: inout ImportNotes) {
        let all = Dictionary(nodes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var certain: [String: Set<String>] = [:]
        for node in inOrder() {
            var found: Set<String> = []
            for need in node.needs {
                guard let other = all[need.node] else { continue }
                let isCertain = need.condition == .succeeded || (need.condition == .met && !other.mayHaveNoOutputs)
                if isCertain { found.formUnion((certain[other.id] ?? []).union([other.id])) }
            }
            certain[node.id] = found
        }
        var ancestors: [String: Set<String>] = [:]
        for node in inOrder() {
            ancestors[node.id] = node.needs.reduce(into: []) {
                $0.formUnion((ancestors[$1.node] ?? []).union([$1.node]))
            }
        }
        for place in nodes.indices {
            let id = nodes[place].id
            let span = nodes[place].span
            for member in nodes[place].keys {
                nodes[place].keys[member.key] = Self.settled(member.value) { other in
                    if all[other] != nil, ancestors[id]?.contains(other) != true {
                        notes.fault("`\(id)` refers to `\(other)`, but does not wait for it", at: span)
                    }
                    return certain[id]?.contains(other) != true
                }
            }
        }
        let last = Set(finally.map(\.id))
        for place in finally.indices {
            for member in finally[place].keys {
                finally[place].keys[member.key] = Self.settled(member.value) { !last.contains($0) }
            }
        }
        for member in outputs {
            outputs[member.key] = Self.settled(member.value) { all[$0]?.mayHaveNoOutputs ?? true }
        }
    }

    /// The nodes, each after those that it needs; those of a cycle at the end.
    private func inOrder() -> [ImportedNode] {
        let indexes = Dictionary(nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var waiting = nodes.map { node in node.needs.count { indexes[$0.node] != nil } }
        var followers = [[Int]](repeating: [], count: nodes.count)
        for (place, node) in nodes.enumerated() {
            for need in node.needs { if let other = indexes[need.node] { followers[other].append(place) } }
        }
        var order = waiting.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for follower in followers[order[next]] {
                waiting[follower] -= 1
                if waiting[follower] == 0 { order.append(follower) }
            }
            next += 1
        }
        return order.map { nodes[$0] }
    }

    private static func settled(_ value: JSONValue, _ isDoubtful: (String) -> Bool) -> JSONValue {
        switch value {
        case .string(let text): return .string(settled(text, isDoubtful))
        case .array(let items): return .array(items.map { settled($0, isDoubtful) })
        case .object(let object):
            var result = JSONObject()
            for member in object { result[member.key] = settled(member.value, isDoubtful) }
            return .object(result)
        default: return value
        }
    }

    private static func settled(_ text: String, _ isDoubtful: (String) -> Bool) -> String {
        guard text.unicodeScalars.contains(FlowText.Reference.open) else { return text }
        var result = ""
        var path: String?
        for scalar in text.unicodeScalars {
            switch scalar {
            case FlowText.Reference.open: path = ""
            case FlowText.Reference.close:
                let parts = (path ?? "").split(separator: ".")
                let isOpen = parts.count > 1 && isDoubtful(String(parts[1]))
                result += isOpen ? "(\(path ?? "") ?? '')" : path ?? ""
                path = nil
            default:
                if path == nil { result.unicodeScalars.append(scalar) } else { path?.unicodeScalars.append(scalar) }
            }
        }
        return result.withoutOuterParentheses
    }
}

extension ImportedNode {
    /// Whether what waits for the node may go on without its outputs.
    var mayHaveNoOutputs: Bool { keys["when"] != nil || keys["on_failure"]?.stringValue == "continue" }
}

extension String {
    /// Each `${{ (a ?? '') }}` as `${{ a ?? '' }}`.
    fileprivate var withoutOuterParentheses: String {
        guard contains("${{ (") else { return self }
        return ScriptText.tags(self, open: "${{", close: "}}").map {
            $0.isTag ? "${{ \(FlowText.unwrapped($0.text)) }}" : $0.text
        }.joined()
    }
}
