// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc
import Synchronization

/// Shows a run as it goes on: on a terminal a line that is drawn again under the changes, elsewhere only one plain
/// line a change.
final class RunProgress: RunObserver {
    private struct State {
        var startTimes: [String: Timestamp] = [:]
        var running: [String] = []
        var ended = 0
        var total = 0
        var hasStatusLine = false
        /// Runs of sub-workflows that were started and not yet handed out.
        var children: [String] = []
        var isClosed = false
        var isAnnounced = false
    }

    private let talk: Talk
    private let isQuiet: Bool
    private let jsonLines: Bool
    private let workflow: String
    private let isLive: Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - announces: say the run's id before all else.
    ///   - ended: the nodes that have ended already.
    init(workflow: String, total: Int, ended: Int = 0, isQuiet: Bool, jsonLines: Bool, announces: Bool = true) {
        talk = Talk()
        self.workflow = workflow
        self.isQuiet = isQuiet
        self.jsonLines = jsonLines
        isLive = StandardStream.error.isTerminal && !isQuiet && ProcessEnvironment.get("TERM") != "dumb"
        state = Mutex(State(ended: ended, total: total, isAnnounced: !announces))
    }

    func observe(_ events: [RecordedEvent], of run: String) {
        state.withLock { state in
            guard !state.isClosed else { return }
            if !state.isAnnounced {
                state.isAnnounced = true
                talk.say("run \(talk.style(.strong, run))  \(workflow)")
            }
            for recorded in events {
                if jsonLines { emit(recorded, run: run) }
                note(recorded, &state)
            }
            drawStatus(&state)
        }
    }

    func observe(_ line: NodeLogLine, node: String, attempt: Int, of run: String) {}

    /// Takes the status line away; nothing is shown after it.
    func close() {
        state.withLock { state in
            clearStatus(&state)
            state.isClosed = true
        }
    }

    /// The runs of sub-workflows that were started since the last call.
    func takeChildren() -> [String] {
        state.withLock { state in
            defer { state.children = [] }
            return state.children
        }
    }

    /// Says a line between the changes.
    func say(_ line: String) {
        state.withLock { state in
            clearStatus(&state)
            talk.say(line)
        }
    }

    /// Draws the status line again, for the times in it.
    func tick() { state.withLock { if !$0.isClosed { drawStatus(&$0) } } }

    private func emit(_ recorded: RecordedEvent, run: String) {
        // A reader that has gone does not end the run.
        try? Output.json(recorded.json(of: run))
    }

    /// What a budget tells.
    private func budgetLine(_ event: RunEvent) -> String? {
        switch event {
        case .budgetReached(let node, let measure, let percent):
            "\(percent) % of the \(measure.rawValue) in the budget of \(node.map { "node \($0)" } ?? "the run") are used"
        case .budgetExceeded(_, let reason): reason
        case .sharedBudget(_, _, _, let reason?): reason
        case .sharedBudget(let name, let measure, let percent, nil):
            "\(percent) % of the \(measure.rawValue) in the budget of \(name) are used"
        default: nil
        }
    }

    private func note(_ recorded: RecordedEvent, _ state: inout State) {
        if let line = budgetLine(recorded.event) {
            guard !isQuiet, !jsonLines else { return }
            clearStatus(&state)
            return talk.say("\(talk.style(.dim, clock(recorded.at)))  budget   \(line)")
        }
        if case .runRewound(let rewind) = recorded.event {
            // Of those that have not run yet, none was counted; the number is only shown.
            state.ended = max(0, state.ended - rewind.nodes.count)
            guard !isQuiet, !jsonLines else { return }
            clearStatus(&state)
            return talk.say("\(talk.style(.dim, clock(recorded.at)))  back     to \(rewind.target), by \(rewind.by)")
        }
        guard let node = recorded.event.node else { return }
        if isQuiet || (jsonLines && !isLive) {
            // Nothing is drawn, so nothing needs to be known but who else may ask.
            if case .nodeWaiting(_, _, .run(let child)) = recorded.event { state.children.append(child) }
            return
        }
        let status: NodeStatus
        var detail = ""
        switch recorded.event {
        case .nodeStarted(_, let attempt):
            state.startTimes[node] = recorded.at
            state.running.append(node)
            status = .running
            if attempt > 1 { detail = "attempt \(attempt)" }
        case .nodeExpanded(_, let keys, _):
            state.total += keys.count
            status = .running
            detail = "\(keys.count) items"
        case .nodeSucceeded: status = .succeeded
        case .nodeFailed(_, _, let failure, let retryAt):
            status = retryAt == nil ? (failure.reason == .rejected ? .rejected : .failed) : .retrying
            detail = failure.message
            if let retryAt { detail += ", again in \(retryAt.since(recorded.at).description)" }
        case .nodeWaiting(_, _, let wait):
            status = .waiting
            if case .approval(let request) = wait { detail = request.prompt }
            if case .until(let moment) = wait { detail = "until \(moment.iso8601)" }
            if case .run(let child) = wait {
                detail = "for run \(child)"
                state.children.append(child)
            }
        case .nodeReused(_, let origin, _):
            status = .reused
            detail = "from run \(origin.run)"
        case .nodeSkipped(_, let reason):
            status = .skipped
            detail = reason
        case .nodeOmitted(_, let reason):
            status = .omitted
            detail = reason
        case .nodeCancelled: status = .cancelled
        case .nodeInterrupted: status = .interrupted
        default: return
        }
        if status != .running {
            state.running.removeAll { $0 == node }
            if status.isTerminal { state.ended += 1 }
        }
        guard !jsonLines else { return }
        clearStatus(&state)
        var line = "\(talk.style(.dim, clock(recorded.at)))  \(talk.status(status))  \(node)"
        if status.isTerminal, let start = state.startTimes[node] {
            line += "  \(talk.style(.dim, recorded.at.since(start).description))"
        }
        if !detail.isEmpty { line += "  \(firstLine(detail))" }
        talk.say(line)
    }

    private func clock(_ time: Timestamp) -> String {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    private func firstLine(_ text: String) -> String {
        let line = text.prefix { $0 != "\n" }
        return line.count > 100 ? "\(line.prefix(99))…" : String(line)
    }

    private func drawStatus(_ state: inout State) {
        guard isLive, !jsonLines else { return }
        clearStatus(&state)
        guard !state.running.isEmpty else { return }
        let now = WallClock.now
        let names = state.running.prefix(4).map { name in
            "\(name) \(state.startTimes[name].map { now.since($0).description } ?? "")"
        }
        let more = state.running.count > 4 ? " and \(state.running.count - 4) more" : ""
        var line = "\(state.ended)/\(state.total)  \(names.joined(separator: ", "))\(more)"
        if let width = StandardStream.error.terminalWidth, line.count >= width { line = String(line.prefix(width - 1)) }
        try? StandardStream.error.write("\u{1B}[2m\(line)\u{1B}[0m")
        state.hasStatusLine = true
    }

    private func clearStatus(_ state: inout State) {
        guard state.hasStatusLine else { return }
        try? StandardStream.error.write("\r\u{1B}[2K")
        state.hasStatusLine = false
    }
}
