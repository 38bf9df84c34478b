// SPDX-License-Identifier: Apache-2.0

import FlowEditor
import FlowEngine

/// A client of the server for tests: it sends and keeps what comes back.
struct Session {
    static let uri = "file:///work/demo.yaml"
    static let kinds = BuiltinKinds.forCompiling(environment: [:])

    var server: LanguageServer
    private var lastID: Int64 = 0
    private var version: Int64 = 0

    /// A session with an agent `writer` and a file `query.sql` beside the workflow.
    init(encoding: String = "utf-8", initialized: Bool = true) {
        server = LanguageServer(
            kinds: Self.kinds,
            surroundings: Surroundings(
                readFile: { path in
                    switch path {
                    case "/work/agents/writer.yaml":
                        Array("agent: 1\nname: writer\nrole: Writes texts\ninstructions: Write.\n".utf8)
                    case "/work/query.sql": Array("select 1".utf8)
                    default: nil
                    }
                }, listFiles: { $0.hasSuffix("agents") ? ["writer.yaml"] : ["demo.yaml", "query.sql"] },
                agentFolders: { _ in ["/work/agents"] }), version: "test")
        if initialized {
            _ = request(
                "initialize", ["capabilities": ["general": ["positionEncodings": [.string(encoding)]]]])
        }
    }

    mutating func send(_ message: JSONValue) -> [JSONValue] { server.receive(message.jsonBytes()) }

    /// The answer to a request.
    mutating func request(_ method: String, _ params: JSONValue) -> JSONValue {
        lastID += 1
        let id = lastID
        return send(["jsonrpc": "2.0", "id": .integer(id), "method": .string(method), "params": params])
            .first { $0["id"]?.integerValue == id } ?? .null
    }

    mutating func notify(_ method: String, _ params: JSONValue) -> [JSONValue] {
        send(["jsonrpc": "2.0", "method": .string(method), "params": params])
    }

    /// Opens a text, or puts it in the place of the one that is open; gives its diagnostics.
    mutating func open(_ text: String) -> [JSONValue] {
        version += 1
        return notify(
            "textDocument/didOpen",
            ["textDocument": ["uri": .string(Self.uri), "version": .integer(version), "text": .string(text)]]
        ).last?["params"]?["diagnostics"]?.arrayValue ?? []
    }

    /// A request at the place of `‸` in a text that is opened for it.
    mutating func ask(_ method: String, _ marked: String, _ more: JSONObject = JSONObject()) -> JSONValue {
        let (text, line, character) = Self.unmarked(marked)
        _ = open(text)
        var params = more
        params["textDocument"] = ["uri": .string(Self.uri)]
        params["position"] = ["line": .integer(line), "character": .integer(character)]
        return request(method, .object(params))
    }

    /// The text without its mark, and where that stood, in bytes.
    static func unmarked(_ marked: String) -> (text: String, line: Int64, character: Int64) {
        let before = marked.prefix { $0 != "‸" }
        let after = marked.dropFirst(before.count + 1)
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        return (String(before) + String(after), Int64(lines.count - 1), Int64(lines.last?.utf8.count ?? 0))
    }

    /// The labels that are proposed at the mark.
    mutating func proposals(_ marked: String) -> [String] {
        ask("textDocument/completion", marked)["result"]?["items"]?.arrayValue?.compactMap { $0["label"]?.stringValue }
            ?? []
    }

    /// What is told of the place of the mark.
    mutating func hover(_ marked: String) -> String {
        ask("textDocument/hover", marked)["result"]?["contents"]?["value"]?.stringValue ?? ""
    }

    /// The text after the edits for it in an answer. Positions count bytes.
    static func applied(_ edits: [JSONValue], to text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
        func key(_ edit: JSONValue) -> (Int64, Int64) {
            let start = edit["range"]?["start"]
            return (start?["line"]?.integerValue ?? 0, start?["character"]?.integerValue ?? 0)
        }
        for edit in edits.sorted(by: { key($0) > key($1) }) {
            let (line, start) = key(edit)
            let end = edit["range"]?["end"]?["character"]?.integerValue ?? 0
            lines[Int(line)].replaceSubrange(Int(start)..<Int(end), with: (edit["newText"]?.stringValue ?? "").utf8)
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
