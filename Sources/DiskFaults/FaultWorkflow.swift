// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEngine

/// The run that the disk fails under: twelve nodes with a diamond, a list, a retry, a large value, an input file and a
/// file that is kept.
enum FaultWorkflow {
    static let nodeCount = 12

    private static let text = """
        flow: 1
        name: faults
        inputs: {source: {type: file, required: true}}
        outputs: {total: {value: "${{ nodes.last.outputs.n }}"}}
        nodes:
          list: {probe: {items: [1, 2, 3, 4]}}
          left: {needs: [list], probe: {n: 1}}
          right: {needs: [list], probe: {fail_first: true, n: 2}, retry: {max_attempts: 3, delay: 1ms}}
          join: {needs: [left, right], set: {n: "${{ nodes.left.outputs.n + nodes.right.outputs.n }}"}}
          each:
            needs: [list]
            foreach: {items: "${{ nodes.list.outputs.items }}"}
            probe: {n: "${{ item * 2 }}"}
          sum: {needs: [each], set: {n: "${{ sum(nodes.each.outputs.n) }}"}}
          large: {probe: {blob: 40000}}
          copy: {needs: [large], probe: {text: "${{ nodes.large.outputs.text }}"}}
          input: {probe: {read: "${{ inputs.source }}"}}
          made: {needs: [input], probe: {file: kept.txt}}
          again: {needs: [made], probe: {read: "${{ nodes.made.artifacts.file }}"}}
          last:
            needs: [join, sum, copy, again]
            set: {n: "${{ nodes.join.outputs.n + nodes.sum.outputs.n }}", read: "${{ nodes.again.outputs.read }}"}

        """

    /// The workflow with the values of its inputs, of which the file lies in a folder.
    static func load(folder: String) throws(FileError) -> (workflow: LoadedWorkflow, inputs: JSONObject) {
        let source = FilePath.join(folder, "source.txt")
        try File.write("source", to: source)
        let kinds: [any NodeKind] = [ProbeKind(ledger: ProbeLedger()), SetKind()]
        let workflow = WorkflowLoader(kinds: kinds).load(
            WorkflowSource(name: "faults.yaml", bytes: Array(text.utf8), directory: folder),
            entry: "faults.yaml", agentFolders: [])
        let faults = workflow.compilation.diagnostics.filter { $0.severity == .error }.map(\.message)
        precondition(faults.isEmpty && workflow.compilation.plan?.nodes.count == nodeCount, "\(faults)")
        var inputs = JSONObject()
        inputs["source"] = .string(source)
        return (workflow, inputs)
    }
}
