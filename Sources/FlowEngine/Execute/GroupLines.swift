// SPDX-License-Identifier: Apache-2.0

/// Who runs and who waits in each concurrency group of an engine: one run at a time, in the order of coming.
actor GroupLines {
    private struct Line {
        /// The first holds the group.
        var runs: [String]
        var turns: [String: CheckedContinuation<Void, Never>] = [:]
    }

    private var lines: [String: Line] = [:]

    /// The runs that hold the group or wait for it.
    func members(of group: String) -> [String] { lines[group]?.runs ?? [] }

    /// Puts a run at the end of the line.
    func join(_ group: String, run: String) { lines[group, default: Line(runs: [])].runs.append(run) }

    /// Waits until the run is the first of the line.
    func turn(of run: String, in group: String) async {
        guard let first = lines[group]?.runs.first, first != run else { return }
        await withCheckedContinuation { lines[group]?.turns[run] = $0 }
    }

    /// Gives the group to the next run.
    func leave(_ group: String, run: String) {
        guard var line = lines[group], line.runs.first == run else { return }
        line.runs.removeFirst()
        let next = line.runs.first.flatMap { line.turns.removeValue(forKey: $0) }
        lines[group] = line.runs.isEmpty ? nil : line
        next?.resume()
    }
}
