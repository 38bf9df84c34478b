// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension DefinitionChange {
    /// The parts of two workflows that differ, beside their nodes.
    static func between(_ old: WorkflowDefinition, _ new: WorkflowDefinition) -> [DefinitionChange] {
        changes(from: NormalForm(of: old).parts, to: NormalForm(of: new).parts)
    }

    /// The parts of a node that differ, named as the file has them. Nodes that are written alike are known by their templates,
    /// without making parts of them.
    static func between(_ old: NodeDefinition, _ new: NodeDefinition) -> [DefinitionChange] {
        if old.options === NodeOptions.standard, new.options === NodeOptions.standard, old.kind == new.kind,
            old.body == new.body, old.fields.count == new.fields.count, old.needs.count == new.needs.count,
            zip(old.fields, new.fields).allSatisfy({ $0.name == $1.name && $0.template == $1.template }),
            zip(old.needs, new.needs).allSatisfy({ $0.node == $1.node && $0.condition == $1.condition })
        {
            return []
        }
        return changes(from: parts(of: old), to: parts(of: new))
    }

    /// The parts of a node under the names that the file has for them.
    private static func parts(of node: NodeDefinition) -> [NormalForm.Part] {
        NormalForm(of: node, withWords: true).parts.map { part in
            var part = part
            if part.name == "body" {
                part.name = node.kind
            } else if part.name.hasPrefix("fields.") {
                part.name = String(part.name.dropFirst("fields.".count))
            } else if let shape = node.options.foreach?.shape.name,
                part.name == "foreach" || part.name.hasPrefix("foreach.")
            {
                part.name = shape + part.name.dropFirst("foreach".count)
            }
            return part
        }
    }

    private static func changes(from old: [NormalForm.Part], to new: [NormalForm.Part]) -> [DefinitionChange] {
        var changes: [DefinitionChange] = []
        for change in DefinitionDiff.changes(from: old, to: new) {
            var found = DefinitionChange(part: change.part, old: text(change.old), new: text(change.new))
            // A goal belongs to its output, and is told with it.
            if found.part.hasPrefix("outputs."), found.part.hasSuffix(".goal") {
                found.part = String(found.part.dropLast(".goal".count))
                found.old = found.old.map { "goal \($0)" }
                found.new = found.new.map { "goal \($0)" }
                if changes.contains(where: { $0.part == found.part }) { continue }
            }
            changes.append(found)
        }
        return changes
    }

    /// A text as it is, anything else as JSON: on one line if that is not long.
    static func text(_ value: JSONValue?) -> String? {
        guard let value else { return nil }
        if let text = value.stringValue { return text }
        let line = value.jsonText(.compact)
        return line.utf8.count <= 100 ? line : value.jsonText(.pretty)
    }
}
