# SPDX-License-Identifier: Apache-2.0
"""The arXiv ids of a text, in the order in which they come, each once; see "Understanding the arXiv identifier".

New ids are YYMM.NNNN (0704 to 1412) or YYMM.NNNNN (from 1501), old ones archive(.SC)/YYMMNNN (9107 to 0703). A number that only
looks like an id (a month 13, four digits after 2014) is refused and told. A bare number counts where the text calls it arXiv,
or gives it with a version, or where a paper at hand has that name.

Input: text, papers (paths), names. Output: papers: [{id, version, link, pdf, at_hand}], found, at_hand, skipped: [{id, reason}],
list.
"""

import os
import re

from node import read_input, write_output

ARCHIVES = (
    "acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga funct-an gr-qc "
    "hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph "
    "solv-int supr-con"
).split()
OLD = re.compile(rf"(?<![\w/.-])(?P<archive>{'|'.join(map(re.escape, ARCHIVES))})(?:\.[A-Z]{{2}})?/(?P<old>\d{{7}})(?:v(?P<version>\d{{1,3}}))?(?!\d)")
NEW = re.compile(
    r"(?P<marked>arxiv\s*[:.]?\s*(?:\[\S+\]\s*)?|arxiv\.org/(?:abs|pdf|html|e-print)/)?(?<![\d.])(?P<new>\d{4}\.\d{4,5})(?:v(?P<version>\d{1,3}))?(?![\d]|\.\d)",
    re.I)
LINKED_OLD = re.compile(rf"arxiv\.org/(?:abs|pdf|html|e-print)/(?P<archive>{'|'.join(map(re.escape, ARCHIVES))})(?:\.[A-Z]{{2}})?/(?P<old>\d{{7}})(?:v(?P<version>\d{{1,3}}))?", re.I)


def fault_of(text):
    """Why a number cannot be an id; None when it can."""
    if "/" in text:
        year, month = int(text.split("/")[1][:2]), int(text.split("/")[1][2:4])
        when = (1900 + year if year >= 91 else 2000 + year) * 100 + month
        if not 1 <= month <= 12:
            return f"there is no month {month:02}"
        return None if 199107 <= when <= 200703 else "old ids run from 9107 to 0703"
    year, month, digits = int(text[:2]), int(text[2:4]), len(text) - 5
    when = (2000 + year) * 100 + month
    if not 1 <= month <= 12:
        return f"there is no month {month:02}"
    if when < 200704:
        return "new ids begin with 0704"
    if (digits == 4) != (when <= 201412):
        return "ids have four digits after the point until 1412, and five from 1501"
    return None


def key_of(name):
    """The id that the name of a file stands for."""
    stem = os.path.splitext(name)[0]
    new = re.fullmatch(r"(?:arxiv[-_:. ]?)?(\d{4}\.\d{4,5})(?:v\d+)?", stem, re.I)
    old = re.fullmatch(r"(?:arxiv[-_:. ]?)?([a-z-]+)(?:\.[A-Z]{2})?[_\-/](\d{7})(?:v\d+)?", stem, re.I)
    return new[1] if new else f"{old[1].lower()}/{old[2]}" if old else None


def find(text, names):
    at_hand = {key_of(name) for name in names} - {None}
    seen = []
    for match in OLD.finditer(text):
        seen.append((match.start(), f"{match['archive'].lower()}/{match['old']}", match["version"], True))
    for match in LINKED_OLD.finditer(text):
        seen.append((match.start(), f"{match['archive'].lower()}/{match['old']}", match["version"], True))
    for match in NEW.finditer(text):
        is_marked = bool(match["marked"] or match["version"])
        seen.append((match.start(), match["new"], match["version"], is_marked))
    papers, skipped = {}, {}
    for _, key, version, is_marked in sorted(seen, key=lambda entry: entry[0]):
        if not is_marked and key not in at_hand:
            # 1234.5678 may be a number.
            continue
        fault = fault_of(key)
        if fault:
            skipped.setdefault(key, f"no arXiv id: {fault}")
            continue
        paper = papers.setdefault(key, {"id": key, "version": None})
        if version:
            paper["version"] = max(int(version), paper["version"] or 0)
    return papers, skipped


def main():
    given = read_input()
    files = {key_of(name): path for name, path in zip(given["names"], given["papers"]) if key_of(name)}
    papers, refused = find(given["text"], given["names"])
    rows, skipped = [], [{"id": key, "reason": reason} for key, reason in refused.items()]
    for key, paper in papers.items():
        tail = key + (f"v{paper['version']}" if paper["version"] else "")
        rows.append({
            **paper, "link": f"https://arxiv.org/abs/{tail}", "pdf": f"https://arxiv.org/pdf/{tail}", "at_hand": files.get(key)})
        if key not in files:
            skipped.append({"id": key, "reason": "not at hand, and nothing is fetched: give the file as papers"})
    for name in given["names"]:
        key = key_of(name)
        if key is None:
            skipped.append({"id": name, "reason": "the name of the file is no arXiv id"})
        elif key not in papers:
            skipped.append({"id": name, "reason": "the text does not name it"})
    lines = [
        f"- [{row['id']}{'v' + str(row['version']) if row['version'] else ''}]({row['link']})"
        + (": at hand" if row["at_hand"] else ": skipped, not at hand") for row in rows
    ] + [f"- {entry['id']}: skipped, {entry['reason']}" for entry in skipped if not entry["reason"].startswith("not at hand")]
    write_output({
        "papers": rows, "found": len(rows), "at_hand": sum(row["at_hand"] is not None for row in rows), "skipped": skipped,
        "list": "\n".join(lines) or "The text names no arXiv paper.",
    })


if __name__ == "__main__":
    main()
