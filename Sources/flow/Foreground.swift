// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Synchronization

/// Runs something in the foreground: shows how it goes on, ends in good order at Ctrl-C, and reports at the end.
struct Foreground {
    var workplace: Workplace
    var isJSON: Bool
    var isQuiet: Bool
    /// Whether to stay while people are asked.
    var waits: Bool
    /// How long it waits for room when the disk is full.
    var diskPatience: Duration
    /// The plan of the run, where it is known.
    var plan: Plan?

    init(_ workplace: Workplace, _ invocation: Invocation) throws(CommandFailure) {
        self.workplace = workplace
        isJSON = invocation.flag("json")
        isQuiet = invocation.flag("quiet")
        waits = invocation.flag("wait")
        let text = invocation.value("disk-wait") ?? "1h"
        guard let patience = Milliseconds(parsing: text) else {
            throw CommandFailure(.usage, "--disk-wait takes a time such as 30s or 2h, not `\(text)`")
        }
        diskPatience = patience.duration
    }

    /// A longer table at the end of a run would hide what matters.
    private static let mostNodes = 200

    /// The options that `init` reads.
    static let options: [OptionSpec] = [
        .flag("quiet", short: "q", "Show no progress."),
        .flag("wait", "Stay until people have answered."),
        .option("disk-wait", "TIME", "How long to wait for room when the disk is full (1h)."),
    ]

    /// Shows a run from its beginning, or from where it stands.
    func progress(workflow: String, total: Int, ended: Int = 0) -> RunProgress {
        RunProgress(workflow: workflow, total: total, ended: ended, isQuiet: isQuiet, jsonLines: isJSON)
    }

    /// Starts a run, or takes one up, by `begin`, which gives its id, and stays until it has ended or cannot go on.
    /// The engine is closed when this returns.
    func follow(
        _ engine: Engine, _ progress: RunProgress, begin: () async throws -> String
    ) async throws -> ExitCode {
        let stop = StopRequest(engine)
        Interrupts.watch { stop.take($0) }
        // Awaited below, after its cancellation.
        let ticking = Task {
            while !Task.isCancelled {
                progress.tick()
                for child in progress.takeChildren() { announceQuestions(of: child, engine, progress) }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        let ended: (run: String, outcome: RunOutcome)
        do {
            let run = try await begin()
            ended = (run, try await outcome(of: run, engine))
        } catch {
            ticking.cancel()
            await ticking.value
            progress.close()
            await stop.closeEngine()
            if let signal = stop.signal { throw ExitCode(rawValue: 128 + signal) }
            throw error
        }
        ticking.cancel()
        await ticking.value
        progress.close()
        await stop.closeEngine()
        if case .storeFailed(let error) = ended.outcome { throw EngineError(error) }
        if ended.outcome == .stopped, let signal = stop.signal {
            Talk().say("stopped; go on with: flow resume \(ended.run)\(workplace.storeOption)")
            return ExitCode(rawValue: 128 + signal)
        }
        return try await report(ended.run)
    }

    private func outcome(of run: String, _ engine: Engine) async throws(EngineError) -> RunOutcome {
        let outcome = try await engine.outcome(of: run)
        guard waits, case .waiting = outcome else { return outcome }
        // What is asked was said by the progress; how to answer it is said here.
        let talk = Talk()
        if case .waiting(let nodes) = outcome {
            for node in nodes {
                talk.say("waiting: flow approve \(run) \(ShellWord.quoted(node))\(workplace.storeOption)")
            }
        }
        _ = try await engine.end(of: run)
        return try await engine.outcome(of: run)
    }

    /// Says how to answer what the run of a sub-workflow asks: its parent waits for it, however long.
    private func announceQuestions(of child: String, _ engine: Engine, _ progress: RunProgress) {
        let store = workplace.storeOption
        // Ends with the child's run or with the engine; nobody needs what it returns.
        Task {
            guard case .waiting(let nodes)? = try? await engine.outcome(of: child) else { return }
            for node in nodes { progress.say("waiting: flow approve \(child) \(ShellWord.quoted(node))\(store)") }
        }
    }

    /// Prints what became of a run: the table, outputs and files as data, the failures and next steps as talk.
    func report(_ run: String) async throws -> ExitCode {
        let report = try await workplace.openRun(run).report(
            workplace, plan: plan, mostNodes: isJSON ? .max : Self.mostNodes)
        try report.print(workplace, isJSON: isJSON, mostNodes: Self.mostNodes)
        return .of(report.summary.status)
    }
}

extension RunReport {
    /// Prints the report as data, then what went wrong and what can be done as talk.
    func print(_ workplace: Workplace, isJSON: Bool, mostNodes: Int = .max) throws(FileError) {
        let talk = Talk()
        try Output.toWhoeverListens { () throws(FileError) in
            if isJSON {
                var object = JSONObject()
                object["type"] = "result"
                for member in json.objectValue ?? JSONObject() { object[member.key] = member.value }
                try Output.json(object)
            } else {
                try Output.text(text(Talk(.output), mostNodes: mostNodes))
            }
        }
        if summary.status == .failed {
            let failures = failureSummary(talk, store: workplace.storeOption)
            for line in failures.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
                talk.say(String(line))
            }
        }
        let steps = nextSteps(store: workplace.storeOption)
        if !steps.isEmpty { talk.say("") }
        for step in steps { talk.say("\(talk.style(.help, "next")): \(step)") }
    }
}

/// Closes an engine once, whether a signal asks for it or the work is done.
private final class StopRequest: Sendable {
    private struct State {
        var signal: Int32?
        var closing: Task<Void, Never>?
    }

    private let engine: Engine
    private let state = Mutex(State())

    init(_ engine: Engine) { self.engine = engine }

    /// The signal that asked to end.
    var signal: Int32? { state.withLock { $0.signal } }

    /// A signal came: says so, and lets the engine end what it does.
    func take(_ signal: Int32) {
        state.withLock { state in
            guard state.closing == nil else { return }
            state.signal = signal
            Talk().say("stopping; once more ends at once")
            state.closing = closing()
        }
    }

    /// Closes the engine unless that is under way, and waits until it is closed.
    func closeEngine() async {
        let task = state.withLock { state in
            let task = state.closing ?? closing()
            state.closing = task
            return task
        }
        await task.value
    }

    /// Belongs to nobody's call: a signal comes on a thread that cannot wait. `closeEngine` awaits it.
    private func closing() -> Task<Void, Never> {
        let engine = engine
        return Task.detached { await engine.close() }
    }
}
