// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// What the compiler finds out about the tools and permissions of agents before anything runs.
struct AgentChecks {
    private let node: NodeDefinition
    private let site: KindSite
    private let agent: AgentDefinition?

    /// The checks of an agent node.
    init(_ node: NodeDefinition, _ site: KindSite) {
        self.node = node
        self.site = site
        // Of agents that are only known by name nothing can be said.
        agent = node.literalBody.flatMap { site.agentDefinitions[$0] }.flatMap { $0.instructions.isEmpty ? nil : $0 }
    }

    /// The texts under `tools:` of the node; nil without the key.
    private var ownTools: [String]? {
        guard case .literal(.array(let list))? = node.field("tools") else { return nil }
        return list.map(\.plainText)
    }

    private func span(of field: String) -> SourceSpan {
        let entry = node.fields.first { $0.name == field }
        return entry.map(\.span).flatMap { $0.isKnown ? $0 : nil } ?? node.idSpan
    }

    /// The workflows that the agent has as tools in this node: they belong to the workflow's files.
    var workflows: [String] {
        (ownTools ?? agent?.tools ?? []).compactMap { text in
            if case .workflow(let path)? = try? ToolReference(text) { path } else { nil }
        }
    }

    /// The files beside the workflow that the node gives its agent by paths without expressions.
    var files: [String] {
        guard let field = node.field("files") else { return [] }
        let entries: [Template]
        switch field {
        case .array(let items): entries = items
        case .literal(.array(let items)): entries = items.map { .literal($0) }
        default: return []
        }
        return entries.compactMap { entry in
            if case .literal(.string(let path)) = entry.bodyMember("path") ?? entry { path } else { nil }
        }
    }

