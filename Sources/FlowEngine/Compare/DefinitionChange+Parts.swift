// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension DefinitionChange {
    /// The parts of two workflows that differ, beside their nodes.
    static func between(_ old: WorkflowDefinition, _ new: WorkflowDefinition) -> [DefinitionChange] {
        DefinitionDiff.changes(from: NormalForm(of: old).parts, to: NormalForm(of: new).parts).map { change in
            DefinitionChange(part: change.part, old: text(change.old), new: text(change.new))
        }
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
        let changes = DefinitionDiff.changes(
            from: NormalForm(of: old, withWords: true).parts, to: NormalForm(of: new, withWords: true).parts)
        return changes.map { change in
            DefinitionChange(part: name(of: change.part, new.kind), old: text(change.old), new: text(change.new))
        }
    }

    /// What stands under the kind's key is told by that, and what belongs to the kind by its own name.
    private static func name(of part: String, _ kind: String) -> String {
        if part == "body" { return kind }
        return part.hasPrefix("fields.") ? String(part.dropFirst("fields.".count)) : part
    }

    /// A text as it is, anything else as JSON: on one line if that is not long.
    static func text(_ value: JSONValue?) -> String? {
        guard let value else { return nil }
        if let text = value.stringValue { return text }
        let line = value.jsonText(.compact)
        return line.utf8.count <= 100 ? line : value.jsonText(.pretty)
    }
}
