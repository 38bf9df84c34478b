// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
public import FlowCore
import HTTPServer

/// `engine:` has an external engine do something: a program in any language that speaks flow's line protocol. Its calls of
/// models go through flow, which records, charges and limits them like those of agents.
public struct EngineKind: NodeKind {
    public let name = "engine"
    public let summary = "Has an external engine, a program of its own, do one of the things it can."
    public let body = FieldType.string
    public let fields = [
        FieldSchema(
            "action", .string, templates: false, fallback: "the engine's only one", "What the engine is to do."),
        FieldSchema("model", .string, "The model that answers all calls of the engine, whichever it names."),
        FieldSchema(
            "models", .map(.string),
            "The model that answers for each name that the engine uses; `\"*\"` is for all others."),
        FieldSchema(
            "start_timeout", .duration(allowsZero: false), templates: false, fallback: "the engine's, else 60s",
            "How long the engine may take until it is ready."),
    ]

    let shelf: EngineShelf
    private let processes: ChildProcesses
    private let environment: [String: String]
    private let gateway: ModelGateway
    private let pool: EnginePool

    init(
        shelf: EngineShelf, processes: ChildProcesses, environment: [String: String], gateway: ModelGateway,
        pool: EnginePool
    ) {
        self.shelf = shelf
        self.processes = processes
        self.environment = environment
        self.gateway = gateway
        self.pool = pool
    }

    // MARK: Compiling

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        guard case .literal(.string(let name)) = node.body else {
            return [
                Diagnostic(.badNode, "`engine` takes the name of an engine, without expressions", at: node.bodySpan)
            ]
        }
        return EngineChecks(node, name: name, entry: shelf.keptEntry(name), shelf: shelf).diagnostics
    }

    private func action(of node: NodeDefinition) -> EngineManifest.Action? {
        guard case .literal(.string(let name)) = node.body,
            case .success(let manifest)? = shelf.keptEntry(name)?.manifest
        else { return nil }
        return manifest.action(node.literalField("action"))
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType {
        // Of an engine that is not here nobody knows what it puts out.
        guard let action = action(of: node) else { return .anyObject }
        var types: [String: ValueType] = [:]
        for output in action.outputs where !output.type.isPath { types[output.name] = output.type.valueType }
        for output in node.options.outputs { types[output.name] = output.type.valueType }
        return .object(types, open: false)
    }

    public func artifactNames(of node: NodeDefinition) -> [String] { action(of: node)?.artifacts ?? [] }

    // MARK: Running

    public func run(_ context: NodeContext) async -> NodeOutcome {
        do {
            return try await EngineAttempt(context, self).run()
        } catch let error as EngineProblem {
            return .failed(NodeFailure(.unavailable, error.message))
        } catch let error as NodeFailureError {
            return .failed(error.failure)
        } catch let error as HTTPServerError {
            return .failed(NodeFailure(.unavailable, "the model gateway cannot be opened: \(error)"))
        } catch {
            return .failed(NodeFailure(.storage, "\(error)"))
        }
    }

    /// What programs of an engine see of flow's environment.
    static func variables(_ manifest: EngineManifest, _ environment: [String: String]) -> [String: String] {
        var variables = environment.filter { RunKind.inheritedVariables.contains($0.key) }
        variables["PYTHONUNBUFFERED"] = "1"
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        return variables.merging(manifest.environment) { _, new in new }
    }

    /// Starts a program of an engine, which is not known to be ready yet.
    func start(
        _ manifest: EngineManifest, variables own: [String: String], directory: String,
        log: @escaping @Sendable (NodeLogLine) -> Void
    ) throws(EngineProblem) -> EngineProcess {
        let variables = Self.variables(manifest, environment).merging(own) { _, new in new }
        let words = try EngineEnvironment(manifest, environment: environment).words(path: variables["PATH"] ?? "")
        return EngineProcess(
            name: manifest.name, words: words, environment: variables, directory: directory, processes: processes,
            log: log)
    }

    /// Opens the gateway for an attempt.
    func open(
        _ context: NodeContext, _ names: [String: String], log: @escaping @Sendable (String) -> Void,
        onRefusal: @escaping @Sendable (ModelError) -> Void
    ) throws(HTTPServerError) -> GatewayPass {
        try gateway.open(calls: context.calls, names: names, log: log, onRefusal: onRefusal)
    }

    func close(_ pass: GatewayPass) async { await gateway.close(pass) }
    func idle(_ manifest: EngineManifest) -> EngineProcess? { pool.takeIdle(manifest) }
    func keep(_ process: EngineProcess, _ manifest: EngineManifest) -> Bool { pool.keep(process, manifest) }

    /// Notes who works for the node, for what people say to it.
    func note(_ process: EngineProcess?, _ context: NodeContext) {
        pool.note(process, run: context.run, node: context.node)
    }
}

extension NodeDefinition {
    /// The text of a further key that has no expressions.
    func literalField(_ name: String) -> String? {
        guard case .literal(.string(let text))? = field(name) else { return nil }
        return text
    }
}