    /// All faults of the node's tools and permissions.
    func diagnostics(servers: [String]?) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let shown = ownTools == nil ? node.bodySpan : span(of: "tools")
        for text in ownTools ?? agent?.tools ?? [] {
            do throws(ToolReference.Problem) {
                found += faults(of: try ToolReference(text), at: shown, servers)
            } catch {
                // Those of an agent's own file are told there.
                if ownTools != nil { found.append(Self.diagnostic(error, at: shown)) }
            }
        }
        if let permissions = node.field("permissions"), case .literal(let json) = permissions {
            let span = span(of: "permissions")
            found += Self.faults(of: json, tools: ownTools ?? agent?.tools).map {
                Diagnostic(.badPermission, $0, at: span)
            }
        }
        for path in files {
            if DocumentReader.leavesFolder(path) {
                found.append(DocumentReader.outside(path, at: span(of: "files")))
            } else if site.readFile(path) == nil {
                found.append(
                    Diagnostic(.missingFile, "there is no file `\(path)` beside the workflow", at: span(of: "files")))
            }
        }
        return found
    }

    private func faults(of reference: ToolReference, at span: SourceSpan, _ servers: [String]?) -> [Diagnostic] {
        var found: [Diagnostic] = []
        if ownTools != nil, let agent {
            let own = agent.tools.compactMap { try? ToolReference($0) }
            if !reference.isNode, !own.contains(where: { $0.covers(reference) }) {
                let names = agent.tools.map { "`\($0)`" }.joined(separator: " ")
                found.append(
                    Diagnostic(
                        .unknownTool, "the agent `\(agent.name)` has no tool `\(reference.text)`", at: span,
                        help: [
                            own.isEmpty
                                ? "it has none; name them under `tools:` of the agent"
                                : "a node can only take some of the agent's tools: \(names)"
                        ]))
            }
        }
        switch reference {
        case .builtin: break
        // Checked with the graph.
        case .node(let id) where ownTools == nil:
            found.append(
                Diagnostic(
                    .unknownTool, "an agent's file cannot have `node:\(id)`, which is part of one workflow", at: span,
                    help: ["name it under `tools:` of the node"]))
        case .node: break
        case .workflow(let path):
            guard let interface = site.workflow(path) else {
                found.append(
                    Diagnostic(.missingFile, "there is no file `\(path)` beside the workflow, for a tool", at: span))
                break
            }
            if let fault = interface.fault {
                found.append(
                    Diagnostic(
                        .faultyWorkflow, "the workflow `\(path)`, a tool, has faults: \(fault.text)", at: span,
                        help: ["see all of them: `flow validate \(path)`"]))
            }
        case .mcp(let server, _):
            if let servers, !servers.contains(server) {
                let near = Spelling.nearest(to: server, among: servers)
                found.append(
                    Diagnostic(
                        .unknownTool, "`mcp_servers` of flow.yaml has no server `\(server)`", at: span,
                        help: [
                            near.map { "did you mean `\($0)`?" } ?? "the servers are \(servers.joined(separator: ", "))"
                        ]))
            }
        }
        return found
    }

    private static func diagnostic(_ problem: ToolReference.Problem, at span: SourceSpan) -> Diagnostic {
        Diagnostic(.unknownTool, problem.message, at: span, label: problem.label, help: problem.help)
    }

    /// What is wrong with `permissions:`, as texts.
    ///
    /// - Parameter tools: those that the agent has; nil when they are not known.
    private static func faults(of json: JSONValue, tools: [String]?) -> [String] {
        var found: [String] = []
        for key in ["allow", "ask", "deny"] {
            for item in json[key]?.arrayValue ?? [] {
                do throws(PermissionRule.Problem) {
                    let rule = try PermissionRule(item.plainText)
                    // A whole server may have tools that only it knows.
                    let isUsed = tools?.contains {
                        rule.isAbout($0) || $0.hasPrefix("mcp:") && item.plainText.hasPrefix("mcp:")
                    }
                    if isUsed == false { found.append("the rule `\(rule.text)` is about no tool that the agent has") }
                } catch {
                    found.append(error.message)
                }
            }
        }
        return found
    }

    // MARK: Agent files

    /// Checks the tools and permissions of an agent, in its file or in the workflow.
    static func check(_ fields: FieldValues, _ reader: inout DocumentReader) {
        let document = reader.document
        var names: [String] = []
        if let tools = fields["tools"], document.kind(of: tools) == .sequence {
            for item in document.elements(of: tools) where document.kind(of: item) == .scalar {
                let text = document.string(of: item)
                names.append(text)
                do throws(ToolReference.Problem) {
                    _ = try ToolReference(text)
                } catch {
                    reader.report(diagnostic(error, at: reader.span(item)))
                }
            }
        }
        guard let permissions = fields["permissions"], document.kind(of: permissions) == .mapping else { return }
        for (_, list) in document.pairs(of: permissions) where document.kind(of: list) == .sequence {
            for item in document.elements(of: list) where document.kind(of: item) == .scalar {
                let rule: JSONValue = ["allow": [.string(document.string(of: item))]]
                for fault in faults(of: rule, tools: names) {
                    reader.report(Diagnostic(.badPermission, fault, at: reader.span(item)))
                }
            }
        }
    }
}

extension AgentDefinition {
    /// What is known of agents, by name; one of the workflow itself goes before one of a file.
    static func byName(_ agents: [AgentDefinition], _ inline: [InlineAgent]) -> [String: AgentDefinition] {
        var known = Dictionary(agents.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for agent in inline { known[agent.name] = AgentDefinition(agent) }
        return known
    }

    /// An agent that is written in a workflow.
    init(_ agent: InlineAgent) {
        let file = agent.file
        self.init(
            name: agent.name, instructions: file["instructions"]?.plainText ?? "", model: file["model"]?.stringValue,
            output: file["output"], temperature: file["temperature"]?.numberValue,
            maxTokens: file["max_tokens"]?.integerValue.map { Int(clamping: $0) },
            maxTurns: file["max_turns"]?.integerValue.map { Int(clamping: $0) },
            tools: file["tools"]?.arrayValue?.map(\.plainText) ?? [], permissions: file["permissions"],
            context: file["context"], toolMode: file["tool_mode"]?.stringValue.flatMap(ToolMode.init(rawValue:)),
            span: agent.span)
    }
}
