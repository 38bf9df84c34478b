// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowEngine

/// A text that is open in the editor, with what was found out about it.
struct OpenFile {
    let uri: String
    let path: String?
    var version: Int64?
    var text: TextDocument
    /// Of the text as it is; nil when it has changed since.
    private(set) var analysis: Analysis?
    private(set) var outline: Outline?
    /// The last workflow that could be read: names and types come from it while a text is being typed.
    private(set) var lastDefinition: WorkflowDefinition?
    private(set) var lastPlan: Plan?
    /// Whether diagnostics of the text as it is have not been sent yet.
    var isUnpublished = true

    init(uri: String, version: Int64?, text: TextDocument) {
        self.uri = uri
        path = FileURI.path(uri)
        self.version = version
        self.text = text
    }

    /// The text has changed.
    mutating func changed() {
        analysis = nil
        outline = nil
        isUnpublished = true
    }

    /// The files around it have changed.
    mutating func surroundingsChanged() {
        analysis = nil
        isUnpublished = true
    }

    mutating func outlined() -> Outline {
        if let outline { return outline }
        let made = Outline(text.bytes)
        outline = made
        return made
    }

    /// An agent's file has the key `agent` at its top and no `flow`; settings name providers or models, and no nodes.
    mutating func fileKind() -> LanguageShape.FileKind {
        let keys = outlined().keys(in: -1)
        if keys.contains("providers") || keys.contains("models"), !keys.contains("nodes"), !keys.contains("name") {
            return .settings
        }
        return keys.contains("agent") && !keys.contains("flow") && !keys.contains("nodes") ? .agent : .workflow
    }

    mutating func analysed(
        kinds: [any NodeKind], surroundings: Surroundings, agents: [KnownAgent]
    ) -> Analysis {
        if let analysis { return analysis }
        let made = Analysis(
            text.bytes, path: path, file: fileKind(), kinds: kinds, agents: agents, readFile: surroundings.readFile)
        analysis = made
        if let definition = made.definition, !definition.nodes.isEmpty || lastDefinition == nil {
            lastDefinition = definition
        }
        if let plan = made.plan { lastPlan = plan }
        return made
    }
}
