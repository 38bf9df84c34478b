// SPDX-License-Identifier: Apache-2.0

public import FlowCore
import YAML

/// Changes of a run's inputs and nodes, and outputs that a person gives, as a person writes them:
///
///     inputs: {rows: 20}
///     nodes:
///       fit: {with: {degree: 2}, timeout: null}
///     pin:
///       load: {rows: 1200}
///
/// A mapping is merged key by key, null takes a key away, anything else takes the place of what was there.
public struct WorkflowPatch: Sendable {
    /// A text of the patch, read.
    struct Part: Sendable {
        var file: Int
        var document: YAMLDocument
    }

    /// The texts of the patch, for its diagnostics.
    public private(set) var sources = SourceMap()
    /// The faults of the texts themselves.
    public private(set) var diagnostics: [Diagnostic] = []
    private(set) var parts: [Part] = []
    /// The folder from which paths of input files start.
    var directory: String

    /// A patch that changes nothing.
    ///
    /// - Parameter directory: the folder from which paths of input files start.
    public init(directory: String = "") { self.directory = directory }

    /// Whether the patch says nothing.
    public var isEmpty: Bool { parts.isEmpty && diagnostics.isEmpty }

    /// Adds a text in YAML or JSON. What comes later wins.
    public mutating func add(_ bytes: [UInt8], name: String) {
        let file = sources.add(SourceFile(name: name, bytes: bytes))
        let (document, problems) = YAMLDocument.parse(bytes)
        diagnostics += problems.map { Diagnostic($0, file: file) }
        if let document, problems.isEmpty { parts.append(Part(file: file, document: document)) }
    }

    /// Adds one value: `inputs.NAME` or `nodes.NODE.KEY`, also further down as in `nodes.NODE.with.NAME`.
    ///
    /// The value is JSON if it reads as JSON, else a text. False when the path is neither.
    public mutating func set(_ path: String, to value: String) -> Bool {
        let words = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !words.contains(""), words[0] == "inputs" ? words.count == 2 : words[0] == "nodes" && words.count > 2
        else { return false }
        var json = (try? JSONValue.parse(Array(value.utf8))) ?? .string(value)
        // A text may be what the input takes: which it is, its type says.
        if words[0] == "inputs", json.arrayValue == nil, json.objectValue == nil, !json.isNull {
            json = .string(json.stringValue ?? value)
        }
        let inner = words.dropFirst().reversed().reduce(json.flowText) { "{\(JSONValue.flowKey($1)): \($0)}" }
        add(Array("\(words[0]): \(inner)\n".utf8), name: "--set")
        return true
    }

    /// Adds the outputs of a node.
    public mutating func pin(_ node: String, to outputs: JSONValue) {
        add(Array("pin: {\(JSONValue.flowKey(node)): \(outputs.flowText)}\n".utf8), name: "--pin")
    }
}

/// A workflow with a patch applied to it, or the faults that stand against it.
public struct PatchedWorkflow: Sendable {
    /// Faults with the texts that they are about.
    public struct Faults: Sendable {
        public var sources: SourceMap
        public var diagnostics: [Diagnostic]
    }

    /// The workflow, compiled from its changed texts.
    public var workflow: LoadedWorkflow
    /// The typed inputs.
    public var inputs: JSONObject
    /// The given outputs of nodes.
    public var pins: [String: JSONObject]
    /// The files of the bundle whose text was changed.
    public var changedFiles: [String]
    /// Empty when all is well.
    public var faults: [Faults]
}
