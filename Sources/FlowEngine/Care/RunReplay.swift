// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The rows of a run as they follow from its events: the log is the truth, the rows are kept for quick reading.
struct RunReplay: ~Copyable {
    private(set) var machine: RunMachine
    let nodes: [NodeSummary]
    private(set) var startedAt: Timestamp?
    private(set) var endedAt: Timestamp?

    /// Goes through all events of a run.
    init(plan: Plan, events: [RecordedEvent], inherited: Set<String>) {
        var machine = RunMachine(
            plan: plan, slots: 1, emptyResult: NodeRecord.emptyDigest, inherited: inherited)
        var rows = RunRows()
        for recorded in events {
            machine.apply(recorded.event, at: recorded.at)
            rows.note(recorded, machine: machine)
            switch recorded.event {
            case .runStarted: startedAt = startedAt ?? recorded.at
            case .runEnded: endedAt = recorded.at
            default: break
            }
        }
        nodes = rows.takeChanged()
        self.machine = machine
    }

    /// What of a run's row does not follow from the events; nil when all does.
    func difference(from row: RunSummary, events: [RecordedEvent]) -> String? {
        guard case .runCreated(let workflow, let source, let inputs)? = events.first?.event else {
            return "the first event does not create the run"
        }
        if row.workflow != workflow || row.source != source || row.inputs != inputs {
            return "the row names another workflow or other inputs than the events"
        }
        if row.createdAt != events.first?.at || row.startedAt != startedAt || row.endedAt != endedAt {
            return "the row has other times than the events"
        }
        if let ended = machine.ended {
            if row.status != ended.status || row.reason != ended.reason {
                return "the row says \(row.status.rawValue), the events say \(ended.status.rawValue)"
            }
        } else if row.status.isTerminal {
            return "the row says \(row.status.rawValue), but the events do not end"
        }
        if row.nodeCount != machine.nodes.count || row.endedCount != machine.endedCount
            || row.failedNode != machine.failedNode.map({ machine.name(of: $0) })
        {
            return "the row counts other nodes than the events"
        }
        return nil
    }

    /// The nodes whose rows do not follow from the events.
    func differences(from found: [NodeSummary]) -> [String] {
        var expected: [String: NodeSummary] = [:]
        for node in nodes { expected[node.node] = node }
        var names: [String] = []
        for row in found where expected.removeValue(forKey: row.node) != row { names.append(row.node) }
        return names + expected.keys.sorted()
    }
}
