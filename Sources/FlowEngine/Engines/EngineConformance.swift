// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// The test that every engine must pass: it has the engine do the example of its manifest, and asks it all that flow may
/// ask an engine.
package struct EngineConformance: Sendable {
    /// What became of one demand.
    package struct Finding: Sendable, Hashable {
        package var demand: String
        /// What is wrong; nil when the demand is met.
        package var problem: String?
        /// What was seen.
        package var detail = ""
    }

    private let manifest: EngineManifest
    private let kind: EngineKind
    private let folder: String
    private let variables: [String: String]
    private let log: @Sendable (NodeLogLine) -> Void
    private static let patience = Duration.seconds(10)

    /// A test of an engine, in an empty folder of its own.
    init(
        _ manifest: EngineManifest, kind: EngineKind, folder: String, variables: [String: String],
        log: @escaping @Sendable (NodeLogLine) -> Void
    ) {
        self.manifest = manifest
        self.kind = kind
        self.folder = folder
        self.variables = variables
        self.log = log
    }

    private struct Breach: Error {
        var text: String
        init(_ text: String) { self.text = text }
    }

    /// Asks everything, in order. Where the engine does not start, nothing more is asked.
    package func run() async -> [Finding] {
        var findings: [Finding] = []
        func check(_ demand: String, _ body: () async throws -> String) async -> Bool {
            do {
                findings.append(Finding(demand: demand, detail: try await body()))
                return true
            } catch let breach as Breach {
                findings.append(Finding(demand: demand, problem: breach.text))
            } catch let end as EngineProcess.End {
                findings.append(Finding(demand: demand, problem: end.failure.message))
            } catch {
                findings.append(Finding(demand: demand, problem: "\(error)"))
            }
            return false
        }
        guard let example = manifest.example, let action = manifest.action(example.action) else {
            return [Finding(demand: "has an example", problem: "`test` of engine.yaml names an action and its values")]
        }
        let process: EngineProcess
        do throws(EngineProblem) {
            process = try kind.start(
                manifest, variables: manifest.isWarm ? [:] : variables, directory: manifest.isWarm ? "/tmp" : folder,
                log: log)
        } catch {
            return [Finding(demand: "starts", problem: error.message)]
        }
        let isReady = await check("starts and answers `initialize` with `ready`") { try await initialize(process) }
        guard isReady else {
            await process.end(grace: .zero)
            return findings
        }
        _ = await check("says of an unknown method that it is not supported") { try await unknown(process) }
        _ = await check("answers `estimate`, or says that it does not") { try await estimate(process, example) }
        var outputs = JSONObject()
        _ = await check("does its example, and puts out what it promises") {
            outputs = try await execute(process, action, example.with, in: "first")
            return "\(outputs.count) outputs"
        }
        _ = await check("fails in order when it is asked for an action that it does not have") {
            try await wrongAction(process)
        }
        _ = await check("pauses with a checkpoint and goes on from it, or ends, or does not offer it") {
            try await pause(process, action, example.with, outputs)
        }
        _ = await check("answers `intervene`, or says that it does not") {
            var parameters = JSONObject()
            parameters["message"] = "This is a test."
            let answer = try await process.ask("intervene", parameters, within: Self.patience)
            guard [.ok, .unsupported, .failed].contains(answer.status) else {
                throw Breach("it answers `\(answer.status.rawValue)`")
            }
            return answer.status.rawValue
        }
        _ = await check("answers `cleanup`, and ends at the end of its input") { try await leave(process) }
        await process.end(grace: .zero)
        return findings
    }

    private func initialize(_ process: EngineProcess) async throws -> String {
        var parameters = JSONObject()
        parameters["protocol"] = 1
        parameters["engine"] = .string(manifest.name)
        let answer = try await process.ask("initialize", parameters, within: manifest.startTimeout.duration)
        guard answer.status == .ready else {
            throw Breach(answer.failure?.message ?? "it answers `\(answer.status.rawValue)`")
        }
        guard answer.json["protocol"] == .integer(1) else { throw Breach("`protocol` must be 1") }
        guard answer.json["name"]?.stringValue == manifest.name else {
            throw Breach("`name` must be `\(manifest.name)`, as in engine.yaml")
        }
        let offers = (answer.json["capabilities"]?.arrayValue ?? []).map(\.plainText)
        return "version \(answer.json["version"]?.plainText ?? "?")"
            + (offers.isEmpty ? "" : ", offers \(offers.joined(separator: ", "))")
    }

    private func unknown(_ process: EngineProcess) async throws -> String {
        let answer = try await process.ask("no_such_method", within: Self.patience)
        guard answer.status == .unsupported else { throw Breach("it answers `\(answer.status.rawValue)`") }
        return ""
    }

    private func estimate(
        _ process: EngineProcess, _ example: EngineManifest.Example
    ) async throws -> String {
        var parameters = JSONObject()
        parameters["action"] = .string(example.action)
        parameters["input"] = .object(example.with)
        let answer = try await process.ask("estimate", parameters, within: Self.patience)
        if answer.status == .unsupported { return "not offered" }
        guard answer.status == .ok, let cost = answer.json["cost"]?.objectValue else {
            throw Breach("it answers without `status: ok` and `cost`")
        }
        for key in ["usd", "tokens", "seconds"] {
            if let value = cost[key], value.numberValue.map({ $0 < 0 }) ?? true {
                throw Breach("`cost.\(key)` is no number from 0")
            }
        }
        return JSONValue.object(cost).jsonText()
    }

    private func parameters(
        _ action: EngineManifest.Action, _ with: JSONObject, in place: String, checkpoint: JSONValue? = nil
    ) throws -> (JSONObject, String) {
        let (inputs, problems) = action.bound(with)
        guard problems.isEmpty else { throw Breach("`test.with`: \(problems.joined(separator: "; "))") }
        let directory = FilePath.join(folder, place)
        try File.createDirectory(directory)
        var parameters = JSONObject()
        parameters["action"] = .string(action.name)
        parameters["input"] = .object(inputs)
        parameters["directory"] = .string(directory)
        parameters["run"] = "test"
        parameters["node"] = "test"
        parameters["attempt"] = 1
        var visible = JSONObject()
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) { visible[name] = .string(value) }
        parameters["environment"] = .object(visible)
        parameters["checkpoint"] = checkpoint
        return (parameters, directory)
    }

    /// Has the engine work, and gives its outputs.
    private func execute(
        _ process: EngineProcess, _ action: EngineManifest.Action, _ with: JSONObject, in place: String,
        checkpoint: JSONValue? = nil
    ) async throws -> JSONObject {
        let (parameters, directory) = try parameters(action, with, in: place, checkpoint: checkpoint)
        let artifacts = Mutex<[JSONValue]>([])
        let answer = Reply()
        process.send(checkpoint == nil ? "execute" : "resume", parameters) { result in
            if case .success(let message) = result {
                artifacts.withLock { $0 += message.json["artifacts"]?.arrayValue ?? [] }
                guard message.status.isLast else { return }
            }
            answer.finish(result)
        }
        let last = try await answer.value(within: .seconds(600)).get()
        guard last.status == .completed else {
            throw Breach(last.failure?.message ?? "its last word is `\(last.status.rawValue)`")
        }
        let outputs = last.json["outputs"]?.objectValue ?? JSONObject()
        for output in action.outputs {
            guard let value = outputs[output.name] else { throw Breach("the output `\(output.name)` is missing") }
            if let problem = output.problem(with: value) { throw Breach("the output `\(output.name)` \(problem)") }
        }
        if let extra = outputs.keys.first(where: { key in !action.outputs.contains { $0.name == key } }) {
            throw Breach("the output `\(extra)` is not declared")
        }
        var left: Set<String> = []
        for artifact in artifacts.withLock({ $0 }) {
            guard let path = artifact["path"]?.stringValue else { throw Breach("an artifact has no `path`") }
            let full = FilePath.normalise(path.hasPrefix("/") ? path : FilePath.join(directory, path))
            guard FilePath.isInside(full, root: directory), File.exists(full) else {
                throw Breach("the artifact `\(path)` is not in the folder of the work")
            }
            left.insert(EngineRun.name(artifact["name"]?.stringValue ?? FilePath.basename(path)))
        }
        if let missing = action.artifacts.first(where: { !left.contains($0) }) {
            throw Breach("the artifact `\(missing)` is missing")
        }
        return outputs
    }

    private func wrongAction(_ process: EngineProcess) async throws -> String {
        var (parameters, _) = try parameters(EngineManifest.Action(name: "no_such_action"), JSONObject(), in: "wrong")
        parameters["action"] = "no_such_action"
        let answer = try await process.ask("execute", parameters, within: .seconds(60))
        guard answer.status == .failed else { throw Breach("it answers `\(answer.status.rawValue)`") }
        guard answer.json["error"]?["message"]?.stringValue != nil else { throw Breach("`error.message` is missing") }
        return ""
    }

    private func pause(
        _ process: EngineProcess, _ action: EngineManifest.Action, _ with: JSONObject, _ outputs: JSONObject
    ) async throws -> String {
        let (parameters, _) = try parameters(action, with, in: "paused")
        let answer = Reply()
        let checkpoint = Mutex<JSONValue?>(nil)
        process.send("execute", parameters) { result in
            if case .success(let message) = result {
                if let kept = message.json["checkpoint"], !kept.isNull { checkpoint.withLock { $0 = kept } }
                guard message.status.isLast else { return }
            }
            answer.finish(result)
        }
        let pause = try await process.ask("pause", within: Self.patience)
        if pause.status == .unsupported {
            _ = try await answer.value(within: .seconds(600)).get()
            return "not offered"
        }
        let last = try await answer.value(within: Self.patience).get()
        switch last.status {
        case .completed: return "it was done already"
        case .cancelled, .failed: return "it ends without a checkpoint"
        case .paused:
            guard let kept = checkpoint.withLock({ $0 }) else { throw Breach("it pauses without `checkpoint`") }
            let resumed = try await execute(process, action, with, in: "paused", checkpoint: kept)
            guard JSONValue.object(resumed) == JSONValue.object(outputs) else {
                return "went on from its checkpoint; the outputs differ from those of the first time"
            }
            return "went on from its checkpoint to the same outputs"
        default: throw Breach("its last word is `\(last.status.rawValue)`")
        }
    }

    private func leave(_ process: EngineProcess) async throws -> String {
        let answer = try await process.ask("cleanup", within: Self.patience)
        guard answer.status == .ok else { throw Breach("it answers `\(answer.status.rawValue)`") }
        let clock = ContinuousClock()
        let start = clock.now
        await process.end(grace: .seconds(5))
        guard clock.now - start < .seconds(5) else { throw Breach("it does not end by itself within 5 s") }
        return ""
    }

    /// The last word about a request.
    private final class Reply: Sendable {
        private typealias Words = AsyncStream<Result<EngineMessage, EngineProcess.End>>

        private let stream: Words
        private let source: Words.Continuation

        init() { (stream, source) = Words.makeStream(bufferingPolicy: .bufferingOldest(1)) }

        func finish(_ result: Result<EngineMessage, EngineProcess.End>) {
            source.yield(result)
            source.finish()
        }

        func value(within time: Duration) async -> Result<EngineMessage, EngineProcess.End> {
            // Ends with the wait.
            let timer = Task { [source] in
                if (try? await Task.sleep(for: time)) != nil { source.finish() }
            }
            defer { timer.cancel() }
            for await result in stream { return result }
            return .failure(EngineProcess.End(failure: NodeFailure(.timeout, "it did not end within \(time)")))
        }
    }
}
