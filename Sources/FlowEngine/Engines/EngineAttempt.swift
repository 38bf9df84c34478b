// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import HTTPServer
import Synchronization

/// One attempt of an `engine` node: opens the gateway, starts the engine or takes one that waits, has it work, keeps its
/// checkpoints, charges what it spends elsewhere, and brings it to an end in any case.
struct EngineAttempt: Sendable {
    let context: NodeContext
    let manifest: EngineManifest
    let action: EngineManifest.Action
    private let kind: EngineKind
    private let inputs: JSONObject
    private let checkpoint: EngineCheckpoint
    private let blank = TokenBlank()
    /// Takes lines for the log, without the key of the gateway.
    private let log: @Sendable (NodeLogLine) -> Void

    /// How long an engine may take to pause or end when it is told to, before it is ended.
    private static let grace = Duration.milliseconds(400)

    init(_ context: NodeContext, _ kind: EngineKind) throws {
        self.context = context
        self.kind = kind
        log = { [blank] in context.log(blank.blanked($0)) }
        manifest = try kind.shelf.manifest(context.body.stringValue ?? "")
        let wanted = context.fields["action"]?.stringValue
        guard let action = manifest.action(wanted) else {
            let names = manifest.actions.map(\.name).joined(separator: ", ")
            throw EngineProblem(
                message: "the engine `\(manifest.name)` has no action `\(wanted ?? "")`; there are \(names)")
        }
        self.action = action
        let (inputs, problems) = action.bound(context.with)
        guard problems.isEmpty else {
            throw NodeFailureError(failure: NodeFailure(.badData, problems.joined(separator: "; ")))
        }
        self.inputs = inputs
        checkpoint = EngineCheckpoint(
            manifest, action: action.name, inputs: inputs, directory: context.directory)
    }

    func run() async throws -> NodeOutcome {
        let (run, pass) = try open()
        do {
            let outcome = try await work(run, pass)
            if let pass { await kind.close(pass) }
            return outcome
        } catch {
            if let pass { await kind.close(pass) }
            throw error
        }
    }

    private func open() throws(HTTPServerError) -> (EngineRun, GatewayPass?) {
        let log = log
        let run = EngineRun(log: log)
        guard manifest.usesGateway else { return (run, nil) }
        var names: [String: String] = [:]
        if let model = context.fields["model"]?.stringValue, !model.isEmpty { names["*"] = model }
        for member in context.fields["models"]?.objectValue ?? JSONObject() {
            names[member.key] = member.value.plainText
        }
        let pass = try kind.open(context, names) { text in
            log(NodeLogLine(.engine, "gateway " + text))
        } onRefusal: { [weak run] error in
            run?.refuse(error.failure)
        }
        blank.set(pass.token)
        return (run, pass)
    }

    // MARK: The work

    private func work(_ run: EngineRun, _ pass: GatewayPass?) async throws -> NodeOutcome {
        let own = variables(pass)
        let process = try await ready(own, run)
        kind.note(process, context)
        defer { kind.note(nil, context) }
        var parameters = JSONObject()
        parameters["action"] = .string(action.name)
        parameters["input"] = .object(inputs)
        parameters["directory"] = .string(context.directory)
        parameters["run"] = .string(context.run)
        parameters["node"] = .string(context.node)
        parameters["attempt"] = .integer(Int64(context.attempt))
        var visible = JSONObject()
        for (name, value) in own.sorted(by: { $0.key < $1.key }) { visible[name] = .string(value) }
        parameters["environment"] = .object(visible)
        let kept = checkpoint.read()
        parameters["checkpoint"] = kept
        if kept != nil { log(NodeLogLine(.engine, "goes on from the checkpoint of an earlier attempt")) }
        let request = process.send(kept == nil ? "execute" : "resume", parameters) { run.hear($0) }
        let ending = await follow(run, process)
        // A cancelled task cannot wait; what follows has to, and is short.
        let isCancelled = Task.isCancelled
        let isClean = ending != nil && run.refusal == nil && !isCancelled
        await Task { await end(process, run, request, isClean: isClean) }.value
        if let refusal = run.refusal { return .failed(refusal) }
        if isCancelled { return .failed(NodeFailure(.cancelled, "ended on request")) }
        switch ending {
        case nil: return .failed(NodeFailure(.cancelled, "ended on request"))
        case .failed(let failure)?: return .failed(failure)
        case .completed(let outputs)?:
            let result = try result(outputs, run, pass)
            checkpoint.remove()
            return .succeeded(result)
        }
    }

