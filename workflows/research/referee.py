# SPDX-License-Identifier: Apache-2.0
"""The page of the referee: what the agent has written, if it is of use, and a list of what a program can see for itself.

Input: text (of the agent), paper (text of the paper), sections, figures, unsupported, papers, literature, narrative. Output:
page, score (0 to 9, or -1 where none was given), by_agent.
"""

import re

from node import read_input, write_output


def points(given):
    paper, figures = given.get("paper") or "", given.get("figures") or []
    flat = re.sub(r"\s+", " ", paper)
    for name in ("Introduction", "Methods", "Results", "Conclusions"):
        yield (name in flat), f"the section {name} is there"
    for figure in figures:
        number = figure["number"]
        yield bool(re.search(rf"\bFigures? (?:\d+(?:,| and) )*{number}\b", flat)), f"the text speaks of figure {number}"
    wrong = given.get("unsupported") or []
    yield not wrong, "every number of the texts is in what was computed" + (f"; not so: {'; '.join(wrong[:5])}" if wrong else "")
    yield bool(given.get("papers")), "earlier work is cited"
    yield bool(given.get("by_program")), "the analysis was written for this idea (else it is the fixed one)"


def main():
    given = read_input()
    text = re.sub(r"^```\w*\n|\n?```\s*$", "", (given.get("text") or "").strip()).strip()
    found = re.search(r"score\W{0,6}(\d(?:\.\d)?)(?:\s*/\s*9)?\b", text, re.I)
    score = float(found[1]) if found and given.get("narrative") != "template" else -1
    usable = given.get("narrative") != "template" and len(re.findall(r"\w+", text)) >= 15
    rows = "\n".join(f"- {'yes' if good else 'NO'}: {what}" for good, what in points(given))
    head = text if usable else "*No referee has judged the paper: no agent was asked, or it wrote nothing of use.*"
    page = (f"# Referee report\n\n{head}\n\n## What a program can see\n\n{rows}\n\nThe referee has read the text of the paper, "
            "not its pictures.")
    write_output({"page": page, "score": score if usable else -1, "by_agent": usable})


main()
