// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

/// What is said of a few nodes of a large workflow, by way of those alone, is what the whole says.
@Suite struct SlicedHistoryTests {
    private static let count = 2500

    /// Layers of ten nodes; each reads two of the layer before.
    private static var text: String {
        var text = "inputs: {x: {type: integer, default: 1}}\nenv: {LEVEL: \"${{ inputs.x }}\"}\nnodes:\n"
        for node in 0..<count {
            text += "  n\(node):\n    title: Number \(node)\n"
            if node >= 10 {
                let other = node % 10 == 5 ? "" : ", n\(node - node % 10 - 5)"
                text += "    needs: [n\(node - 10)\(other)]\n"
                text += "    set: {v: \"${{ nodes.n\(node - 10).outputs.v + inputs.x }}\"}\n"
            } else {
                text += "    # the first\n    set: {v: \(node)}\n"
            }
        }
        return text
    }

    private static func patch(_ values: [(String, String)]) -> WorkflowPatch {
        var patch = WorkflowPatch()
        for (path, value) in values {
            let isSet = patch.set(path, to: value)
            #expect(isSet)
        }
        return patch
    }

    @Test("A patch of some nodes, and why of one")
    func same() async throws {
        let project = try TestProject()
        let run = try await project.run(Self.text)
        let reader = try await run.reader
        let loader = try await project.engine().loader
        let summary = try #require(try await reader.summary(of: run.id))
        let old = try await reader.workflow(of: summary, loader: loader)
        let plan = try #require(old.compilation.plan)
        let (inputs, _) = try await reader.inputs(of: summary)
        for values in [
            [("nodes.n2499.set.v", "-1")], [("nodes.n0.set.v", "7"), ("nodes.n1200.title", "Another")],
            [("nodes.n2495.when", "inputs.x > 0")], [("nodes.n3.set.v", "3")],
            [("nodes.n17.env", "null"), ("inputs.x", "5")],
        ] {
            let patch = Self.patch(values)
            let sliced = try #require(
                try await SlicedPatch.apply(patch, to: summary, inputs, reader, loader), "\(values)")
            let whole = patch.apply(to: old, inputs: inputs, loader: loader)
            #expect(whole.faults.isEmpty)
            #expect(sliced.patched.workflow.bundle.manifest == whole.workflow.bundle.manifest, "\(values)")
            #expect(sliced.patched.inputs == whole.inputs)
            let definition = try #require(whole.workflow.compilation.plan?.definition)
            #expect(
                sliced.diff
                    == DefinitionDiff(
                        old: plan.definition, new: definition, oldSurroundings: WorkflowSurroundings(of: old),
                        newSurroundings: WorkflowSurroundings(of: whole.workflow)), "\(values)")
        }
        // With a fault the whole says what it is.
        for values in [
            [("nodes.n2499.sett.v", "-1")], [("nodes.nobody.set.v", "1")], [("nodes.n5.set.v", "${{ nodes.n9 }}")],
        ] {
            #expect(try await SlicedPatch.apply(Self.patch(values), to: summary, inputs, reader, loader) == nil)
        }
        for name in ["n0", "n9", "n10", "n1234", "n2499"] {
            let site = try #require(try await NodeSite.read(name, of: summary, reader: reader, loader: loader))
            #expect(site.plan == nil)
            let node = try #require(plan.index(of: name).map { plan.nodes[$0] })
            #expect(NormalForm(of: site.node) == NormalForm(of: node))
            #expect(NodeReads(of: site.node, in: site.definition) == NodeReads(of: node, in: plan.definition))
        }
        #expect(try await NodeSite.read("n2500", of: summary, reader: reader, loader: loader) == nil)
    }
}
