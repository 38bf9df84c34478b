// SPDX-License-Identifier: Apache-2.0

/// Small bad files, each with what it becomes. `old|new` between angle quotes marks a change: `‹timout›timeout‹›`.
enum FixCases {
    /// A text before and after its fixes.
    struct Case: Sendable, CustomStringConvertible {
        var description: String
        var before: String
        var after: String

        /// Reads `‹before›after‹›`; everything else stands in both.
        init(_ description: String, _ marked: String) {
            self.description = description
            before = ""
            after = ""
            for (index, part) in marked.split(separator: "‹", omittingEmptySubsequences: false).enumerated() {
                let pieces = part.split(separator: "›", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                switch (index, pieces.count) {
                case (0, _):
                    before += part
                    after += part
                case (_, 2) where index % 2 == 1:
                    before += pieces[0]
                    after += pieces[1]
                default:
                    before += pieces.last ?? ""
                    after += pieces.last ?? ""
                }
            }
        }
    }

    private static let head = "flow: 1 # the format\nname: sample\n"

    static let all: [Case] = [
        Case("a key of a node", head + "nodes:\n  a:\n    run: echo # say\n    ‹timout›timeout‹›: 5m # long\n"),
        Case("the kind", head + "nodes:\n  a:\n    # speaks\n    ‹runn›run‹›: echo\n"),
        Case("a key at the top", head + "‹descripton›description‹›: x # what it is\nnodes: {a: {run: echo}}\n"),
        Case("a quoted key", head + "nodes:\n  a: {run: echo, ‹\"tiemout\"›timeout‹›: 5m} # c\n"),
        Case("a key in brackets", head + "nodes: {a: {run: echo, ‹prioritty›priority‹›: 1}} # c\n"),
        Case("a key with a hyphen", head + "nodes:\n  a: {run: echo, retry: {‹max-attempts›max_attempts‹›: 2}}\n"),
        Case(
            "several keys", head + "nodes:\n  a:\n    ‹titel›title‹›: A\n    ‹rnu›run‹›: echo\n    ‹need›needs‹›: []\n"),
        Case("a need", head + "nodes:\n  load: {run: echo}\n  b: {run: echo, needs: [‹laod›load‹›]} # after\n"),
        Case(
            "needs one below the other",
            head + "nodes:\n  load: {run: echo}\n  b:\n    run: echo\n    needs:\n      - ‹loda›load‹› # c\n"),
        Case(
            "a need by condition", head + "nodes:\n  load: {run: echo}\n  b: {run: echo, needs: {‹lod›load‹›: done}}\n"),
        Case(
            "a node in an expression",
            head
                + "nodes:\n  load: {set: {x: 1}}\n  b: {needs: [load], set: {y: \"${{ nodes.‹laod›load‹›.outputs.x }}\"}} # c\n"
        ),
        Case(
            "an output",
            head
                + "nodes:\n  load: {set: {total: 1}}\n  b: {needs: [load], set: {y: \"${{ nodes.load.outputs.‹totl›total‹› }}\"}}\n"
        ),
        Case(
            "an input",
            head
                + "inputs: {customer: {default: x}}\nnodes:\n  b: {set: {y: \"${{ inputs.‹custmer›customer‹› }}\"}} # c\n"
        ),
        Case(
            "an input without its root",
            head + "inputs: {customer: {default: x}}\nnodes:\n  b: {set: {y: \"${{ ‹customer›inputs.customer‹› }}\"}}\n"
        ),
        Case("a function", head + "nodes:\n  b: {set: {y: \"${{ ‹lenght›length‹›('abc') }}\"}}\n"),
        Case(
            "a root",
            head + "inputs: {customer: {default: x}}\nnodes:\n  b: {set: {y: \"${{ ‹input›inputs‹›.customer }}\"}}\n"),
        Case(
            "the name of an item",
            head + "nodes:\n  b: {foreach: {items: [1, 2], as: number}, set: {y: \"${{ ‹item›number‹› }}\"}}\n"),
        Case(
            "one equals sign",
            head
                + "inputs: {deep: {type: integer, default: 1}}\nnodes:\n  b: {run: echo, when: inputs.deep ‹=›==‹› 1}\n"
        ),
        Case(
            "three equals signs",
            head
                + "inputs: {deep: {type: integer, default: 1}}\nnodes:\n  b: {run: echo, when: inputs.deep ‹===›==‹› 1}\n"
        ),
        Case(
            "the word and",
            head
                + "inputs: {p: {type: boolean, default: true}, q: {type: boolean, default: true}}\nnodes:\n  b: {run: echo, when: inputs.p ‹and›&&‹› inputs.q} # c\n"
        ),
        Case(
            "the word or",
            head
                + "inputs: {p: {type: boolean, default: true}, q: {type: boolean, default: true}}\nnodes:\n  b: {run: echo, when: inputs.p ‹or›||‹› inputs.q}\n"
        ),
        Case(
            "the word not",
            head
                + "inputs: {p: {type: boolean, default: true}}\nnodes:\n  b: {run: echo, when: ‹not›\"!‹› inputs.p‹›\"‹›}\n"
        ),
        Case("no version", "‹›flow: 1\n‹›name: sample # c\nnodes: {a: {run: echo}}\n"),
        Case("no version after a comment", "# mine\n\n‹›flow: 1\n‹›name: sample\nnodes: {a: {run: echo}}\n"),
        Case("no version in braces", "{‹›flow: 1, ‹›name: sample, nodes: {a: {run: echo}}}\n"),
        Case("the version as a text", "flow: ‹\"1\"›1‹› # c\nname: sample\nnodes: {a: {run: echo}}\n"),
        Case("the version as a fraction", "flow: ‹1.0›1‹›\nname: sample\nnodes: {a: {run: echo}}\n"),
        Case(
            "a list of one",
            head
                + "inputs: {f: {type: file, accept: ‹›[‹›.csv‹›]‹›}} # c\nnodes: {a: {set: {x: \"${{ inputs.f }}\"}}}\n"
        ),
        Case("tags without brackets", head + "tags: ‹›[‹›daily‹›]‹› # c\nnodes: {a: {run: echo}}\n"),
        Case(
            "yes for true", head + "inputs: {f: {required: ‹yes›true‹›}}\nnodes: {a: {set: {x: \"${{ inputs.f }}\"}}}\n"
        ),
        Case(
            "a quoted false",
            head + "inputs: {f: {required: ‹\"false\"›false‹›}}\nnodes: {a: {set: {x: \"${{ inputs.f }}\"}}}\n"),
        Case("a number in quotes", head + "nodes: {a: {run: echo, retry: {max_attempts: ‹\"3\"›3‹›}}} # c\n"),
        Case("a factor in quotes", head + "nodes: {a: {run: echo, retry: {max_attempts: 3, factor: ‹'1.5'›1.5‹›}}}\n"),
        Case("a duration with a space", head + "nodes: {a: {run: echo, timeout: ‹5 m›5m‹›}} # c\n"),
        Case("a duration in words", head + "nodes: {a: {run: echo, timeout: ‹10 minutes›10m‹›}}\n"),
        Case(
            "a size with a space",
            head + "nodes: {a: {http: {url: \"https://example.org\", expect: {max_size: ‹10 MiB›10MiB‹›}}}}\n"),
        Case("a choice", head + "nodes: {a: {run: echo, on_failure: ‹contineu›continue‹›}} # c\n"),
        Case("a type", head + "inputs: {f: {type: ‹strng›string‹›}}\nnodes: {a: {set: {x: \"${{ inputs.f }}\"}}}\n"),
        Case("a need twice", head + "nodes:\n  a: {run: echo}\n  b: {run: echo, needs: [a‹, a›‹›]} # c\n"),
        Case(
            "a missing need, none there",
            head
                + "nodes:\n  a: {set: {x: 1}}\n  b:\n    ‹›needs: [a]\n    ‹›set: {y: \"${{ nodes.a.outputs.x }}\"} # c\n"
        ),
        Case(
            "a missing need in braces",
            head + "nodes:\n  a: {set: {x: 1}}\n  b: {‹›needs: [a], ‹›set: {y: \"${{ nodes.a.outputs.x }}\"}} # c\n"),
        Case(
            "a missing need in a list",
            head
                + "nodes:\n  a: {set: {x: 1}}\n  c: {run: echo}\n  b:\n    needs: [c‹›, a‹›] # both\n    set: {y: \"${{ nodes.a.outputs.x }}\"}\n"
        ),
        Case(
            "a missing need below others",
            head
                + "nodes:\n  a: {set: {x: 1}}\n  c: {run: echo}\n  b:\n    needs:\n      - c # first\n‹›      - a\n‹›    set: {y: \"${{ nodes.a.outputs.x }}\"}\n"
        ),
        Case(
            "a missing need beside one word",
            head
                + "nodes:\n  a: {set: {x: 1}}\n  c: {run: echo}\n  b: {needs: ‹›[‹›c‹›, a]‹›, set: {y: \"${{ nodes.a.outputs.x }}\"}}\n"
        ),
        Case(
            "a missing need beside conditions",
            head
                + "nodes:\n  a: {set: {x: 1}}\n  c: {run: echo}\n  b:\n    needs:\n      c: done # whatever\n‹›      a: succeeded\n‹›    set: {y: \"${{ nodes.a.outputs.x }}\"}\n"
        ),
        Case(
            "two missing needs",
            head
                + "nodes:\n  a: {set: {x: 1}}\n  c: {set: {x: 1}}\n  b: {‹›needs: [a, c], ‹›set: {y: \"${{ nodes.a.outputs.x + nodes.c.outputs.x }}\"}}\n"
        ),
        Case(
            "a value in a script",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    ‹›env: {WHO: \"${{ inputs.who }}\"}\n    ‹›run: |\n      # greet\n      echo ‹${{ inputs.who }}›\"$WHO\"‹› # c\n"
        ),
        Case(
            "a value in double quotes",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    ‹›env: {WHO: \"${{ inputs.who }}\"}\n    ‹›run: |\n      echo \"hello ‹${{ inputs.who }}›$WHO‹›\"\n"
        ),
        Case(
            "a value in single quotes",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    ‹›env: {WHO: \"${{ inputs.who }}\"}\n    ‹›run: |\n      echo 'hello ‹${{ inputs.who }}›'\"$WHO\"'‹›!'\n"
        ),
        Case(
            "a value before a letter",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    ‹›env: {WHO: \"${{ inputs.who }}\"}\n    ‹›run: |\n      echo \"‹${{ inputs.who }}›${WHO}‹›s\"\n"
        ),
        Case(
            "a value in a plain script",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a: {‹›env: {WHO: \"${{ inputs.who }}\"}, ‹›run: 'echo ‹${{ inputs.who }}›\"$WHO\"‹›'} # c\n"
        ),
        Case(
            "a value in a quoted script",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a: {‹›env: {WHO: \"${{ inputs.who }}\"}, ‹›run: \"echo ‹${{ inputs.who }}›\\\"$WHO\\\"‹›\"}\n"
        ),
        Case(
            "a value beside variables",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    env:\n      ‹›WHO: \"${{ inputs.who }}\"\n      ‹›TZ: UTC # here\n    run: |\n      echo ‹${{ inputs.who }}›\"$WHO\"‹›\n"
        ),
        Case(
            "a value that is a variable already",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    env: {WHO: \"${{ inputs.who }}\"}\n    run: |\n      echo ‹${{ inputs.who }}›\"$WHO\"‹›\n"
        ),
        Case(
            "a value used twice",
            head
                + "inputs: {who: {default: x}}\nnodes:\n  a:\n    ‹›env: {WHO: \"${{ inputs.who }}\"}\n    ‹›run: |\n      echo ‹${{ inputs.who }}›\"$WHO\"‹›\n      echo \"‹${{ inputs.who }}›$WHO‹›\"\n"
        ),
        Case(
            "a name that programs rely on",
            head
                + "inputs: {path: {default: x}}\nnodes:\n  a:\n    ‹›env: {INPUTS_PATH: \"${{ inputs.path }}\"}\n    ‹›run: |\n      ls ‹${{ inputs.path }}›\"$INPUTS_PATH\"‹›\n"
        ),
        Case(
            "a misspelt name in a script",
            head
                + "inputs: {customer: {default: x}}\nnodes:\n  a:\n    ‹›env: {CUSTMER: \"${{ inputs.customer }}\"}\n    ‹›run: |\n      echo ‹${{ inputs.custmer }}›\"$CUSTMER\"‹›\n"
        ),
        Case(
            "line ends of another system",
            "flow: 1\r\nname: sample\r\nnodes:\r\n  a: {set: {x: 1}}\r\n  b:\r\n    ‹›needs: [a]\r\n    ‹›set: {y: \"${{ nodes.a.outputs.x }}\"} # c\r\n"
        ),
        Case("a mark at the beginning", "\u{FEFF}flow: 1\nname: sample\nnodes:\n  a: {‹runn›run‹›: echo}\n"),
        Case("no line end at the end", head + "nodes:\n  a: {‹rnu›run‹›: echo}"),
        Case("wide letters before", head + "nodes:\n  a: {title: \"日本語 🎫\", ‹runn›run‹›: echo} # é\n"),
    ]
}