    /// An engine that is ready: one that waits, or a new one.
    private func ready(_ own: [String: String], _ run: EngineRun) async throws -> EngineProcess {
        if manifest.isWarm, let idle = kind.idle(manifest) {
            idle.setLog(log)
            return idle
        }
        // One that stays belongs to no node: it sees nothing of this one's, and works in folders that it is told.
        let process = try kind.start(
            manifest, variables: manifest.isWarm ? [:] : own, directory: manifest.isWarm ? "/tmp" : context.directory,
            log: log)
        let time =
            context.fields["start_timeout"]?.stringValue.flatMap { Milliseconds(parsing: $0) } ?? manifest.startTimeout
        var parameters = JSONObject()
        parameters["protocol"] = 1
        parameters["engine"] = .string(manifest.name)
        let fault: NodeFailure
        do throws(EngineProcess.End) {
            let answer = try await process.ask("initialize", parameters, within: time.duration)
            guard answer.status != .ready else { return process }
            fault =
                answer.failure
                ?? NodeFailure(.badData, "the engine answers `initialize` with another word than `ready`")
        } catch {
            fault = error.failure
        }
        await Task { await process.end(grace: .zero) }.value
        throw NodeFailureError(failure: run.refusal ?? fault)
    }

    /// Follows the work to its end; nil when it is to be broken off.
    private func follow(_ run: EngineRun, _ process: EngineProcess) async -> EngineRun.Ending? {
        let idle = context.definition.options.idleTimeout?.duration
        // Ends with the work: it is cancelled as soon as that is over.
        let watch = Task {
            guard let idle else { return }
            while (try? await Task.sleep(for: min(idle, .seconds(1)))) != nil {
                guard process.silence > idle else { continue }
                return run.refuse(
                    NodeFailure(.idleTimeout, "wrote nothing for too long and was ended"), patience: .zero)
            }
        }
        defer { watch.cancel() }
        for await _ in run.signal {
            let news = run.takeNews()
            if let kept = news.checkpoint, !checkpoint.write(kept) {
                log(NodeLogLine(.engine, "a checkpoint could not be kept"))
            }
            for cost in news.costs { await charge(cost, run) }
            if let ending = news.ending { return ending }
            if news.isOverdue { return nil }
        }
        return nil
    }

    /// Charges what the engine has spent elsewhere.
    private func charge(_ cost: EngineRun.Cost, _ run: EngineRun) async {
        let charge = CallCharge(tokens: cost.usage.totalTokens, money: cost.money)
        let intent = CallIntent(
            kind: .tool, name: "engine:\(manifest.name)", request: ["reported": cost.json], reservation: charge)
        let outcome = CallOutcome(
            reply: ["reported": cost.json], answeredBy: cost.model.isEmpty ? manifest.name : cost.model,
            usage: cost.usage, charge: charge)
        do throws(CallRefusal) {
            _ = try await context.calls.perform(intent) { outcome }
        } catch {
            // What a tape does not have was not spent now.
            if case .budget(let text) = error { run.refuse(NodeFailure(.budget, text)) }
        }
    }

    /// Brings the work and, where it does not stay, the program to an end. What it says last of a checkpoint is kept.
    private func end(_ process: EngineProcess, _ run: EngineRun, _ request: Int64, isClean: Bool) async {
        if !isClean, process.isAlive, !run.isOver {
            // An engine that can pause tells where the next attempt can go on.
            let cannot = Mutex(false)
            process.send("pause") { result in
                guard case .success(let message) = result, message.status == .unsupported else { return }
                cannot.withLock { $0 = true }
            }
            let clock = ContinuousClock()
            let limit = clock.now + Self.grace
            while !run.isOver, process.isAlive, clock.now < limit, !cannot.withLock({ $0 }) {
                try? await Task.sleep(for: .milliseconds(10))
            }
            if let kept = run.takeNews().checkpoint { _ = checkpoint.write(kept) }
        }
        let isFree = run.isOver && process.isAlive
        process.forget(request)
        if manifest.isWarm, isFree, kind.keep(process, manifest) { return }
        if isFree {
            _ = try? await process.ask("cleanup", within: Self.grace)
            return await process.end(grace: .milliseconds(500))
        }
        await process.end(grace: .zero)
    }

    private func variables(_ pass: GatewayPass?) -> [String: String] {
        var variables = context.environment
        variables["FLOW_RUN_ID"] = context.run
        variables["FLOW_WORKFLOW"] = context.workflow
        variables["FLOW_WORKFLOW_DIR"] = context.workflowDirectory
        variables["FLOW_NODE"] = context.node
        variables["FLOW_ATTEMPT"] = String(context.attempt)
        variables["FLOW_IDEMPOTENCY_KEY"] = context.idempotencyKey
        if let pass {
            variables["OPENAI_BASE_URL"] = pass.address
            variables["OPENAI_API_BASE"] = pass.address
            variables["OPENAI_API_KEY"] = pass.token
        }
        return variables
    }
}

/// Keeps the key of the gateway out of logs.
private final class TokenBlank: Sendable {
    private let secrets = Mutex(Secrets.none)

    func set(_ token: String) { secrets.withLock { $0 = Secrets(values: ["OPENAI_API_KEY": token]) } }

    func blanked(_ line: NodeLogLine) -> NodeLogLine {
        NodeLogLine(line.stream, secrets.withLock { $0 }.blanked(line.text))
    }
}
