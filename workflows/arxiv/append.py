# SPDX-License-Identifier: Apache-2.0
"""The text with what its papers say behind it. A summary whose numbers are not in its paper is left out, and it is said so.

Input: text, papers, summaries (empty, or one for each paper), skipped. Output: text, skipped, and the artifact enhanced.md.
"""

import re

from node import read_input, write_output


def strange_numbers(summary, text):
    known = set(re.findall(r"\d+(?:[.,]\d+)*", text))
    return [number for number in dict.fromkeys(re.findall(r"\d+(?:[.,]\d+)*", summary)) if number not in known]


def escape(text):
    return re.sub(r"([\\`*_{}\[\]<>#|$~^])", r"\\\1", str(text)).replace("\n", " ")


def main():
    given = read_input()
    summaries = given["summaries"] or [None] * len(given["papers"])
    skipped, parts = list(given["skipped"]), [given["text"].rstrip()]
    if given["papers"]:
        parts.append("## What the papers say")
    for paper, summary in zip(given["papers"], summaries):
        parts.append(f"### {escape(paper['title'])}\n\n[arXiv:{paper['id']}]({paper['link']})")
        strange = strange_numbers(summary, paper["text"]) if summary else []
        if summary and not strange:
            parts.append(f"{summary.strip()}\n\n*Written by an agent from the paper; its numbers are in the paper.*")
            continue
        if strange:
            skipped.append({"id": paper["id"], "reason": f"the agent's summary says {', '.join(strange[:5])}, which the paper does not"})
        parts.append(f"> {escape(paper['abstract'])}\n\n*The abstract, word for word.*" if paper["abstract"]
                     else "*No abstract was found in the paper.*")
    if skipped:
        parts.append("## Skipped\n\n" + "\n".join(f"- {escape(entry['id'])}: {escape(entry['reason'])}" for entry in skipped))
    text = "\n\n".join(parts) + "\n"
    with open("enhanced.md", "w", encoding="utf-8") as file:
        file.write(text)
    write_output({"text": text, "skipped": skipped})


if __name__ == "__main__":
    main()
