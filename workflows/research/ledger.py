# SPDX-License-Identifier: Apache-2.0
"""What the run has cost so far, as `flow cost` has it, and what branch it is: for the page on how the paper was made.

Input: run (its id), narrative. Output: costs (rows: agent, model, tokens, dollars), models, lines. Where flow's own program is not
known to the node, the lines say where the numbers are.
"""

import json
import os
import subprocess

from node import read_input, write_output


def ask(program, *words):
    try:
        done = subprocess.run([program, *words, "--json"], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def main():
    given = read_input()
    program, run = os.environ.get("FLOW_PROGRAM"), given.get("run") or os.environ["FLOW_RUN_ID"]
    costs, models, lines = [], [], []
    if given.get("narrative") == "template":
        lines.append("No model was used, so nothing was paid.")
    report = ask(program, "cost", run) if program else None
    if report is None:
        lines.append("What the models have cost: flow cost RUN.")
    else:
        for row in report.get("rows") or []:
            name = row.get("key") or row.get("agent") or "?"
            model = row.get("models") or row.get("model") or []
            model = ", ".join(model) if isinstance(model, list) else str(model)
            costs.append([name, model, row.get("tokens"), row.get("usd")])
            models.append(model)
    branch = (ask(program, "show", run) or {}).get("branch") if program else None
    if isinstance(branch, dict) and branch.get("name"):
        lines.append(f"Branch: {branch['name']}. Hypothesis: {branch.get('hypothesis') or 'none given'}.")
    write_output({"costs": costs, "models": sorted(set(models)), "lines": lines})


main()
