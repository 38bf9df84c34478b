// SPDX-License-Identifier: Apache-2.0

/// Collects problems up to a limit, and hands them out in order of place.
struct ProblemList {
    private var problems: [YAMLProblem] = []
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the message lazily: a file with a million faults builds only as many messages as are kept.
    mutating func add(_ problem: @autoclosure () -> YAMLProblem) {
        guard problems.count < limit else { return }
        problems.append(problem())
    }

    /// A problem that ends the reading is kept even when the list is full, because it says why there is no document.
    mutating func addFatal(_ problem: YAMLProblem) {
        problems.append(problem)
    }

    func inOrder() -> [YAMLProblem] {
        let sorted = problems.enumerated().sorted { left, right in
            (left.element.range.lowerBound, left.offset) < (right.element.range.lowerBound, right.offset)
        }
        return sorted.map(\.element)
    }
}
