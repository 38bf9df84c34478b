// SPDX-License-Identifier: Apache-2.0

import YAML

/// A workflow text as the tree that the compiler reads, for people.
public enum DocumentText {
    /// One line a node, with its kind and place; then one line a problem of the YAML. Nil when there is no tree.
    public static func dump(_ bytes: [UInt8]) -> (tree: String?, problems: [String]) {
        let (document, problems) = YAMLDocument.parse(bytes)
        let lines = problems.map { problem in
            "problem at byte \(problem.range.lowerBound): \(problem.message)"
        }
        return (document?.dump(), lines)
    }
}
