# SPDX-License-Identifier: Apache-2.0
"""Gives each sentence of the final texts the queries that its numbers come from.

A sentence belongs to the fact that it can be checked against alone; where no single fact carries all of it but all of them
do, to those that hold its numbers. A sentence without numbers is no claim.

Input: texts: {name: {text, facts, sources}}, `sources` naming the source of each line of `facts`. Output: the texts by
name, each sentence with its mark; claims: [{in, claim, facts, queries}]; without: how many sentences with numbers have none.
"""

import re

from check import Fact, complain, clocks, dates, hide, numbers, quoted
from node import read_input, write_output
from sources import NUMBERS


def sentences(text):
    """Sentences with what stands between them, so that they can be joined to the same text."""
    return re.split(r"((?<=[.!?])\s+|\n+)", text)


def support(sentence, facts):
    """The places of the facts that carry a sentence."""
    alone = [place for place, fact in enumerate(facts) if not complain(sentence, fact)]
    if alone:
        return alone[:1]
    if complain(sentence, "\n".join(facts)):
        return []
    labels = quoted("\n".join(facts))
    said = numbers(clocks(dates(hide(sentence, labels))[3])[1])
    table = [Fact(fact, labels) for fact in facts]
    found = []
    for number in said:
        holders = [place for place, fact in enumerate(table) if fact.holds(number, True, None)]
        if holders and not set(holders) & set(found):
            found.append(holders[0])
    if not said:
        # A date or a time alone.
        found = [place for place, fact in enumerate(facts) if any(str(day[0]) in fact for day in dates(sentence)[0])][:1]
    return found


def main():
    given = read_input()
    claims, outputs, without = [], {}, 0
    for name, entry in given["texts"].items():
        facts = [line for line in entry["facts"].splitlines() if line.strip()]
        text = ""
        for piece in sentences(entry["text"]):
            if not re.search(r"\d", piece):
                text += piece
                continue
            plain = re.sub(r"\\([\\`*_{}\[\]<>#|$~^@!&])", r"\1", piece).strip("* ")
            places = support(plain, facts)
            queries = list(dict.fromkeys(NUMBERS[entry["sources"][place]] for place in places))
            without += not queries
            claims.append({
                "in": name, "claim": plain, "facts": [facts[place] for place in places], "queries": queries,
            })
            text += piece + (f" [{', '.join(queries)}]" if queries else "")
        outputs[name] = text
    write_output({**outputs, "claims": claims, "without": without})


if __name__ == "__main__":
    main()
