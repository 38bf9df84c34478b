# SPDX-License-Identifier: Apache-2.0
"""What the run has cost so far, as `flow cost` has it, and what branch it is: for the page on how the paper was made.

Input: run (its id), narrative. Output: costs (rows: agent, model, tokens, dollars), lines. Where flow's own program is not
known to the node, the lines say where the numbers are.
"""

import json
import os
import subprocess

from node import read_input, write_output


def ask(program, *words):
    try:
        done = subprocess.run([program, *words, "--json"], capture_output=True, timeout=600, stdin=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def main():
    given = read_input()
    program, run = os.environ.get("FLOW_PROGRAM"), given.get("run") or os.environ["FLOW_RUN_ID"]
    costs, lines = [], []
    if given.get("narrative") == "template":
        lines.append("No model was used, so nothing was paid.")
    report = ask(program, "cost", run) if program else None
    if report is None:
        if not lines:
            lines.append("What the models have cost is told by: flow cost RUN.")
    else:
        rows = report.get("rows") or []
        for row in [*rows, report["total"]] if rows else []:
            cost = f"{row['cost']:.6f}".rstrip("0").rstrip(".") if row.get("priceKnown") else "unknown"
            costs.append([row["name"], ", ".join(row.get("models") or []), row["totalTokens"], cost])
        lines += [f"Models that were asked: {', '.join(report['total']['models'])}, with {report['total']['calls']} calls until this "
                  "page was set."] if rows else []
    for branch in (ask(program, "branch", "list") or {}).get("branches") or [] if program else []:
        if branch.get("run") == run or branch.get("id") == run:
            lines.append(f"Branch: {branch.get('name')}. Hypothesis: {branch.get('hypothesis') or 'none given'}.")
    write_output({"costs": costs, "lines": lines})


main()
