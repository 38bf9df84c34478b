# SPDX-License-Identifier: Apache-2.0
"""Takes a text with citations only if its words are those of the text before and its keys are those of papers found.

Input: before, after, keys. Output: text (with citations such as [@key]), cited (keys), note.
"""

import re

from node import read_input, write_output


def main():
    given = read_input()
    before, after = (given.get("before") or "").strip(), (given.get("after") or "").strip()
    keys = given.get("keys") or []
    marked = re.sub(r"\[((?:@?[\w:-]+)(?:\s*[,;]\s*@?[\w:-]+)*)\]",
                    lambda match: "[" + ", ".join("@" + key for key in re.findall(r"[\w:-]+", match[1])) + "]", after)
    cited = list(dict.fromkeys(re.findall(r"@([\w:-]+)", marked)))

    def bare(text):
        return re.sub(r"\W+", "", re.sub(r"\[@[^\]]*\]", "", text))

    if not cited:
        note, text = "no citation was added", before
    elif any(key not in keys for key in cited):
        note, text, cited = "citations of papers that were not found are left out", before, []
    elif bare(marked) != bare(before):
        note, text, cited = "the words were changed, so the text without citations is kept", before, []
    else:
        note, text = "", marked
    write_output({"text": text, "cited": cited, "note": note})


main()
