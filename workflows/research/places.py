# SPDX-License-Identifier: Apache-2.0
"""Sees to it that the text of the results refers to each figure. No word and no number of the text is changed.

Input: text, figures. Output: text.
"""

import re

from node import read_input, write_output


def main():
    given = read_input()
    text, figures = (given.get("text") or "").strip(), given.get("figures") or []
    missing = [figure["number"] for figure in figures if not re.search(rf"\bfig(?:ure|\.)?s?\s*{figure['number']}\b", text, re.I)]
    if missing:
        names = ", ".join(map(str, missing[:-1])) + (" and " if missing[1:] else "") + str(missing[-1])
        text += f"\n\nSee also Figure{'s' if missing[1:] else ''} {names}."
    write_output({"text": text})


main()
