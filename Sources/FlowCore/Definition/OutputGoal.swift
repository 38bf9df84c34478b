// SPDX-License-Identifier: Apache-2.0

/// Which way an output that is a number is better, for comparisons of runs.
public enum OutputGoal: String, Sendable, Hashable, CaseIterable {
    case max, min
}
