# SPDX-License-Identifier: Apache-2.0
"""Adds what a search has answered to the papers that are known. Only what the service has said is written down.

Input: body (the JSON of the answer, or null), known (papers), query, failed (whether the request failed). Output: papers,
found (new ones), log (one line on this search).

It reads a list, or the member `data`, `papers`, `results` or `items` of an object; of a paper its title, authors, year, venue,
abstract, doi and address.
"""

import re

from node import read_input, write_output

MOST, NEW = 60, 10


def key_of(paper, taken):
    name = re.sub(r"[^A-Za-z]", "", (paper["authors"][0].split()[-1] if paper["authors"] else paper["title"].split()[0]))
    key = (name or "paper").lower() + str(paper["year"] or "")
    letter = ""
    while key + letter in taken:
        letter = chr(ord(letter or "`") + 1)
    return key + letter


def read(entry):
    title = entry.get("title")
    if not isinstance(title, str) or not title.strip():
        return None
    authors = [author.get("name", "") if isinstance(author, dict) else str(author) for author in entry.get("authors") or []]
    ids = entry.get("externalIds") or {}
    year = entry.get("year")
    return {
        "title": re.sub(r"\s+", " ", title).strip()[:300], "authors": [name for name in authors if name][:20],
        "year": year if isinstance(year, int) else None, "venue": str(entry.get("venue") or "")[:200],
        "abstract": re.sub(r"\s+", " ", str(entry.get("abstract") or ""))[:600],
        "doi": str(entry.get("doi") or ids.get("DOI") or "")[:200], "url": str(entry.get("url") or "")[:300]}


def main():
    given = read_input()
    papers = list(given.get("known") or [])
    body = given.get("body")
    if isinstance(body, dict):
        body = next((body[name] for name in ("data", "papers", "results", "items") if isinstance(body.get(name), list)), [])
    titles, taken, new = {paper["title"].lower() for paper in papers}, {paper["key"] for paper in papers}, 0
    for entry in body if isinstance(body, list) else []:
        paper = read(entry) if isinstance(entry, dict) else None
        if paper is None or paper["title"].lower() in titles or new >= NEW or len(papers) >= MOST:
            continue
        paper = {"key": key_of(paper, taken), **paper}
        titles.add(paper["title"].lower())
        taken.add(paper["key"])
        papers.append(paper)
        new += 1
    query = given.get("query") or ""
    told = "the service did not answer" if given.get("failed") else f"{new} papers"
    print(f"{query}: {told}")
    write_output({"papers": papers, "found": new, "log": f"{query}: {told}"})


main()
