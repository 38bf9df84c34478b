// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import MCPClient

/// Reads one server of `mcp_servers:`.
struct MCPServerReader {
    private static let keys: Set<String> = [
        "command", "env", "url", "headers", "timeout", "start_timeout", "tools", "when_lost", "description",
    ]

    let name: String
    let json: JSONValue
    /// The folder of the file: programs run there, and their paths are from there.
    let folder: String
    let environment: [String: String]

    var entry: MCPToolServers.Entry {
        var used: [String: String] = [:]
        let server: Result<MCPServer, MCPToolServers.Problem>
        do throws(MCPToolServers.Problem) { server = .success(try read(&used)) } catch { server = .failure(error) }
        return MCPToolServers.Entry(
            name: name, summary: summary, server: server, secrets: used, failsNodes: json["when_lost"] == "fail")
    }

    /// The command or the address as the file writes it, so that a reference to a secret stays one.
    private var summary: String {
        if let words = json["command"]?.arrayValue { return words.map(\.plainText).joined(separator: " ") }
        return json["command"]?.stringValue ?? json["url"]?.stringValue ?? ""
    }

    private func problem(_ text: String) -> MCPToolServers.Problem {
        MCPToolServers.Problem(message: "MCP server `\(name)`: \(text)")
    }

    private func read(_ used: inout [String: String]) throws(MCPToolServers.Problem) -> MCPServer {
        guard case .object(let object) = json else { throw problem("it is a mapping with `command` or `url`") }
        for key in object.keys where !Self.keys.contains(key) {
            let near = Spelling.nearest(to: key, among: Self.keys.sorted()).map { "; did you mean `\($0)`?" }
            throw problem("there is no key `\(key)`" + (near ?? ""))
        }
        let isName = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2D
        }
        guard isName, !name.isEmpty, name.utf8.count <= 64 else {
            throw problem("a name has letters, digits, `_` and `-`")
        }
        let way: MCPServer.Way
        switch (json["command"], json["url"]) {
        case (let command?, nil):
            var words: [String] = []
            for word in command.arrayValue ?? [command] { words.append(try filled(word.plainText, &used)) }
            guard let program = words.first, !program.isEmpty else { throw problem("`command` names no program") }
            if program.contains("/") { words[0] = FilePath.join(folder, program) }
            way = .program(command: words, environment: try variables(&used), directory: folder)
        case (nil, let url?):
            var headers: [(name: String, value: String)] = []
            for header in json["headers"]?.objectValue ?? JSONObject() {
                headers.append((name: header.key, value: try filled(header.value.plainText, &used)))
            }
            way = .address(url: try filled(url.plainText, &used), headers: headers)
        default: throw problem("it has exactly one of `command` and `url`")
        }
        var server = MCPServer(name: name, way: way)
        if let time = try duration("timeout") { server.timeout = time }
        if let time = try duration("start_timeout") { server.startTimeout = time }
        if let tools = json["tools"], !tools.isNull {
            guard let list = tools.arrayValue else { throw problem("`tools` is a list of names") }
            server.tools = list.map(\.plainText)
        }
        if let choice = json["when_lost"], !choice.isNull, choice != "tell", choice != "fail" {
            throw problem("`when_lost` is `tell` or `fail`, not `\(choice.plainText)`")
        }
        return server
    }

    /// What the program sees: where programs are, and what the file declares.
    private func variables(_ used: inout [String: String]) throws(MCPToolServers.Problem) -> [String: String] {
        var variables = environment.filter { ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"].contains($0.key) }
        for member in json["env"]?.objectValue ?? JSONObject() {
            variables[member.key] = try filled(member.value.plainText, &used)
        }
        return variables
    }

    private func duration(_ key: String) throws(MCPToolServers.Problem) -> Duration? {
        guard let value = json[key], !value.isNull else { return nil }
        guard let time = Milliseconds(parsing: value.plainText), time > .zero else {
            throw problem("`\(key)` is a duration such as `30s`, not `\(value.plainText)`")
        }
        return time.duration
    }

    /// The text with each `${env.NAME}` replaced by the variable's value.
    private func filled(_ text: String, _ used: inout [String: String]) throws(MCPToolServers.Problem) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "${env.") {
            result += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            guard let close = rest.firstIndex(of: "}") else { throw problem("`${env.` has no `}`") }
            let variable = String(rest[..<close])
            guard let value = environment[variable], !value.isEmpty else {
                throw problem("the variable \(variable) is not set")
            }
            used[variable] = value
            result += value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
