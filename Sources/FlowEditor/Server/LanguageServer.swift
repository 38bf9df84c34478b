// SPDX-License-Identifier: Apache-2.0

import FileSystem
public import FlowCore
import FlowEngine

/// The language server: messages in, messages out, and nothing else. A loop over the standard streams drives it.
///
/// It checks texts with the compiler that `flow run` uses. Whatever a client sends, the answer is a message: a fault of
/// the client is an error of JSON-RPC.
public struct LanguageServer: Sendable {
    private enum Phase { case fresh, running, shutDown }

    let shape: LanguageShape
    let surroundings: Surroundings
    private let version: String
    private var phase = Phase.fresh
    private(set) var encoding = PositionEncoding.utf16
    var files: [String: OpenFile] = [:]
    /// Agents by the path of the workflow that may use them; read again when files change.
    private var agents: [String: [KnownAgent]] = [:]
    /// The exit code once the client has asked for the end: 0 after a `shutdown`, else 1.
    public private(set) var exitCode: Int32?

    /// A server for workflows whose nodes are of these kinds.
    ///
    /// - Parameter version: the version of the program, for the client's log.
    public init(kinds: [any NodeKind], surroundings: Surroundings = Surroundings(), version: String = "0") {
        shape = LanguageShape(kinds: kinds)
        self.surroundings = surroundings
        self.version = version
    }

    // MARK: Messages

    /// Takes the body of a message and returns what is to be sent, in order.
    ///
    /// - Parameter moreWaiting: another message is here already, so that texts need not be checked yet.
    public mutating func receive(_ body: [UInt8], moreWaiting: Bool = false) -> [JSONValue] {
        var out: [JSONValue] = []
        do throws(RPCFault) {
            if let message = try RPCMessage.read(body), exitCode == nil { out += handle(message) }
        } catch {
            out.append(error.reply)
        }
        if !moreWaiting, phase == .running { out += diagnostics() }
        return out
    }

    /// The answer to something that is no message.
    public static func fault(_ words: String) -> JSONValue { RPCFault(.parseError, words).reply }

    private mutating func handle(_ message: RPCMessage) -> [JSONValue] {
        guard let id = message.id else { return notified(message) }
        do throws(RPCFault) {
            return [RPCMessage.result(try requested(message), of: id)]
        } catch {
            var fault = error
            fault.id = id
            return [fault.reply]
        }
    }

    private mutating func requested(_ message: RPCMessage) throws(RPCFault) -> JSONValue {
        switch (phase, message.method) {
        case (.fresh, "initialize"):
            phase = .running
            return initialize(message.params)
        case (.fresh, _): throw RPCFault(.serverNotInitialized, "the first request is `initialize`")
        case (.shutDown, _): throw RPCFault(.invalidRequest, "the server is shut down")
        case (.running, "initialize"): throw RPCFault(.invalidRequest, "the server is initialized already")
        case (.running, "shutdown"):
            phase = .shutDown
            return .null
        case (.running, _): break
        }
        let params = message.params
        switch message.method {
        case "textDocument/completion": return try completion(params)
        case "textDocument/hover": return try hover(params)
        case "textDocument/definition": return try definition(params)
        case "textDocument/references": return try references(params)
        case "textDocument/documentHighlight": return try highlights(params)
        case "textDocument/prepareRename": return try prepareRename(params)
        case "textDocument/rename": return try rename(params)
        case "textDocument/codeAction": return try codeActions(params)
        case "textDocument/documentSymbol": return try documentSymbols(params)
        case "workspace/executeCommand": return try execute(params)
        default: throw RPCFault(.methodNotFound, "there is no method `\(message.method)`")
        }
    }

    private mutating func notified(_ message: RPCMessage) -> [JSONValue] {
        if message.method == "exit" {
            exitCode = phase == .shutDown ? 0 : 1
            return []
        }
        guard phase == .running else { return [] }
        switch message.method {
        case "textDocument/didOpen": opened(message.params)
        case "textDocument/didChange": return changed(message.params)
        case "textDocument/didSave", "workspace/didChangeWatchedFiles": filesChanged()
        case "textDocument/didClose": return closed(message.params)
        default: break
        }
        return []
    }

    // MARK: Start

    private mutating func initialize(_ params: JSONValue) -> JSONValue {
        let offered = params["capabilities"]?["general"]?["positionEncodings"]?.arrayValue ?? []
        encoding = offered.contains("utf-8") ? .utf8 : .utf16
        return [
            "capabilities": [
                "positionEncoding": .string(encoding.rawValue),
                "textDocumentSync": ["openClose": true, "change": 2, "save": true],
                "completionProvider": ["triggerCharacters": [".", " ", "{", "[", ","], "resolveProvider": false],
                "hoverProvider": true, "definitionProvider": true, "referencesProvider": true,
                "documentHighlightProvider": true, "documentSymbolProvider": true,
                "renameProvider": ["prepareProvider": true],
                "codeActionProvider": ["codeActionKinds": ["quickfix"]],
                "executeCommandProvider": ["commands": ["flow.graph"]],
            ],
            "serverInfo": ["name": "flow", "version": .string(version)],
        ]
    }

