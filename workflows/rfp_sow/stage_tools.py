# SPDX-License-Identifier: Apache-2.0
"""Stage 2: tools. tools.json has the options; rules choose by words of the document, the agents may choose otherwise.

Input beside those of stage.py: paragraphs (path), requirements. Data: chosen (need to option).
"""

import re

from node import read_json
from stage import Stage, words
from text import escape, table


def said(option, kind, text):
    """The words of an option, its `names` or its `hints`, that stand in the document, the most frequent first."""
    counts = [(len(re.findall(rf"\b{re.escape(word)}\b", text)), word) for word in option[kind].split()]
    return [word for count, word in sorted(counts, key=lambda pair: -pair[0]) if count]


def often(option, text):
    return sum(len(re.findall(rf"\b{re.escape(word)}\b", text)) for word in option["names"].split())


def by_rule(needs, text):
    """For each need the option that the document names most often, else the one that it hints at, else the first."""
    chosen = {}
    for need in needs:
        best = max(need["options"], key=lambda option: (often(option, text), len(said(option, "hints", text))))
        names, hints = said(best, "names", text), said(best, "hints", text)
        why = f"The document names “{names[0]}”." if names else f"The document speaks of “{hints[0]}”." if hints \
            else "A usual choice; the document says nothing of it."
        chosen[need["need"]] = {"option": best, "named": bool(names), "why": why, "by": "rule"}
    return chosen


def main():
    stage = Stage("tools", "solution_engineer", "integration_engineer")
    needs = read_json("tools.json")["needs"]
    text = words(stage.given["paragraphs"])
    chosen = by_rule(needs, text)
    options = {option["id"]: (need["need"], option) for need in needs for option in need["options"]}
    seen = set()
    for item in stage.answer("draft").get("choices") or []:
        need, option = options.get(item.get("option"), (None, None))
        if option is None or need in seen:
            stage.refuse("solution_engineer", item.get("option"), "there is no such option, or its need has one already")
            continue
        seen.add(need)
        rule = chosen[need]
        named = said(option, "names", text)
        if rule["named"] and not named:
            # What the document names outweighs what a model likes.
            stage.refuse("solution_engineer", option["name"], f"the document names {rule['option']['name']}")
            continue
        reason = stage.take("solution_engineer", item.get("reason"))
        if reason:
            chosen[need] = {"option": option, "named": bool(named), "why": reason, "by": "agent solution_engineer"}
        else:
            stage.refuse("solution_engineer", option["name"], "a choice needs a reason that holds")
    notes = []
    for item in stage.answer("notes").get("notes") or []:
        need, option = options.get(item.get("option"), (None, None))
        if option is None or chosen[need]["option"] is not option:
            stage.refuse("integration_engineer", item.get("note"), "it is about an option that was not chosen")
            continue
        note = stage.take("integration_engineer", item.get("note"))
        if note:
            notes.append([option["name"], escape(note)])
    stage.part("Options, strengths and limits", "")
    stage.part("Choice", "solution_engineer" if any(choice["by"] != "rule" for choice in chosen.values()) else "")
    if notes:
        stage.part("Integration", "integration_engineer")

    rows = []
    for need in needs:
        choice = chosen[need["need"]]
        rows.append([need["title"], f"**{escape(choice['option']['name'])}**", escape(choice["why"]), choice["by"]])
    sections = [("Choice", table(["Need", "Chosen", "Why", "Chosen by"], rows))]
    comparison = []
    for need in needs:
        comparison.append(f"### {need['title']}\n\n" + table(["Option", "Licence", "Strength", "Limit", "Chosen"], [
            [escape(option["name"]), option["licence"], escape(option["strength"]), escape(option["limit"]),
             "yes" if option is chosen[need["need"]]["option"] else ""] for option in need["options"]]))
    sections.append(("Comparison of tools", "\n\n".join(comparison)))
    if notes:
        sections.append(("Integration", table(["Tool", "What to mind"], notes)))
    brief = "Tools chosen: " + "; ".join(
        f"{need['need']} {chosen[need['need']]['option']['name']}" for need in needs) + "."
    data = {"chosen": {
        name: {"id": choice["option"]["id"], "name": choice["option"]["name"], "named": choice["named"]}
        for name, choice in chosen.items()}}
    stage.finish("Tools", sections, brief, data)


if __name__ == "__main__":
    main()
