// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@testable import FlowEngine

@Suite struct ComputedOutputTests {
    @Test("An output's expression sees what the kind put out, and all that the node's other expressions see")
    func scopes() async throws {
        let project = try TestProject()
        let run = try await project.run(
            #"""
            inputs: {factor: {type: integer, default: 3}}
            env: {UNIT: kg}
            outputs:
              all: {value: "${{ nodes.b.outputs.text }}"}
              list: {value: "${{ nodes.each.outputs.twice }}"}
            nodes:
              a: {set: {n: 4}}
              b:
                needs: [a]
                with: {who: me}
                run: 'echo n=5 >> $FLOW_OUTPUT'
                outputs:
                  n: integer
                  product: {type: integer, value: "${{ outputs.n * inputs.factor + nodes.a.outputs.n }}"}
                  text:
                    type: string
                    value: "${{ with.who }} ${{ outputs.n }} ${{ inputs.factor }} ${{ nodes.a.outputs.n }} ${{ env.UNIT }} ${{ attempt }}"
              each:
                foreach: {items: "${{ [1, 2] }}", as: x}
                set: {y: "${{ x }}"}
                outputs: {twice: {type: integer, value: "${{ x * 2 }}"}}
            """#)
        #expect(try await run.outputs["all"] == "me 5 3 4 kg 1")
        #expect(try await run.outputs["list"] == [2, 4])
        await project.close()
    }
}
