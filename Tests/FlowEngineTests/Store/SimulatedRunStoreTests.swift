// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import FlowTesting
import Testing

struct SimulatedRunStoreTests {
    @Test(arguments: RunStoreConformance.checks)
    func `without faults it is a store like others`(check: RunStoreConformance.Check) async {
        let failure = await onOwnThread { ExecutorSimulation.conformanceFailure(check) }
        #expect(failure == nil)
    }
}
