#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says how good an attempt at a program was, and keeps the best one: a further attempt must not make a result worse.

Reads `$FLOW_INPUT`: what the program put out, verdict (that of a classifier, "" without one), previous (the best before, or
null). Writes `$FLOW_OUTPUT`: outcome (success, failure), error, error_class, best: {rank, number, summary, printed, note,
code_file, files, plots, model}. The rank is 2 for a success, 1 for a program that ran but does not do all, 0 for one that
failed.
"""

import json
import os
import re

LONGEST_EXPLANATION = 1000


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        given = json.load(file)
    ran = given["exit_code"] == 0
    complaint = given.get("complaint") or ""
    refused = given.get("verdict") == "failure"
    rank = 2 if ran and not complaint and not refused else 1 if ran else 0
    number = given.get("number") or 1
    notes = [f"program {number}", "ran, but was not judged a success" if rank == 1 else "", given.get("note") or ""]
    # A weak model explains with the whole program.
    explanation = re.sub(r"```.*?(```|\Z)", " ", (given.get("explanation") or "").strip(), flags=re.S)
    if len(explanation) > LONGEST_EXPLANATION:
        explanation = explanation[:LONGEST_EXPLANATION] + " […]"
    mine = {
        "rank": rank, "number": number, "summary": f"{explanation}\n\n{given.get('printed') or ''}",
        "printed": given.get("printed") or "", "note": "; ".join(filter(None, notes)),
        "code_file": given.get("code_file"), "files": given.get("files") or [], "plots": given.get("plots") or [],
        "model": given.get("model") or ""}
    before = given.get("previous")
    best = before if before and before.get("rank", 0) > rank else mine
    result = {
        "outcome": "success" if rank == 2 else "failure",
        "error": complaint if ran and complaint else given.get("error") or "",
        "error_class": "incomplete" if ran and rank == 1 else given.get("error_class") or "", "best": best}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    print(f"program {number}: rank {rank}; the best so far is program {best['number']}")


main()
