# SPDX-License-Identifier: Apache-2.0
"""Takes what a program of an agent has printed as the facts of the run, if it is of use: at least one line with a number.

Input: printed, outcome, error_class, analysis, attempts, asked (whether an agent was asked at all). Output: usable, facts (a
fact a line), metrics (lines such as `mean flow: 919.35`), reason (why it is of no use), printed.
"""

import re

from node import read_input, write_output

MOST_LINES, LONGEST_LINE = 30, 300


def main():
    given = read_input()
    printed = given.get("printed") or ""
    lines = [re.sub(r"\s+", " ", line).strip() for line in printed.splitlines()]
    lines = [line[:LONGEST_LINE] for line in lines if re.search(r"\w", line)]
    facts = list(dict.fromkeys(lines))[:MOST_LINES]
    metrics = {}
    for line in facts:
        found = re.fullmatch(r"[-*\s]*([A-Za-z][^:=]{1,60}?)\s*[:=]\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?:\s.{0,40}|\s?%)?", line)
        if found and len(metrics) < 40:
            metrics[re.sub(r"\W+", "_", found[1].strip().lower()).strip("_")] = float(found[2])
    ended = given.get("outcome") == "success"
    told = ended and any(re.search(r"\d", line) and re.search(r"[A-Za-z]{2}", line) for line in facts)
    if not given.get("asked"):
        reason = "no agent was asked for a program"
    elif not given.get("outcome"):
        reason = "no program came from the agent"
    elif not ended:
        kind = given.get("error_class") or "an error"
        reason = f"the agent's programs failed {given.get('attempts') or 'all'} times, the last with {kind}"
    else:
        reason = "" if told else "the agent's program printed no number with a name"
    print(reason or f"{len(facts)} lines of facts")
    write_output({"usable": told, "facts": "\n".join(facts) if told else "", "metrics": metrics if told else {},
                  "reason": reason, "printed": printed})


main()
