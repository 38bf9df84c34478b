// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import Testing

/// Several faults in a text that is not YAML: each is told, and none that is not there.
struct SyntaxRecoveryTests {
    static func told(_ text: String) -> [String] {
        let compilation = Fixtures.compile(text)
        #expect(compilation.plan == nil)
        return compilation.diagnostics.map { diagnostic in
            let line = compilation.sources.files[0].position(at: Int(diagnostic.span.start)).line
            return "\(line) \(diagnostic.code)"
        }
    }

    static let head = "flow: 1\nname: sample\nnodes:\n"

    @Test(arguments: [
        // A bracket, a quote, a key: each in a node of its own, with faults of another kind between them.
        (
            head + "  a: {run: [echo}\n  b: {run: echo, timout: 5m}\n  c:\n    run: @echo\n",
            ["4 F0101", "5 F0201", "7 F0101"]
        ),
        (head + "  a:\n    run: `date`\n  b:\n    needs: [c]\n    run: echo\n", ["5 F0101", "7 F0204"]),
        (
            head + "  a:\n    run: \"echo\" hi\n  b:\n    run: 'x' y\n  d: {runn: echo}\n",
            ["5 F0101", "7 F0101", "8 F0201"]
        ),
        // What refers to the node that cannot be read is not judged.
        (
            head
                + "  a:\n    run: %x\n    outputs: {n: integer}\n  b: {needs: [a], set: {y: \"${{ nodes.a.outputs.n }}\"}}\n"
                + "  c: {needs: [b], set: {y: \"${{ nodes.a.outputs.n + nodes.b.outputs.z }}\"}}\n",
            ["5 F0101", "8 F0302"]
        ),
        // Inputs that cannot be read may be anything.
        (
            "flow: 1\nname: sample\ninputs:\n  a: {type: [}\n  b: {type: strng}\nnodes:\n"
                + "  x: {set: {y: \"${{ inputs.a.b }}\", z: \"${{ inputs.b }}\"}}\n",
            ["4 F0101", "5 F0208"]
        ),
        ("flow: 1\nname: sample\ntitle: a: b\nnodes: {x: {runn: echo}}\n", ["3 F0101", "4 F0201"]),
        ("flow: 1\r\nname: sample\r\ntitle: a: b\r\nnodes:\r\n  x: {runn: echo}\r\n", ["3 F0101", "5 F0201"]),
        // The quote was closed by the next one: where it began cannot be told, so nothing else is said.
        (head + "  a:\n    title: \"abc\n    run: echo\n  b:\n    title: \"def\"\n    runn: echo\n", ["8 F0101"]),
        // The file cannot be divided into entries.
        ("{flow: 1, name: sample, nodes: {a: {run: echo}\n", ["1 F0101"]),
        ("flow: 1\nname:sample\nnodes:\n  a: {runn: echo}\n", ["3 F0101"]),
    ])
    func eachIsTold(_ text: String, _ wanted: [String]) {
        #expect(Self.told(text) == wanted)
    }

    /// Nodes that are in order stay so, wherever the fault is put in.
    @Test func aFaultInOneNodeIsOneFault() {
        let faults = [
            "    run: \"echo\" hi\n", "    run: [echo\n", "    run: @x\n", "    run: 'echo\n", "    run: {a: [}\n",
        ]
        for fault in faults {
            for place in 0..<4 {
                var text = Self.head
                for node in 0..<4 {
                    text += "  n\(node):\n" + (node > 0 ? "    needs: [n\(node - 1)]\n" : "")
                    text += node == place ? fault : "    run: echo\n    outputs: {x: integer}\n"
                    text += node > 0 ? "    env: {X: \"${{ nodes.n\(node - 1).outputs.x }}\"}\n" : ""
                }
                #expect(Self.told(text).count == 1, "\(text)\n\(Fixtures.report(text))")
            }
        }
    }
}
