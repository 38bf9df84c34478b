// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
public import FlowCore
import Synchronization

extension LocalModelRuntime {
    /// One step of an installation.
    public struct InstallStep: Sendable, Hashable {
        /// The step as the installer tells it: `step`, and `state`, `source`, `package`, `bytes`, `of`, `reason`.
        public var json: JSONObject

        /// The bytes that are there and those that there will be, while a model is fetched.
        public var progress: (bytes: Int64, of: Int64)? {
            guard let bytes = json["bytes"]?.integerValue, let total = json["of"]?.integerValue else { return nil }
            return (bytes, total)
        }

        /// The step in one line for people.
        public var description: String {
            let words = ["step", "state", "source", "package"].compactMap { json[$0]?.stringValue }
            var text = words.joined(separator: " ")
            if let progress {
                text += " \(ByteCount(progress.bytes).description) of \(ByteCount(progress.of).description)"
            }
            if let reason = json["reason"]?.stringValue { text += ": \(reason)" }
            return text
        }
    }

    /// Installs the runtime and a model of the catalogue; what is there already and right is kept.
    ///
    /// - Parameters:
    ///   - model: the id; nil is the catalogue's default.
    ///   - progress: takes each step; it is called on the thread of the child processes and must not wait.
    /// - Returns: the path of the model file.
    public nonisolated func install(
        _ model: String? = nil, progress: @escaping @Sendable (InstallStep) -> Void = { _ in }
    ) async throws(ModelError) -> String {
        let id = model ?? ModelCatalog.embedded.defaultModel
        guard ModelCatalog.embedded.entry(id) != nil else {
            let known = ModelCatalog.embedded.models.map(\.id)
            let nearest = Spelling.nearest(to: id, among: known).map { "did you mean `\($0)`?" }
            throw ModelError(
                .unavailable,
                "there is no model `\(id)`; \(nearest ?? "there are: \(known.joined(separator: ", "))")")
        }
        let script = try folder.place("model_install.py", PackageResources.model_install_py)
        let lines = InstallLines(progress)
        let command = ChildCommand(
            executable: "python3",
            arguments: [
                script, "--catalog", "/dev/stdin", "--model", id, "--destination", folder.path, "--python-env",
                folder.file("venv"),
            ],
            // The whole environment: proxies and the settings of pip are the user's.
            environment: settings.environment, directory: "/", input: .bytes(PackageResources.model_catalog_json),
            output: OutputPlan(onChunk: { lines.take($0) }), errorOutput: .tail(4096), grace: .seconds(10))
        let result: ChildResult
        do {
            result = try await children.run(command)
        } catch {
            throw ModelError(.unavailable, "the installation needs python3: \(error.description)")
        }
        if result.ending == .cancelled { throw ModelError(.cancelled, "the installation was cancelled") }
        if let path = lines.path, result.isSuccess { return path }
        let said = String(decoding: result.errorOutput.tail, as: UTF8.self).lastLinesJoined(2)
        throw ModelError(.unavailable, lines.error ?? "the installation failed: \(said)")
    }
}

/// Reads what the installer says, line by line.
private final class InstallLines: Sendable {
    private struct State {
        var rest: [UInt8] = []
        var path: String?
        var error: String?
    }

    private let state = Mutex(State())
    private let progress: @Sendable (LocalModelRuntime.InstallStep) -> Void

    init(_ progress: @escaping @Sendable (LocalModelRuntime.InstallStep) -> Void) { self.progress = progress }

    var path: String? { state.withLock { $0.path } }
    var error: String? { state.withLock { $0.error } }

    func take(_ bytes: [UInt8]) {
        let steps = state.withLock { state in
            state.rest += bytes
            var steps: [JSONObject] = []
            while let end = state.rest.firstIndex(of: 0x0A) {
                let line = state.rest[..<end]
                if let json = (try? JSONValue.parse(line))?.objectValue {
                    if json["done"] == .bool(true) {
                        state.path = json["path"]?.stringValue
                    } else if let error = json["error"]?.stringValue {
                        state.error = error
                    } else {
                        steps.append(json)
                    }
                }
                state.rest.removeFirst(end + 1)
            }
            // A line this long is none of the installer's.
            if state.rest.count > 1 << 20 { state.rest = [] }
            return steps
        }
        for step in steps { progress(LocalModelRuntime.InstallStep(json: step)) }
    }
}
