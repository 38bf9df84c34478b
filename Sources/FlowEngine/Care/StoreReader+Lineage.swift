// SPDX-License-Identifier: Apache-2.0

import FlowCore

extension StoreReader {
    /// The nodes that a run takes over; see `RunLineage`.
    func inherited(by run: String) throws(StoreError) -> [String: InheritedNode] {
        var steps: [RunLineage.Step] = []
        var next: String? = run
        while let current = next, steps.count < RunLineage.longest {
            next = nil
            var step = RunLineage.Step(run: current, rows: [])
            if case .runDerived(let parent, let digest)? = try events(of: current, after: 1, limit: 1).first?.event {
                step.derivation = try RunLineage.derivation(try content(digest), of: current)
                next = parent
            }
            if steps.isEmpty, next == nil { return [:] }
            if !steps.isEmpty { step.rows = try nodes(of: current) }
            steps.append(step)
        }
        return RunLineage.inherited(steps.reversed())
    }
}
