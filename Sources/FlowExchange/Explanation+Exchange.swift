// SPDX-License-Identifier: Apache-2.0

public import FlowEngine

extension Explanation {
    /// What importing and exporting can say. The examples are foreign workflows.
    public static let exchange = [
        Explanation(
            foreign: .unknownFormat, "a workflow of no known format",
            """
            The marks of a format are looked for: `jobs` with `steps`, `kind: Workflow` of Argo, a `workflow` with
            `specification`, or a playbook's `steps`. None of them is there. `--from` names a format all the same.
            """,
            bad: """
                tasks:
                  build: make
                """,
            good: """
                name: ci
                jobs:
                  build:
                    runs-on: ubuntu-latest
                    steps: [{run: make}]
                """),
        Explanation(
            foreign: .badSource, "a foreign workflow that is wrong itself",
            """
            Something in the source is missing, has the wrong form, or refers to what is not there. The system that it was
            written for would refuse it too; nothing is imported.
            """,
            bad: """
                name: ci
                jobs:
                  build:
                    runs-on: ubuntu-latest
                    needs: [tests]
                    steps: [{run: make}]
                """,
            good: """
                name: ci
                jobs:
                  tests:
                    runs-on: ubuntu-latest
                    steps: [{run: make check}]
                  build:
                    runs-on: ubuntu-latest
                    needs: [tests]
                    steps: [{run: make}]
                """),
        Explanation(
            foreign: .noEquivalent, "something without an equivalent, left out",
            """
            A warning. flow, or the other system when exporting, has nothing of this kind. The rest is there; what was left
            out may have to be written by hand.
            """,
            bad: """
                name: ci
                jobs:
                  build:
                    runs-on: ubuntu-latest
                    steps:
                      - {uses: actions/checkout@v4}
                      - {run: make}
                """,
            good: """
                name: ci
                jobs:
                  build:
                    runs-on: ubuntu-latest
                    steps: [{run: make}]
                """),
        Explanation(
            foreign: .approximated, "something that does not mean quite the same",
            """
            A warning. The nearest equivalent was taken, and it differs where the message says. Compare the two before you
            rely on it.
            """,
            bad: """
                name: ci
                jobs:
                  build:
                    runs-on: ubuntu-latest
                    steps: [{run: "make ${{ vars.TARGET }}"}]
                """,
            good: """
                name: ci
                jobs:
                  build:
                    runs-on: ubuntu-latest
                    steps: [{run: make all}]
                """),
    ]
}
