// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// One attempt of a node as a job: makes the private folder, runs the kind within the time limit, keeps the files.
/// Sends nothing itself; its outcome is what happened.
struct NodeAttempt: Sendable {
    /// How the attempt ended, with files already kept.
    enum Outcome: Sendable {
        case succeeded(NodeRecord)
        case failed(NodeFailure)
        case waiting(NodeWait)
        /// The store's disk failed, not the node: it runs again when the run is resumed.
        case storeFailed(StoreError)
    }

    var site: RunSite
    var kind: any NodeKind
    var context: NodeContext
    /// Kept files of other nodes that it refers to.
    var files: [UsedFile] = []

    /// Runs the attempt. Where the disk is full it waits for room: what could not be kept is kept then, and a kind that
    /// failed on a full disk runs again, as after a crash.
    func run() async -> Outcome {
        while true {
            let outcome = await runOnce()
            guard case .failed = outcome, let disk = site.disk, context.definition.options.onInterrupt == .rerun,
                disk.isExhausted
            else { return outcome }
            if await disk.room() { continue }
            // When the engine ends meanwhile, the attempt counts as interrupted. Otherwise nobody made room: the node is
            // not to blame, and runs again when the run is resumed.
            return Task.isCancelled ? outcome : .storeFailed(disk.error)
        }
    }

