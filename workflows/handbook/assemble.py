# SPDX-License-Identifier: Apache-2.0
"""Puts the handbook together: contents, chapters with their introductions, glossary, sources.

Input: title, audience, contents, chapters, introductions, glossary, documents, checked, remark. Output: page, and the artifact
handbook.md.
"""

import re

from node import read_input, write_output


def escape(text):
    return re.sub(r"([\\`*_{}\[\]<>#|$~^@!&])", r"\\\1", str(text)).replace("\n", " ")


def main():
    given = read_input()
    introductions = given["introductions"] or [""] * len(given["chapters"])
    parts = []
    if given["audience"]:
        parts.append(f"*For {escape(given['audience'])}.*")
    if given["remark"]:
        parts.append(f"> **Remark of the reviewer:** {escape(given['remark'])}")
    parts.append("## Contents\n\n" + given["contents"])
    for chapter, text in zip(given["chapters"], introductions):
        parts.append(f"## {chapter['number']} {escape(chapter['title'])}")
        if text:
            parts.append(f"{escape(text)}\n\n*The lines above were written by an agent from the quotes below.*")
        parts.append(chapter["text"].strip())
    parts.append("## Glossary\n\n" + given["glossary"])
    rows = ["| Number | Document | Sections | SHA-256 |", "|---:|:---|---:|:---|"]
    number = 0
    for document in given["documents"]:
        if document["sections"]:
            number += 1
            rows.append(f"| {number} | {escape(document['name'])} | {document['sections']} | `{document['sha256'][:16]}` |")
    parts.append("## Sources\n\nA mark such as \\[1, page 3\\] names a document and the place in it.\n\n" + "\n".join(rows))
    skipped = [f"- {escape(document['name'])}: {escape(document['skipped'])}" for document in given["documents"] if document["skipped"]]
    if skipped:
        parts.append("Left out, in whole or in part:\n\n" + "\n".join(skipped))
    parts.append(f"All {given['checked']} quotes, steps and commands were compared with their sources, word for word.")
    page = "\n\n".join(parts) + "\n"
    with open("handbook.md", "w", encoding="utf-8") as file:
        file.write(f"# {escape(given['title'])}\n\n" + page)
    write_output({"page": page})


if __name__ == "__main__":
    main()
