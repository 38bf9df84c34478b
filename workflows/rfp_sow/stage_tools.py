# SPDX-License-Identifier: Apache-2.0
"""Stage 2: tools. tools.json has the options; rules choose by words of the requirements, the agents may choose otherwise.

Input beside those of stage.py: paragraphs (path), requirements. Data: chosen (need to option).
"""

import re

from node import read_json
from stage import Stage, words
from text import escape, table


def by_rule(needs, texts):
    """The option of each need whose words stand most often in the requirements; the first where none does."""
    chosen = {}
    for need in needs:
        def weight(option):
            return sum(
                len(re.findall(rf"\b{re.escape(word)}", texts)) for word in option["words"].split() if len(word) > 2)

        best = max(need["options"], key=weight)
        chosen[need["need"]] = (best, weight(best), "")
    return chosen


def main():
    stage = Stage("tools", "solution_engineer", "integration_engineer")
    needs = read_json("tools.json")["needs"]
    texts = words(stage.given["paragraphs"])
    chosen = by_rule(needs, texts)
    options = {option["id"]: (need["need"], option) for need in needs for option in need["options"]}
    reasons, seen = {}, set()
    for item in stage.answer("draft").get("choices") or []:
        need, option = options.get(item.get("option"), (None, None))
        if option is None or need in seen:
            stage.refuse("solution_engineer", item.get("option"), "there is no such option, or its need has one already")
            continue
        seen.add(need)
        ruled, weight, _ = chosen[need]
        if weight and ruled["id"] != option["id"]:
            # What the document names outweighs what a model likes.
            stage.refuse("solution_engineer", option["name"], f"the document names {ruled['name']}")
            continue
        chosen[need] = (option, weight, "agent solution_engineer")
        reasons[need] = stage.take("solution_engineer", item.get("reason"))
    notes = []
    for item in stage.answer("notes").get("notes") or []:
        need, option = options.get(item.get("option"), (None, None))
        if option is None or chosen[need][0]["id"] != option["id"]:
            stage.refuse("integration_engineer", item.get("note"), "it is about an option that was not chosen")
            continue
        text = stage.take("integration_engineer", item.get("note"))
        if text:
            notes.append([option["name"], escape(text)])
    stage.part("Options, strengths and limits", "")
    stage.part("Choice", "solution_engineer" if seen else "")
    if notes:
        stage.part("Integration", "integration_engineer")

    rows = []
    for need in needs:
        option, weight, by = chosen[need["need"]]
        why = reasons.get(need["need"]) or (
            "The document names it." if weight else "Usual choice; the document names none.")
        rows.append([need["title"], f"**{escape(option['name'])}**", escape(why), by or "rule"])
    sections = [("Choice", table(["Need", "Chosen", "Why", "Chosen by"], rows))]
    comparison = []
    for need in needs:
        comparison.append(f"### {need['title']}\n\n" + table(["Option", "Licence", "Strength", "Limit", "Chosen"], [
            [escape(option["name"]), option["licence"], escape(option["strength"]), escape(option["limit"]),
             "yes" if option["id"] == chosen[need["need"]][0]["id"] else ""] for option in need["options"]]))
    sections.append(("Comparison of tools", "\n\n".join(comparison)))
    if notes:
        sections.append(("Integration", table(["Tool", "What to mind"], notes)))
    brief = "Tools chosen: " + "; ".join(
        f"{need['need']} {chosen[need['need']][0]['name']}" for need in needs) + "."
    data = {"chosen": {
        name: {"id": option["id"], "name": option["name"], "named": bool(weight)} for name, (option, weight, _) in chosen.items()}}
    stage.finish("Tools", sections, brief, data)


if __name__ == "__main__":
    main()
