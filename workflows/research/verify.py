# SPDX-License-Identifier: Apache-2.0
"""Looks at the final texts once more: every number of each must be in what was computed or in the data.

Input: texts (section to text), facts, data_facts, context, figures (how many), keys (of papers that were found). Output:
checked (numbers), unsupported (a line for each that is not), by_section.
"""

import re

from check import bare, complain, numbers
from node import read_input, write_output


def main():
    given = read_input()
    facts = "\n".join([given.get("facts") or "", given.get("data_facts") or ""])
    checked, unsupported = 0, []
    for section, text in (given.get("texts") or {}).items():
        text = re.sub(r"\[@[^\]]*\]", "", text or "")
        checked += len(numbers(bare(text, section)))
        for fault in complain(section, text, facts, given.get("context") or "", given.get("figures") or 0):
            if fault.startswith(("The number", "No fact")):
                unsupported.append(f"{section}: {fault}")
    print("\n".join(unsupported) or f"all {checked} numbers are in what was computed")
    write_output({"checked": checked, "unsupported": unsupported})


main()
