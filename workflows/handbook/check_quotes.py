# SPDX-License-Identifier: Apache-2.0
"""Proves that each quote is in its source, and that an introduction says nothing that its chapter does not.

A quote has to stand in the section it names, white space aside. Of an introduction each number, and each part in quotation
marks, has to be in the chapter's source; else the introduction is left out, and it is said which.

Input: sections, handbook (JSON files), chapters, introductions. Output: checked, missing, introductions (those that passed),
refused, ok, complaints.
"""

import json
import re

from node import read_input, stop, write_output


def flat(text):
    return " ".join(text.split())


def complaints_of(text, source):
    source_numbers = set(re.findall(r"\d+(?:[.,]\d+)*", source))
    faults = [f"the number {number}" for number in dict.fromkeys(re.findall(r"\d+(?:[.,]\d+)*", text)) if number not in source_numbers]
    for quote in re.findall(r"[\"“„]([^\"”“]{3,400})[\"”]", text):
        if flat(quote).rstrip(".,;:").lower() not in flat(source).lower():
            faults.append(f'the quote "{quote[:60]}"')
    return faults


def main():
    given = read_input()
    with open(given["sections"], encoding="utf-8") as file:
        sections = json.load(file)
    with open(given["handbook"], encoding="utf-8") as file:
        handbook = json.load(file)
    texts = {}
    for section in sections:
        texts.setdefault((section["document"], section["place"]), []).append(flat(section["heading"] + " " + section["text"]))
    missing = [
        quote for quote in handbook["quotes"]
        if not any(flat(quote["quote"]) in text for text in texts.get((quote["document"], quote["place"]), []))
    ]
    if missing:
        first = missing[0]
        stop(f"{len(missing)} quotes are not in their source; the first, of {first['document']}, {first['place']}: {first['quote'][:200]}")
    kept, refused = [], []
    for chapter, text in zip(given["chapters"], given["introductions"] or [""] * len(given["chapters"])):
        documents = {quote["document"] for quote in handbook["quotes"] if quote["chapter"] == chapter["number"]}
        source = " ".join(section["heading"] + " " + section["text"] for section in sections if section["document"] in documents)
        text = (text or "").strip()
        faults = complaints_of(text, source) if text else []
        kept.append("" if faults else text)
        if faults:
            refused.append(f"chapter {chapter['number']}: {', '.join(faults[:3])}")
    write_output({
        "checked": len(handbook["quotes"]), "introductions": kept, "refused": len(refused), "ok": not refused,
        "complaints": "; ".join(refused),
    })


if __name__ == "__main__":
    main()
