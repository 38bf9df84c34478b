// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What an agent may use in one node: the agent's tools, narrowed by those of the node, and both their permissions.
struct AgentGrant: Sendable {
    var references: [ToolReference] = []
    /// A call must pass all of them.
    var permissions: [ToolPermissions] = []

    /// Why a grant cannot be used. The compiler finds these before a run.
    struct Problem: Error {
        var message: String
    }

    /// Reads the grant of a node.
    init(_ agent: AgentDefinition, _ fields: JSONObject) throws(Problem) {
        let own = try Self.references(agent.tools)
        if let list = fields["tools"]?.arrayValue {
            for reference in try Self.references(list.map(\.plainText)) {
                guard reference.isNode || own.contains(where: { $0.covers(reference) }) else {
                    throw Problem(message: "the agent `\(agent.name)` has no tool `\(reference.text)`")
                }
                references.append(reference)
            }
        } else {
            references = own
        }
        for json in [agent.permissions, fields["permissions"]].compactMap({ $0 }) where !json.isNull {
            do throws(PermissionRule.Problem) {
                permissions.append(try ToolPermissions(json))
            } catch {
                throw Problem(message: error.message)
            }
        }
    }

    private static func references(_ texts: [String]) throws(Problem) -> [ToolReference] {
        var references: [ToolReference] = []
        for text in texts {
            do throws(ToolReference.Problem) {
                let reference = try ToolReference(text)
                if !references.contains(reference) { references.append(reference) }
            } catch {
                throw Problem(message: error.message)
            }
        }
        return references
    }

    /// What becomes of a call: the strictest of all that is said.
    func decision(on tool: String, _ subject: ToolSubject) -> ToolPermissions.Decision {
        permissions.reduce(.allow) { $0.and($1.decision(on: tool, subject)) }
    }
}
