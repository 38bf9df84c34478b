// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Synchronization

/// The log of one attempt: a file with a line `<stream> <text>` each, made at the first line, cut at 16 MiB.
final class AttemptLog: Sendable {
    private struct State {
        var writer: FileWriter?
        var bytes = 0
        var isClosed = false
    }

    private static let limit = 16 << 20

    private let path: String
    private let secrets: Secrets
    private let observer: any RunObserver
    private let run: String
    private let node: String
    private let attempt: Int
    private let state = Mutex(State())

    init(path: String, secrets: Secrets, observer: any RunObserver, run: String, node: String, attempt: Int) {
        self.path = path
        self.secrets = secrets
        self.observer = observer
        self.run = run
        self.node = node
        self.attempt = attempt
    }

    func write(_ line: NodeLogLine) {
        var line = line
        line.text = secrets.blanked(line.text)
        state.withLock { state in
            guard !state.isClosed, state.bytes <= Self.limit else { return }
            var text = "\(line.stream.rawValue) \(line.text)\n"
            if state.bytes + text.utf8.count > Self.limit { text = "engine the log is cut here: it has 16 MiB\n" }
            state.bytes += text.utf8.count
            // A log that cannot be written must not fail the node: its result does not depend on it.
            if state.writer == nil {
                try? File.createDirectory(FilePath.dirname(path))
                state.writer = try? FileWriter(path, truncating: true)
            }
            try? state.writer?.write(text)
            try? state.writer?.flush()
        }
        observer.observe(line, node: node, attempt: attempt, of: run)
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            try? state.writer?.close()
            state.writer = nil
        }
    }
}
