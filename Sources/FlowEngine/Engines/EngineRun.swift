// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// One piece of work of an engine, as far as its messages have told it.
final class EngineRun: Sendable {
    /// A file that the engine names.
    struct Artifact: Sendable, Hashable {
        var name: String
        var path: String
        var mediaType: String?
    }

    /// Money and tokens that the engine has spent elsewhere than at the gateway.
    struct Cost: Sendable, Hashable {
        var model: String
        var usage: ModelUsage
        var money: Money
        var json: JSONValue
    }

    /// How the work ended.
    enum Ending: Sendable {
        case completed(JSONObject)
        case failed(NodeFailure)
    }

    /// What is new since the last look.
    struct News: Sendable {
        var checkpoint: JSONValue?
        var costs: [Cost] = []
        var ending: Ending?
        /// The engine was to end and has not.
        var isOverdue = false
    }

    private struct State {
        var artifacts: [Artifact] = []
        var news = News()
        var ending: Ending?
        /// Why the work is broken off from here.
        var refusal: NodeFailure?
    }

    private static let mostArtifacts = 2000
    /// How long an engine may take to end by itself after a call of its was refused.
    private static let patience = Duration.seconds(2)

    private let log: @Sendable (NodeLogLine) -> Void
    private let state = Mutex(State())
    /// Tells that there are news.
    let signal: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init(log: @escaping @Sendable (NodeLogLine) -> Void) {
        self.log = log
        (signal, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var artifacts: [Artifact] { state.withLock { $0.artifacts } }
    var refusal: NodeFailure? { state.withLock { $0.refusal } }
    var isOver: Bool { state.withLock { $0.ending != nil } }

    func takeNews() -> News {
        state.withLock { state in
            let news = state.news
            state.news = News(ending: state.ending, isOverdue: news.isOverdue)
            return News(
                checkpoint: news.checkpoint, costs: news.costs, ending: state.ending, isOverdue: news.isOverdue)
        }
    }

    /// Breaks the work off: the engine gets a moment to end by itself.
    func refuse(_ failure: NodeFailure, patience: Duration = EngineRun.patience) {
        let isFirst = state.withLock { state in
            guard state.refusal == nil else { return false }
            state.refusal = failure
            return true
        }
        guard isFirst else { return }
        // Ends by itself after the moment; nobody needs to wait for it.
        Task { [weak self] in
            try? await Task.sleep(for: patience)
            self?.becomeOverdue()
        }
    }

    private func becomeOverdue() {
        state.withLock { $0.news.isOverdue = true }
        bell.yield()
    }

    // MARK: Hearing

    /// Takes what the engine says of the work, on the thread of all children.
    func hear(_ result: Result<EngineMessage, EngineProcess.End>) {
        switch result {
        case .failure(let end): finish(.failed(end.failure))
        case .success(let message): hear(message)
        }
        bell.yield()
    }

    private func finish(_ ending: Ending) {
        state.withLock { state in
            if state.ending == nil { state.ending = ending }
        }
    }

    private func hear(_ message: EngineMessage) {
        if let text = message.json["content"].map(\.plainText), !text.isEmpty {
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                log(NodeLogLine(.output, String(line)))
            }
        }
        if let metadata = message.json["metadata"]?.objectValue, !metadata.isEmpty {
            log(NodeLogLine(.engine, "metadata " + (JSONValue.object(metadata).jsonText(limit: 2000) ?? "too long")))
        }
        for artifact in message.json["artifacts"]?.arrayValue ?? [] { add(artifact) }
        if let cost = message.json["cost"], let read = Self.cost(cost) { state.withLock { $0.news.costs.append(read) } }
        switch message.status {
        case .running, .waiting: break
        case .checkpoint: keep(message.json["checkpoint"])
        case .paused:
            keep(message.json["checkpoint"])
            finish(.failed(NodeFailure(.interrupted, "the engine has paused")))
        case .completed, .ok, .ready: finish(.completed(message.json["outputs"]?.objectValue ?? JSONObject()))
        case .failed, .cancelled, .unsupported:
            keep(message.json["checkpoint"])
            finish(.failed(message.failure ?? NodeFailure(.exitCode, "the engine failed")))
        }
    }

    private func keep(_ checkpoint: JSONValue?) {
        guard let checkpoint, !checkpoint.isNull else { return }
        state.withLock { $0.news.checkpoint = checkpoint }
    }

    private func add(_ json: JSONValue) {
        guard let path = json["path"]?.stringValue ?? json.stringValue, !path.isEmpty else { return }
        let given = json["name"]?.stringValue ?? String(path.split(separator: "/").last ?? "artifact")
        let artifact = Artifact(name: Self.name(given), path: path, mediaType: json["media_type"]?.stringValue)
        let isTaken = state.withLock { state in
            if let place = state.artifacts.firstIndex(where: { $0.name == artifact.name }) {
                state.artifacts[place] = artifact
                return true
            }
            guard state.artifacts.count < Self.mostArtifacts else { return false }
            state.artifacts.append(artifact)
            return true
        }
        if !isTaken { log(NodeLogLine(.engine, "the artifact `\(artifact.name)` is one too many and not kept")) }
    }

    /// A name that expressions can use: `plots/Fig 1.png` becomes `plots_fig_1_png`.
    static func name(_ text: String) -> String {
        var name = ""
        for byte in text.lowercased().utf8.prefix(64) {
            switch byte {
            case 0x61...0x7A, 0x30...0x39: name.unicodeScalars.append(.init(byte))
            default: if name.last != "_", !name.isEmpty { name += "_" }
            }
        }
        while name.last == "_" { name.removeLast() }
        let isName = name.utf8.first.map { (0x61...0x7A).contains($0) } ?? false
        return isName ? name : "artifact" + (name.isEmpty ? "" : "_" + name)
    }

    private static func cost(_ json: JSONValue) -> Cost? {
        guard json.objectValue != nil else { return nil }
        func count(_ key: String) -> Int { Swift.max(0, Int(clamping: json[key]?.integerValue ?? 0)) }
        let usage = ModelUsage(promptTokens: count("prompt_tokens"), completionTokens: count("completion_tokens"))
        let dollars = Swift.min(Swift.max(0, json["usd"]?.numberValue ?? 0), 1_000_000)
        guard dollars > 0 || usage.totalTokens > 0 else { return nil }
        return Cost(
            model: json["model"]?.stringValue ?? "", usage: usage, money: Money(dollars: dollars), json: json)
    }
}