    // MARK: Texts

    private mutating func opened(_ params: JSONValue) {
        guard let item = params["textDocument"], let uri = item["uri"]?.stringValue,
            let text = item["text"]?.stringValue
        else { return }
        agents = [:]
        files[uri] = OpenFile(
            uri: uri, version: item["version"]?.integerValue, text: TextDocument(text, encoding: encoding))
    }

    private mutating func changed(_ params: JSONValue) -> [JSONValue] {
        guard let uri = params["textDocument"]?["uri"]?.stringValue, var file = files.removeValue(forKey: uri) else {
            return []
        }
        var isWrong = false
        for change in params["contentChanges"]?.arrayValue ?? [] {
            guard let text = change["text"]?.stringValue else {
                isWrong = true
                continue
            }
            guard let range = change["range"], !range.isNull else {
                file.text.replace(text)
                continue
            }
            guard let start = TextDocument.position(range["start"]), let end = TextDocument.position(range["end"])
            else {
                isWrong = true
                continue
            }
            file.text.replace(from: start, to: end, with: text)
        }
        file.version = params["textDocument"]?["version"]?.integerValue ?? file.version
        file.changed()
        files[uri] = file
        guard isWrong else { return [] }
        // A notification has no answer; the client's log gets to know.
        return [
            RPCMessage.notification(
                "window/logMessage", ["type": 1, "message": "flow: a change was not understood and is left out"])
        ]
    }

    private mutating func closed(_ params: JSONValue) -> [JSONValue] {
        guard let uri = params["textDocument"]?["uri"]?.stringValue, files.removeValue(forKey: uri) != nil else {
            return []
        }
        return [RPCMessage.notification("textDocument/publishDiagnostics", ["uri": .string(uri), "diagnostics": []])]
    }

    /// Agents or other files beside the texts may have changed.
    private mutating func filesChanged() {
        agents = [:]
        for uri in files.keys { files[uri]?.surroundingsChanged() }
    }

    // MARK: What requests ask for

    /// The agents that a workflow may use.
    mutating func agents(for path: String?) -> [KnownAgent] {
        guard let path else { return [] }
        if let known = agents[path] { return known }
        let found = surroundings.agents(for: path, kinds: shape.kinds)
        agents[path] = found
        return found
    }

    /// What the compiler says of an open text.
    mutating func analysis(_ uri: String) -> Analysis? {
        guard let path = files[uri].map(\.path) else { return nil }
        let known = agents(for: path)
        return files[uri]?.analysed(kinds: shape.kinds, surroundings: surroundings, agents: known)
    }

    /// The address of the open text that a request is about.
    func uri(_ params: JSONValue) throws(RPCFault) -> String {
        guard let uri = params["textDocument"]?["uri"]?.stringValue else {
            throw RPCFault(.invalidParams, "`textDocument.uri` is missing")
        }
        guard let file = files[uri] else { throw RPCFault(.invalidParams, "`\(uri)` is not open") }
        guard !file.text.isTooLarge else {
            throw RPCFault(.requestFailed, "the text is larger than \(TextDocument.largest >> 20) MiB")
        }
        return uri
    }

    /// The open text and the offset that a request is about.
    func target(_ params: JSONValue) throws(RPCFault) -> (uri: String, offset: Int, text: TextDocument) {
        let uri = try uri(params)
        guard let position = TextDocument.position(params["position"]) else {
            throw RPCFault(.invalidParams, "`position` is missing")
        }
        guard let text = files[uri]?.text else { throw RPCFault(.invalidParams, "`\(uri)` is not open") }
        return (uri, text.offset(of: position), text)
    }

    /// The names that expressions may use in a node.
    ///
    /// - Parameter offset: where something is being typed: when the text is no YAML, it is read without that line.
    mutating func names(
        _ uri: String, node: String?, inKey key: String? = nil, at offset: Int? = nil
    ) -> NameTypes {
        let agents = agents(for: files[uri]?.path)
        var definition = analysis(uri)?.definition
        if definition == nil, let offset { definition = withoutLine(of: offset, uri, agents) }
        return NameTypes(
            definition ?? files[uri]?.lastDefinition, kinds: shape.kinds, agents: agents.map(\.definition.name),
            node: node, key: key)
    }

    /// The longest text that is read a second time, in bytes.
    private static let longestSecondReading = 1 << 20

    private func withoutLine(of offset: Int, _ uri: String, _ agents: [KnownAgent]) -> WorkflowDefinition? {
        guard let file = files[uri], file.text.bytes.count <= Self.longestSecondReading else { return nil }
        var bytes = file.text.bytes
        for index in file.text.range(ofLine: file.text.line(at: offset)) { bytes[index] = 0x20 }
        return Analysis(
            bytes, path: file.path, file: .workflow, kinds: shape.kinds, agents: agents,
            readFile: surroundings.readFile
        ).definition
    }
}
