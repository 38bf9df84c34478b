// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

struct RunMachineStatusTests {
    private static let moves: [NodeStatus: Set<NodeStatus>] = [
        .pending: [.ready, .omitted, .cancelled, .reused],
        .ready: [.running, .waiting, .reused, .skipped, .failed, .cancelled],
        .running: [.succeeded, .failed, .waiting, .retrying, .interrupted, .cancelled],
        .waiting: [.succeeded, .failed, .rejected, .skipped, .ready, .waiting, .retrying, .cancelled],
        .retrying: [.running, .cancelled],
        .interrupted: [.running, .waiting, .failed, .cancelled],
        .succeeded: [], .reused: [], .failed: [], .rejected: [], .skipped: [], .omitted: [], .cancelled: [],
    ]

    @Test func nodesMoveAsTheTableSays() {
        #expect(Self.moves.count == NodeStatus.allCases.count)
        for from in NodeStatus.allCases {
            for to in NodeStatus.allCases {
                #expect(from.allows(to) == (Self.moves[from]?.contains(to) ?? false), "\(from) to \(to)")
            }
        }
    }

    @Test func exactlyTheFinalStatusesAllowNothing() {
        for status in NodeStatus.allCases { #expect(status.isTerminal == (Self.moves[status]?.isEmpty ?? false)) }
    }

    @Test func threeStatusesEndARun() {
        #expect(RunStatus.allCases.filter(\.isTerminal) == [.succeeded, .failed, .cancelled])
    }
}
