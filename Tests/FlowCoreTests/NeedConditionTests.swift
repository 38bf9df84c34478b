// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

struct NeedConditionTests {
    /// Each condition with the ends that meet it, for a node with `on_failure: fail` and with `continue`.
    private static let met: [(condition: NeedCondition, fail: Set<NodeStatus>, continues: Set<NodeStatus>)] = [
        (.met, [.succeeded, .reused, .skipped], [.succeeded, .reused, .skipped, .failed, .rejected]),
        (.succeeded, [.succeeded, .reused], [.succeeded, .reused]),
        (.failed, [.failed, .rejected], [.failed, .rejected]),
        (.skipped, [.skipped, .omitted], [.skipped, .omitted]),
        (
            .done, [.succeeded, .reused, .failed, .rejected, .cancelled],
            [.succeeded, .reused, .failed, .rejected, .cancelled]
        ),
        (
            .any, [.succeeded, .reused, .failed, .rejected, .skipped, .omitted, .cancelled],
            [.succeeded, .reused, .failed, .rejected, .skipped, .omitted, .cancelled]
        ),
    ]

    @Test func everyConditionTakesExactlyTheEndsOfItsRow() {
        #expect(Self.met.map(\.condition) == NeedCondition.allCases)
        for row in Self.met {
            for status in NodeStatus.allCases {
                let cell = "\(row.condition) and \(status)"
                #expect(row.condition.accepts(status, continues: false) == row.fail.contains(status), "\(cell)")
                #expect(row.condition.accepts(status, continues: true) == row.continues.contains(status), "\(cell)")
            }
        }
    }

    /// The same through the machine: what becomes of `b`, which needs `a`, after each end of `a`.
    @Test(arguments: NeedCondition.allCases, FailurePolicy.allCases)
    func theMachineObeysTheTable(condition: NeedCondition, policy: FailurePolicy) throws {
        guard let row = Self.met.first(where: { $0.condition == condition }) else { return }
        let ends: [(NodeStatus, RunInput)] = [
            (.succeeded, .prepared(0)), (.failed, .evaluationFailed(0, NodeFailure(.expression, "x"))),
            (.skipped, .conditionFalse(0, reason: "x")),
        ]
        for (status, input) in ends {
            var definition = WorkflowDefinition(name: "table")
            definition.nodes = [
                NodeDefinition(id: "a", kind: "run", options: NodeOptions(onFailure: policy)),
                NodeDefinition(id: "b", kind: "run", needs: [NeedDefinition(node: "a", condition: condition)]),
            ]
            let now = Timestamp(milliseconds: 0)
            var machine = RunMachine(plan: Plan(definition: definition), slots: 1, emptyResult: .zero)
            _ = try machine.advance(.start(engine: "x"), at: now)
            _ = try machine.advance(input, at: now)
            _ = try machine.advance(.succeeded(0, attempt: 1, result: .zero), at: now)
            #expect(machine.nodes[0].status == status)
            let isMet = (policy == .continue ? row.continues : row.fail).contains(status)
            #expect(machine.nodes[1].status == (isMet ? .ready : .omitted), "\(condition) after \(status), \(policy)")
        }
    }
}
