// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// Two runs that differ in a known way, and all that a comparison has to say of them.
struct PlantedPair: Sendable, CustomTestStringConvertible {
    var name: String
    var base: String
    /// Nil for the workflow of the base.
    var other: String?
    var inputs: (base: JSONValue, other: JSONValue) = ([:], [:])
    /// What the file `seed` in the home folder holds while each run goes on: what programs read behind flow's back.
    var seed = ("1", "1")
    /// What the file `lib/tool.sh` beside the workflow holds.
    var tool = ("echo 1", "echo 1")
    var options = (RunOptions(), RunOptions())
    /// See `lines(of:)`.
    var expected: [String]

    var testDescription: String { name }

    init(
        _ name: String, _ base: String, other: String? = nil, inputs: (base: JSONValue, other: JSONValue) = ([:], [:]),
        seed: (String, String) = ("1", "1"), tool: (String, String) = ("echo 1", "echo 1"),
        options: (RunOptions, RunOptions) = (RunOptions(), RunOptions()), finds expected: [String]
    ) {
        self.name = name
        self.base = base
        self.other = other
        self.inputs = inputs
        self.seed = seed
        self.tool = tool
        self.options = options
        self.expected = expected
    }

    /// A base text, and the same text with one part replaced.
    static func edit(
        _ name: String, _ base: String, _ part: String, _ replacement: String, finds expected: [String]
    ) -> PlantedPair {
        let parts = base.split(separator: part, maxSplits: 1, omittingEmptySubsequences: false)
        precondition(parts.count == 2, "`\(part)` is not in the workflow of `\(name)`")
        return PlantedPair(name, base, other: parts.joined(separator: replacement), finds: expected)
    }

    /// All that a comparison found, one line a thing, times left out:
    ///
    ///     input PATH · option PATH · workflow PART · file PATH · output PATH · metric NAME VERDICT · samples NAME P
    ///     NODE CAUSE [first] [def:PART] [saw:PATH] [PATH|+PATH|-PATH] [file:NAME] [OLD→NEW status] [attempts:A→B]
    static func lines(of pair: RunPair) -> [String] {
        func sign(_ change: ValueChange) -> String {
            switch change.kind {
            case .added: "+"
            case .removed: "-"
            case .same: "="
            case .changed: ""
            }
        }
        var lines = pair.inputs.map { "input \(sign($0))\($0.path)" }
        lines += pair.options.map { "option \(sign($0))\($0.path)" }
        lines += pair.definition.map { "workflow \($0.part)" }
        lines += pair.sourceFiles.map { "file \($0)" }
        for node in pair.nodes {
            var words = [node.node, node.cause.rawValue]
            if node.isFirst { words.append("first") }
            words += node.definition.map { "def:\($0.part)" }
            words += node.outputs.map { sign($0) + $0.path }
            words += node.files.map { file in
                (file.old == nil ? "+" : file.new == nil ? "-" : "") + "file:\(file.name)"
            }
            if node.base.status != node.other.status {
                words.append("\(node.base.status?.rawValue ?? "none")→\(node.other.status?.rawValue ?? "none")")
            }
            if node.attemptsDiffer { words.append("attempts:\(node.base.attempts)→\(node.other.attempts)") }
            lines.append(words.joined(separator: " "))
        }
        lines += pair.outputs.map { "output \(sign($0))\($0.path)" }
        lines += pair.metrics.map { "metric \($0.name) \($0.verdict.rawValue)" }
        lines += pair.samples.map { "samples \($0.name)\($0.isExact ? " exact" : "")" }
        return lines
    }
}
