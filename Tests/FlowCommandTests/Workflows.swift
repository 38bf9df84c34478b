// SPDX-License-Identifier: Apache-2.0

/// The workflows of the tests.
enum Workflows {
    /// Two nodes; the second one uses what the first one puts out.
    static let chain = #"""
        flow: 1
        name: chain
        title: A chain
        inputs:
          who: {type: string, default: world}
          times: {type: integer, default: 1, min: 1}
          paper: {type: file}
        outputs:
          text: {type: text, value: "${{ nodes.second.outputs.text }}"}
        nodes:
          first:
            with: {who: "${{ inputs.who }}", times: "${{ inputs.times }}", paper: "${{ inputs.paper }}"}
            run: |
              echo "to the log"
              echo "to the error log" >&2
              echo "text=hello $FLOW_WITH_WHO" >> "$FLOW_OUTPUT"
            outputs: {text: string}
          second:
            needs: [first]
            with: {text: "${{ nodes.first.outputs.text }}"}
            run: echo "text=$FLOW_WITH_TEXT!" >> "$FLOW_OUTPUT"
            outputs: {text: string}

        """#

    /// A node that fails, with two lines on its error output.
    static let failing = #"""
        flow: 1
        name: failing
        nodes:
          good:
            run: "true"
          bad:
            needs: [good]
            run: |
              echo "first sign" >&2
              echo "last words" >&2
              exit 7
          after:
            needs: [bad]
            run: "true"

        """#

    /// An approval between two nodes; both write into a ledger.
    static let gated = #"""
        flow: 1
        name: gated
        inputs:
          ledger: {type: string, required: true}
        nodes:
          before:
            with: {ledger: "${{ inputs.ledger }}"}
            run: echo before >> "$FLOW_WITH_LEDGER"
          gate:
            needs: [before]
            approval: {prompt: "Is it right?", show: {file: "${{ inputs.ledger }}"}}
          after:
            needs: [gate]
            with: {ledger: "${{ inputs.ledger }}"}
            run: echo after >> "$FLOW_WITH_LEDGER"

        """#

    /// `one` ends at once, `two` waits for a file `go`, `three` follows. Each writes into a ledger when it ends;
    /// `two` also when it starts, and it has a child that is known by a marker among its arguments.
    static let held = #"""
        flow: 1
        name: held
        inputs:
          ledger: {type: string, required: true}
          go: {type: string, required: true}
          marker: {type: string, default: "0"}
        outputs:
          text: {type: text, value: "${{ nodes.three.outputs.text }}"}
        nodes:
          one:
            with: {ledger: "${{ inputs.ledger }}"}
            run: |
              echo one >> "$FLOW_WITH_LEDGER"
              echo "text=1" >> "$FLOW_OUTPUT"
            outputs: {text: string}
          two:
            needs: [one]
            with: {ledger: "${{ inputs.ledger }}", go: "${{ inputs.go }}", marker: "${{ inputs.marker }}"}
            run: |
              echo "two starts" >> "$FLOW_WITH_LEDGER"
              setsid sh -c 'while [ ! -e "$1" ]; do sleep 0.02; done' "$FLOW_WITH_MARKER" "$FLOW_WITH_GO"
              echo two >> "$FLOW_WITH_LEDGER"
              echo "text=2" >> "$FLOW_OUTPUT"
            outputs: {text: string}
          three:
            needs: [two]
            with: {ledger: "${{ inputs.ledger }}", a: "${{ nodes.one.outputs.text }}", b: "${{ nodes.two.outputs.text }}"}
            run: |
              echo three >> "$FLOW_WITH_LEDGER"
              echo "text=$FLOW_WITH_A$FLOW_WITH_B"3 >> "$FLOW_OUTPUT"
            outputs: {text: string}

        """#

    /// Three nodes without needs, each of which takes a second.
    static let sleepers = #"""
        flow: 1
        name: sleepers
        nodes:
          a: {run: sleep 1}
          b: {run: sleep 1}
          c: {run: sleep 1}

        """#

    /// Faults of several sorts: an unknown need and an unknown key.
    static let faulty = #"""
        flow: 1
        name: faulty
        nodes:
          fetch:
            run: "true"
          clean:
            needs: [fetsh]
            run: "true"
            timout: 5s

        """#
}
