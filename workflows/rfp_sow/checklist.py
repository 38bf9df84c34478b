# SPDX-License-Identifier: Apache-2.0
"""One item of the review checklist, over the documents as they are, also those that a person has edited.

The node is called check_NAME. Input: documents (name to text), requirements, estimate, records (of the stages). Output:
ok, checked (how many things), faults (sentences). A fault fails no run: the report and the output `checks` tell it.
"""

import os
import re
from decimal import Decimal

from node import read_input, stop, write_output
from text import PLACEHOLDERS, escape, plain, same, short, strange_numbers

MARKS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
CODES = re.compile(r"\b(?:USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|CNY|SEK|NOK|DKK|PLN)\b")


def tables(text):
    """The tables of a document: header and rows of cells, without marks."""
    found, rows = [], []
    for line in text.split("\n") + [""]:
        if line.startswith("|"):
            rows.append([re.sub(r"\\(.)|\*\*", r"\1", cell).strip() for cell in line.strip().strip("|").split(" | ")])
        elif rows:
            if len(rows) > 2:
                found.append((rows[0], rows[2:]))
            rows = []
    return found


def own_words(text, requirements):
    """A document without what it quotes of the source, whole or cut."""
    for item in sorted(requirements, key=lambda item: -len(item["quote"])):
        text = text.replace(escape(item["quote"]), " ")
        for most in (44, 110, 140, 160, 200):
            for part in (item["quote"], item["place"]):
                text = text.replace(escape(short(part, most)), " ")
    return text.split("\n## Quotes that are not in the source")[0] if "\n## Quotes that are not" in text else text


def placeholders(given):
    faults = []
    for name, text in given["documents"].items():
        body = own_words(text, given["requirements"]).split("\n## About this document")[0]
        for match in PLACEHOLDERS.finditer(body):
            faults.append(f'{name} holds the placeholder "{match[0]}"')
    return len(given["documents"]), faults


def currency(given):
    wanted, faults, count = given["estimate"]["currency"], [], 0
    for name, text in given["documents"].items():
        body = own_words(text, given["requirements"]).split("\n## Glossary")[0]
        found = set(CODES.findall(body)) | {code for mark, code in MARKS.items() if re.search(rf"\\?{re.escape(mark)}\s?\d", body)}
        count += len(CODES.findall(body))
        faults += [f"{name} speaks of {code}, the estimate of {wanted}" for code in sorted(found - {wanted})]
    return count, faults


def annual(given):
    faults, count = [], 0

    def amount(cell):
        digits = re.search(r"-?\d[\d,]*(?:\.\d+)?", cell)
        return Decimal(digits[0].replace(",", "")) if digits else None

    for name, text in given["documents"].items():
        for head, rows in tables(text):
            if "Monthly" not in head or "Annual" not in head:
                continue
            month, year = head.index("Monthly"), head.index("Annual")
            parts, total = Decimal(0), None
            for row in rows:
                if len(row) != len(head):
                    faults.append(f"{name} has a row of another length in a table of costs")
                    continue
                monthly, yearly = amount(row[month]), amount(row[year])
                count += 1
                if monthly is None or yearly is None or yearly != 12 * monthly:
                    faults.append(f"{name}: annual is not 12 times monthly in the row of {row[0]}")
                elif row[0] == "Total":
                    total = monthly
                else:
                    parts += monthly
            if total is not None and total != parts:
                faults.append(f"{name}: the items of a table add up to {parts}, its total says {total}")
    for result in given["estimate"]["estimates"]:
        rows = [Decimal(str(row["monthly"])) for row in result["items"]]
        count += 1
        if sum(rows) != Decimal(str(result["monthly"])) or 12 * sum(rows) != Decimal(str(result["annual"])):
            faults.append(f"the estimate of {result['provider']} does not add up")
    if not count:
        faults.append("no table of costs has the columns Monthly and Annual")
    return count, faults


def comparisons(given):
    faults, count = [], 0
    tools = [rows for head, rows in tables(given["documents"]["tools"]) if head[0] == "Option" and len(rows) >= 2]
    clouds = [rows for head, rows in tables(given["documents"]["cloud"]) if head[0] == "Provider" and len(rows) >= 2]
    count = len(tools) + len(clouds)
    if not tools:
        faults.append("the document on tools compares no options")
    if not clouds:
        faults.append("the document on the cloud compares no providers")
    return count, faults


def glossary(given):
    faults, count = [], 0
    for name in ("proposal", "sow"):
        text = given["documents"][name]
        part = text.split("\n## Glossary", 1)
        rows = [rows for head, rows in tables(part[1])] if len(part) == 2 else []
        if not rows:
            faults.append(f"{name} has no glossary with an entry")
        else:
            count += len(rows[0])
            faults += [f"{name}: the glossary says nothing of {row[0]}" for row in rows[0] if not plain(row[1])]
    return count, faults


def numbers(given):
    faults, count = [], 0
    for record in given["records"]:
        for item in record.get("taken") or []:
            count += 1
            strange = strange_numbers(item["text"], item["facts"])
            if strange:
                faults.append(f"{record['stage']}: {', '.join(strange)} is in no fact, in \"{short(item['text'], 80)}\"")
    return count, faults


def trace(given):
    wanted = [item["id"] for item in given["requirements"] if item["party"] != "customer"]
    named = set(re.findall(r"^\| (R\d{3,}) \|", given["documents"]["proposal"], re.M))
    faults = [f"the proposal does not answer {name}" for name in wanted if name not in named]
    known = {item["id"] for item in given["requirements"]}
    for name, text in given["documents"].items():
        strays = set(re.findall(r"\bR\d{3}\b", own_words(text, given["requirements"]))) - known
        faults += [f"{name} names {stray}, which is no requirement" for stray in sorted(strays)]
    return len(wanted), faults


CHECKS = {
    "placeholders": placeholders, "currency": currency, "annual": annual, "comparisons": comparisons,
    "glossary": glossary, "numbers": numbers, "trace": trace,
}


def main():
    given = read_input()
    name = os.environ["FLOW_NODE"].removeprefix("check_")
    if name not in CHECKS:
        stop(f"there is no check {name}")
    checked, faults = CHECKS[name](given)
    write_output({"ok": not faults, "checked": checked, "faults": list(dict.fromkeys(faults))[:40]})


if __name__ == "__main__":
    main()
