# SPDX-License-Identifier: Apache-2.0
"""Words that the texts of a paper use most, as a list that keywords may be taken from where no list is given.

Input: texts, list (the list that a person has given). Output: list, given (whether a person gave it).
"""

import collections
import re

from node import read_input, write_output

COMMON = set("""
about above after again against also among analysis analyses answer asked asks because been before being below between both
column columns compare compute computed could data description different does each every file files find first five found
from give given goes have hold holds idea into just least made make many means more most much must name number numbers only
other over paper part point question rows same several should show shows since some step steps such table tables take test
tests than that their them then there these they thing this those through time title under until used uses using value
values very were what when where whether which while will with within without would write year years your long mean text
look looks describe described data analyse analysed analyze whole once twice alone nothing something anything person
approach based study standard error errors square squares rank ranks deviation extreme research result results method methods used aims explore significant using identify understand
""".split())


def main():
    given = read_input()
    listed = [str(entry).strip() for entry in given.get("list") or [] if str(entry).strip()]
    if listed:
        return write_output({"list": list(dict.fromkeys(listed)), "given": True})
    text = " ".join(given.get("texts") or []).lower()
    words = [word for word in re.findall(r"[a-z][a-z-]{3,}", text) if word not in COMMON]
    counts = collections.Counter(words)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))[:14]
    if len(ranked) < 5:
        ranked += [word for word in ("data analysis", "statistics", "time series", "tables", "measurements") if word not in ranked]
    write_output({"list": ranked, "given": False})


main()
