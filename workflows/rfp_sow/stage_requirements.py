# SPDX-License-Identifier: Apache-2.0
"""Stage 1: the requirements, those found by rule and those that an agent found beside them.

Input beside those of stage.py: found, paragraphs (path). A quote of an agent is a requirement only if it stands in the
source; the others are listed. Output beside those of stage.py: requirements (all, with ids), unproved (refused quotes).
"""

import re

from node import read_json, write_json
from requirements import counts, entry, most_relevant
from stage import Stage, bullets
from text import escape, plain, quote, same, short, table

PARTIES = [
    ("product", "What the solution has to do"), ("supplier", "What the supplier has to do"),
    ("customer", "What the customer does"),
]


def merge(stage, found, rows):
    """Adds the agent's quotes that are in the source and new; gives (all, refused quotes, number of all given)."""
    texts = [(same(row["text"]), row) for row in rows]
    known = [same(item["quote"]) for item in found]
    result, unproved, given = list(found), [], 0
    for answer in stage.team.get("quotes") or []:
        for item in (answer or {}).get("requirements") or []:
            text = plain(item.get("quote")).strip("\"“”'")
            if not text:
                continue
            given += 1
            key = same(text)
            row = next((row for body, row in texts if key in body), None)
            if row is None:
                unproved.append(text)
                stage.refuse("document_parser", text, "this is not in the document, word for word")
            elif row["heading"] or len(key) < 25:
                stage.refuse("document_parser", text, "it is a heading or too short to ask for anything")
            elif not any(key in other or other in key for other in known):
                known.append(key)
                # As the source has it, not as the agent has spelt its quotation marks.
                result.append(entry(len(result) + 1, text, row, "agent document_parser", item.get("kind")))
    return result, unproved, given


def is_said(stage, gap, items):
    """Whether what an agent calls missing stands in a requirement; then it is refused."""
    def long_words(text):
        return {word.lower() for word in re.findall(r"[A-Za-z]{4,}", text)}

    mine = long_words(gap)
    for item in items:
        if mine and len(mine & long_words(item["quote"])) >= 0.6 * len(mine):
            stage.refuse("requirements_engineer", gap, f"{item['id']} says it")
            return True
    return False


def rows_of(items):
    return table(["Id", "Requirement", "Strength", "Topic", "Place", "Found by"], [
        [item["id"], quote(item["quote"]), item["strength"], item["topic"], escape(item["place"]),
         "rule" if item["by"] == "rule" else "agent"] for item in items])


def main():
    stage = Stage("requirements", "document_parser", "requirements_engineer")
    rows = read_json(stage.given["paragraphs"])
    items, unproved, given = merge(stage, stage.given["found"], rows)
    write_json("requirements.json", items)
    count = counts(items)
    stage.part("Requirements and their quotes", "")
    if len(items) > len(stage.given["found"]):
        stage.part("Further quotes", "document_parser")
    notes = stage.answer("draft")
    summary = stage.take("requirements_engineer", notes.get("summary"))
    stage.part("Summary", "requirements_engineer" if summary else "")
    by_topic = ", ".join(f"{name} {number}" for name, number in list(count["topic"].items())[:6])
    plain_summary = (
        f"The document asks for {count['all']} things, {count['strength'].get('must', 0)} of them as a must. "
        f"By topic: {by_topic}.")
    gaps = [text for text in stage.take_all("requirements_engineer", notes.get("gaps")) if not is_said(stage, text, items)]
    questions = []
    for question in stage.take_all("requirements_engineer", notes.get("questions")):
        if question.endswith("?"):
            questions.append(question)
        else:
            stage.refuse("requirements_engineer", question, "it asks nothing")
    if gaps or questions:
        stage.part("Gaps and questions", "requirements_engineer")
    sections = [
        ("Summary", (escape(summary) + "\n\n" if summary else "") + escape(plain_summary)),
        ("Counts", table(["Topic", "Requirements"], [[name, str(number)] for name, number in count["topic"].items()], (1,))),
    ]
    for party, title in PARTIES:
        mine = [item for item in items if item["party"] == party]
        if mine:
            sections.append((title, rows_of(mine)))
    sections += [
        ("What is not said", bullets(gaps)),
        ("Questions to the customer", bullets(questions)),
        ("Quotes that are not in the source", bullets(unproved) if unproved else
         (f"None: all {given} quotes of the agent are in the source." if given else "None: all quotes were copied by rule.")),
    ]
    first = most_relevant(items, 5)
    brief = "\n".join(
        [f"Requirements: {count['all']}, of them must {count['strength'].get('must', 0)}. {by_topic}."]
        + ([f"Summary: {summary}"] if summary else []) + [f"{item['id']}: {short(item['quote'], 110)}" for item in first])
    stage.finish(
        "Requirements", sections, brief, {"counts": count}, {"requirements": items, "unproved": unproved})


if __name__ == "__main__":
    main()