    /// Does something again whenever the disk was full and has room.
    private func patiently<Value>(_ body: () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await body()
            } catch let error where StoreError(any: error, doing: "keep files").code == .diskFull {
                guard let disk = site.disk, await disk.room() else { throw error }
            }
        }
    }

    private func runOnce() async -> Outcome {
        let log = AttemptLog(
            path: site.layout.log(context.node, attempt: context.attempt, of: site.run), secrets: site.secrets,
            observer: site.observer, run: site.run, node: context.node, attempt: context.attempt)
        defer { log.close() }
        var context = context
        context.log = { log.write($0) }
        do {
            try await site.proofs.require(files, of: site.run)
            try await patiently { try prepareFolder(context) }
            let outcome = await runWithinTime(context)
            switch outcome {
            case .waiting(let wait):
                // Who is asked in the middle of their work finds it again.
                if !wait.isAboutCall { releaseFolder() }
                return .waiting(wait)
            case .failed(let failure):
                log.write(NodeLogLine(.engine, "attempt \(context.attempt) failed: \(failure.message)"))
                return .failed(site.secrets.blanked(failure))
            case .succeeded(let result):
                let record = try await patiently {
                    let artifacts = try await keepArtifacts(result)
                    var record = try Self.record(
                        result.outputs, of: context, artifacts: artifacts, secrets: site.secrets)
                    try await keepFiles(of: &record)
                    if !record.artifacts.isEmpty { try await syncKeptFiles() }
                    return record
                }
                releaseFolder()
                return .succeeded(record)
            }
        } catch let error as NodeFailureError {
            log.write(NodeLogLine(.engine, "attempt \(context.attempt) failed: \(error.failure.message)"))
            return .failed(site.secrets.blanked(error.failure))
        } catch let error as StoreError {
            return .storeFailed(error)
        } catch {
            return .failed(NodeFailure(.storage, "\(error)"))
        }
    }

    /// Whether the attempt has a folder: the kind works in it, or the node says that a file will be there.
    private var hasFolder: Bool {
        let options = context.definition.options
        return kind.usesDirectory(context) || !options.artifacts.isEmpty || options.outputs.contains { $0.type.isPath }
    }

    private func prepareFolder(_ context: NodeContext) throws(StoreError) {
        guard hasFolder else { return }
        if context.attempt > context.firstAttempt, File.kind(of: context.directory) == .directory { return }
        do throws(FileError) {
            try site.folders.make(context.directory)
        } catch {
            throw StoreError(error.isNoSpace ? .diskFull : .inputOutput, "making the work directory: \(error)")
        }
    }

    private func releaseFolder() {
        // An attempt before this one may have had a folder where this one needs none.
        if hasFolder || context.attempt > context.firstAttempt { site.folders.release(context.directory) }
    }

    /// Runs the kind; when the node's time is over, asks it to end and waits until it has.
    func runWithinTime(_ context: NodeContext) async -> NodeOutcome {
        let (kind, clock) = (kind, site.clock)
        guard let timeout = context.definition.options.timeout else { return await kind.run(context) }
        return await withTaskGroup(of: NodeOutcome?.self) { group in
            group.addTask { await kind.run(context) }
            group.addTask {
                await clock.sleep(timeout.duration)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            if let first { return first }
            if Task.isCancelled {
                return await group.next().flatMap { $0 } ?? .failed(NodeFailure(.cancelled, "ended"))
            }
            var excerpt: String?
            if case .failed(let failure)?? = await group.next() { excerpt = failure.excerpt }
            return .failed(
                NodeFailure(.timeout, "the node did not end within \(timeout.description)", excerpt: excerpt))
        }
    }

    // MARK: Outputs

    /// The record of a success: checks the outputs against what the node declares.
    static func record(
        _ outputs: JSONObject, of context: NodeContext, artifacts: [KeptArtifact], secrets: Secrets
    ) throws -> NodeRecord {
        var outputs = outputs
        let declared = context.definition.options.outputs
        if declared.contains(where: { $0.value != nil }) {
            outputs = try computed(declared, from: outputs, artifacts: artifacts, context: context)
        }
        for output in declared {
            guard let value = outputs[output.name], !value.isNull || output.type == .json else {
                throw NodeFailureError(
                    failure: NodeFailure(
                        .schemaMismatch, "the node did not put out `\(output.name)`, which it declares"))
            }
            guard output.type.accepts(value) else {
                throw NodeFailureError(
                    failure: NodeFailure(
                        .schemaMismatch,
                        "output `\(output.name)` is \(value.typeName), but `\(output.type.rawValue)` is declared"))
            }
        }
        guard case .object(let safe) = secrets.blanked(.object(outputs)) else { return .empty }
        return NodeRecord(outputs: safe, artifacts: artifacts)
    }

    /// The outputs that are declared with an expression over what the kind put out.
    private static func computed(
        _ declared: [DeclaredOutput], from outputs: JSONObject, artifacts: [KeptArtifact], context: NodeContext
    ) throws -> JSONObject {
        var paths = JSONObject()
        for artifact in artifacts { paths[artifact.name] = .string(artifact.file) }
        var own = JSONObject()
        own["outputs"] = .object(outputs)
        own["artifacts"] = .object(paths)
        own["with"] = .object(context.with)
        own["attempt"] = .integer(Int64(context.attempt))
        let scope = OutputScope(own: own, outer: context.scope)
        var result = outputs
        for output in declared {
            guard let template = output.value else { continue }
            do {
                result[output.name] = try template.render(in: scope)
            } catch {
                throw NodeFailureError(failure: NodeFailure(.expression, "output `\(output.name)`: \(error)"))
            }
        }
        return result
    }
}

extension NodeWait {
    /// Whether a person is asked about a call in the middle of an attempt.
    var isAboutCall: Bool { if case .approval(let request) = self { request.call != nil } else { false } }
}

/// What the expressions of a node's outputs see: what the kind put out, then what the node's other expressions see.
private struct OutputScope: ValueScope {
    let own: JSONObject
    let outer: (any ValueScope)?

    func value(ofRoot name: String) -> JSONValue? { own[name] ?? outer?.value(ofRoot: name) }

    func value(ofPath path: [String]) -> JSONValue? {
        guard let root = path.first, own[root] == nil else { return nil }
        return outer?.value(ofPath: path)
    }
}

extension OutputType {
    /// Whether a value is of this type.
    func accepts(_ value: JSONValue) -> Bool {
        switch self {
        case .json: true
        case .text, .markdown, .string, .file, .plot, .table: value.stringValue != nil
        case .integer: value.integerValue != nil
        case .number: value.numberValue != nil
        case .boolean: value.boolValue != nil
        case .array: value.arrayValue != nil
        case .object: value.objectValue != nil
        case .files: value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false
        }
    }
}
