# SPDX-License-Identifier: Apache-2.0
"""The texts of papers at hand, with the abstract of each where it can be found.

Input: papers: [{id, at_hand}], most_characters. Output: papers: [{id, link, title, abstract, text}], skipped: [{id, reason}].
"""

import os
import re

from extract import extract
from node import read_input, write_output


def abstract_of(text):
    """What stands after the word Abstract, up to a heading or an empty line; else the first long paragraph."""
    found = re.search(r"(?im)^\W*abstract\b[\s.:—-]*\n?(.+?)(?=\n\s*\n|\n\s*(?:\d+\.?\s+)?(?:introduction|keywords|contents)\b|\Z)", text, re.S)
    if found and len(found[1].split()) >= 15:
        return " ".join(found[1].split())[:3000]
    for paragraph in re.split(r"\n\s*\n", text):
        if len(paragraph.split()) >= 40:
            return " ".join(paragraph.split())[:3000]
    return ""


def main():
    given = read_input()
    papers, skipped = [], []
    for paper in given["papers"]:
        documents, sections = extract([paper["at_hand"]], [os.path.basename(paper["at_hand"])], given["most_characters"])
        if not sections:
            skipped.append({"id": paper["id"], "reason": documents[0]["skipped"]})
            continue
        text = "\n\n".join(
            (section["heading"] + "\n\n" if section["heading"] and not section["place"].startswith("page") else "") + section["text"]
            for section in sections)
        title = next((" ".join(line.split()) for line in text.split("\n") if len(line.split()) >= 3), paper["id"])
        papers.append({"id": paper["id"], "link": paper["link"], "title": title[:200], "abstract": abstract_of(text), "text": text})
        if documents[0]["skipped"]:
            skipped.append({"id": paper["id"], "reason": documents[0]["skipped"]})
    write_output({"papers": papers, "skipped": skipped})


if __name__ == "__main__":
    main()
