// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension LanguageServer {
    /// The sections and what they hold: inputs, nodes with their kinds, outputs.
    mutating func documentSymbols(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        let uri = try uri(params)
        guard let text = files[uri]?.text, let outline = files[uri]?.outlined(), let file = files[uri]?.fileKind()
        else { return [] }
        return .array(
            outline.children(of: -1).compactMap { index in
                guard let key = outline.entries[index].key else { return nil }
                guard file == .workflow, let kind = Self.sectionKinds[key] else {
                    return Self.symbol(index, kind: 7, detail: Self.inline(index, outline, text), [], outline, text)
                }
                let children = outline.children(of: index).compactMap { child -> JSONValue? in
                    guard outline.entries[child].key != nil else { return nil }
                    let isNode = LanguageShape.nodeMaps.contains(key)
                    let detail =
                        isNode
                        ? outline.keys(in: child).first { shape.kind($0) != nil } ?? ""
                        : Self.type(child, outline, text)
                    return Self.symbol(child, kind: kind, detail: detail, [], outline, text)
                }
                return Self.symbol(index, kind: 3, detail: "", children, outline, text)
            })
    }

    /// Sections whose keys are names, with the protocol's number for what they name.
    private static let sectionKinds: [String: Int64] = [
        "nodes": 12, "finally": 12, "inputs": 8, "outputs": 8, "secrets": 13, "env": 13,
    ]

    private static func symbol(
        _ index: Int, kind: Int64, detail: String, _ children: [JSONValue], _ outline: Outline, _ text: TextDocument
    ) -> JSONValue {
        let entry = outline.entries[index]
        var symbol = JSONObject()
        let name = entry.key ?? ""
        symbol["name"] = .string(name.isEmpty ? "\"\"" : name)
        if !detail.isEmpty { symbol["detail"] = .string(detail) }
        symbol["kind"] = .integer(kind)
        symbol["range"] = text.json(entry.keyRange.lowerBound..<max(entry.end, entry.keyRange.upperBound))
        symbol["selectionRange"] = text.json(entry.keyRange)
        if !children.isEmpty { symbol["children"] = .array(children) }
        return .object(symbol)
    }

    private static func inline(_ index: Int, _ outline: Outline, _ text: TextDocument) -> String {
        let entry = outline.entries[index]
        guard entry.style == .plain || entry.style == .quoted else { return "" }
        return String(text.text(entry.value).prefix(80))
    }

    private static func type(_ index: Int, _ outline: Outline, _ text: TextDocument) -> String {
        outline.child(of: index, key: "type").map { inline($0, outline, text) } ?? ""
    }

    // MARK: Commands

    /// `flow.graph` gives the plan of an open workflow as text: arguments are its address and a format.
    mutating func execute(_ params: JSONValue) throws(RPCFault) -> JSONValue {
        guard let command = params["command"]?.stringValue else {
            throw RPCFault(.invalidParams, "`command` is missing")
        }
        guard command == "flow.graph" else { throw RPCFault(.invalidParams, "there is no command `\(command)`") }
        let arguments = params["arguments"]?.arrayValue ?? []
        guard let target = arguments.first?.stringValue ?? arguments.first?["uri"]?.stringValue else {
            throw RPCFault(.invalidParams, "the first argument is the address of an open workflow")
        }
        let uri = try uri(["textDocument": ["uri": .string(target)]])
        let format = arguments.dropFirst().first?.stringValue ?? arguments.first?["format"]?.stringValue ?? "dot"
        guard let plan = analysis(uri)?.plan ?? files[uri]?.lastPlan else {
            throw RPCFault(.requestFailed, "the workflow has errors, and there is no earlier plan")
        }
        let text: String
        switch format {
        case "dot": text = plan.dot()
        case "mermaid": text = plan.mermaid()
        case "json": text = plan.graphJSON().jsonText()
        case "svg": text = PlanPicture(plan).svg
        default: throw RPCFault(.invalidParams, "the formats are dot, svg, mermaid and json")
        }
        return ["format": .string(format), "text": .string(text)]
    }
}
