// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Synchronization

/// Hands an answer that comes in pieces to the run's log, line by line.
final class AgentAnswer: Sendable {
    /// A line in the log is not longer than this, however long the answer goes on without a line break.
    private static let longest = 4096

    private let rest = Mutex("")
    private let log: @Sendable (NodeLogLine) -> Void

    init(_ log: @escaping @Sendable (NodeLogLine) -> Void) { self.log = log }

    func take(_ piece: String) {
        let lines = rest.withLock { rest in
            rest += piece
            guard rest.utf8.contains(0x0A) || rest.utf8.count > Self.longest else { return [Substring]() }
            var lines = rest.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            let last = lines.count > 1 ? String(lines.removeLast()) : ""
            rest = last
            return lines
        }
        for line in lines { log(NodeLogLine(.output, String(line))) }
    }

    /// Hands over what stands after the last line break.
    func end() {
        let line = rest.withLock { rest in
            defer { rest = "" }
            return rest
        }
        if !line.isEmpty { log(NodeLogLine(.output, line)) }
    }
}
