# SPDX-License-Identifier: Apache-2.0
"""The workflows that are killed. The place puts the program, the token and the ledger in."""

# A chain, a fan-out, a join, a list of items, retries, a repetition, a wait, a run within the run, a file that is kept,
# and a node at the end: 16 nodes with those of the inner run. Some nodes start processes that try to stay.
MIXED = """\
flow: 1
name: kills
env: {CHAOS_LEDGER: "@LEDGER@"}
nodes:
  first: {run: ["@PROBE@", "@TOKEN@", work, "10"], outputs: {value: integer}}
  left: {needs: [first], run: ["@PROBE@", "@TOKEN@", forks, "20"], outputs: {value: integer}}
  right: {needs: [first], run: ["@PROBE@", "@TOKEN@", work, "30"], outputs: {value: integer}}
  file:
    needs: [first]
    run: |
      @PROBE@ @TOKEN@ work 5
      head -c 400000 /dev/zero | tr '\\0' x > large.txt
    outputs: {value: integer}
    artifacts: {large: large.txt}
  flaky:
    needs: [first]
    run: ["@PROBE@", "@TOKEN@", flaky, "10"]
    outputs: {value: integer}
    retry: {max_attempts: 3, delay: 30ms, on: [exit_code]}
  each:
    needs: [left]
    foreach: {items: [3, 4, 5, 6], as: item, max_parallel: 2}
    with: {item: "${{ item }}"}
    run: ["@PROBE@", "@TOKEN@", forks, "15"]
    outputs: {value: integer}
  again:
    needs: [right]
    repeat: {until: outputs.value >= 3, max: 5}
    with: {last: "${{ previous.value ?? 0 }}"}
    run: ["@PROBE@", "@TOKEN@", count, "10"]
    outputs: {value: integer}
  part: {needs: [first], workflow: part.yaml, with: {n: 2}}
  pause: {needs: [first], wait: 50ms}
  join:
    needs: [flaky, each, again, part, pause, file]
    set:
      total: "${{ sum(nodes.each.outputs.value) + nodes.again.outputs.value + nodes.flaky.outputs.value
        + (nodes.part.outputs.value ?? 0) + nodes.first.outputs.value + nodes.left.outputs.value
        + nodes.right.outputs.value + nodes.file.outputs.value }}"
  last: {needs: [join], run: ["@PROBE@", "@TOKEN@", work, "10"], outputs: {value: integer}}
outputs:
  total: {type: integer, value: "${{ nodes.join.outputs.total + nodes.last.outputs.value }}"}
finally:
  tidy: {run: ["@PROBE@", "@TOKEN@", work, "10"], outputs: {value: integer}}
"""

PART = """\
flow: 1
name: part
inputs: {n: {type: integer, default: 1}}
env: {CHAOS_LEDGER: "@LEDGER@"}
nodes:
  one: {run: ["@PROBE@", "@TOKEN@", work, "10"], outputs: {value: integer}}
  two: {needs: [one], run: ["@PROBE@", "@TOKEN@", work, "10"], outputs: {value: integer}}
outputs:
  value: {type: integer, value: "${{ nodes.one.outputs.value + nodes.two.outputs.value * inputs.n }}"}
"""

# Twelve nodes, one after the other and two at a time, that do nothing but tell the ledger.
SMALL = """\
flow: 1
name: calls
env: {CHAOS_LEDGER: "@LEDGER@"}
nodes:
  n01: {run: ["@PROBE@", "@TOKEN@", work], outputs: {value: integer}}
  n02: {needs: [n01], run: ["@PROBE@", "@TOKEN@", work], outputs: {value: integer}}
  n03: {needs: [n01], run: ["@PROBE@", "@TOKEN@", forks, "2"], outputs: {value: integer}}
  n04: {needs: [n02, n03], run: ["@PROBE@", "@TOKEN@", work], outputs: {value: integer}}
  n05:
    needs: [n04]
    run: |
      @PROBE@ @TOKEN@ work
      head -c 400000 /dev/zero | tr '\\0' x > large.txt
    outputs: {value: integer}
    artifacts: {large: large.txt}
  n06: {needs: [n04], run: ["@PROBE@", "@TOKEN@", flaky], retry: {max_attempts: 3, delay: 1ms}, outputs: {value: integer}}
  n07: {needs: [n05, n06], set: {value: "${{ nodes.n05.outputs.value + nodes.n06.outputs.value }}"}}
  n08:
    needs: [n07]
    foreach: {items: [1, 2], as: item}
    with: {item: "${{ item }}"}
    run: ["@PROBE@", "@TOKEN@", work]
    outputs: {value: integer}
  n09: {needs: [n08], wait: 5ms}
  n10: {needs: [n09], run: ["@PROBE@", "@TOKEN@", work], outputs: {value: integer}}
  n11: {needs: [n10], run: ["@PROBE@", "@TOKEN@", work], outputs: {value: integer}}
  n12:
    needs: [n11]
    set:
      value: "${{ nodes.n01.outputs.value + nodes.n02.outputs.value + nodes.n03.outputs.value + nodes.n04.outputs.value
        + nodes.n07.outputs.value + sum(nodes.n08.outputs.value) + nodes.n10.outputs.value
        + nodes.n11.outputs.value }}"
outputs:
  total: {type: integer, value: "${{ nodes.n12.outputs.value }}"}
"""


def write(place, text):
    place.write("part.yaml", PART)
    return place.write("work.yaml", text)
