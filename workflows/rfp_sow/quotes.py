# SPDX-License-Identifier: Apache-2.0
"""Proves that each requirement quotes the source: white space and sorts of quotation marks aside, letter by letter.

Input: requirements, document (path of document.txt), unproved (quotes of agents that were refused). Output: ok, checked,
missing (ids), faults, page. A missing quote fails no run: it is told here, in the report and in the outputs.
"""

from node import read_input, write_output
from text import escape, same


def main():
    given = read_input()
    with open(given["document"], encoding="utf-8") as file:
        source = same(file.read())
    missing = [item for item in given["requirements"] if len(same(item["quote"])) < 8 or same(item["quote"]) not in source]
    checked = len(given["requirements"])
    refused = given.get("unproved") or []
    page = f"{checked - len(missing)} of {checked} quotes are in the source."
    if refused:
        page += " Further quotes of agents that are not, and became no requirement:\n\n" + "\n".join(
            "- " + escape(text) for text in refused)
    if missing:
        page += "\n\nNot in the source:\n\n" + "\n".join(f"- {item['id']}: {escape(item['quote'])}" for item in missing)
    write_output({
        "ok": not missing, "checked": checked, "missing": [item["id"] for item in missing],
        "faults": [f"{item['id']} quotes what is not in the source" for item in missing], "page": page,
    })


if __name__ == "__main__":
    main()
