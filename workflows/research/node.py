# SPDX-License-Identifier: Apache-2.0
"""What the programs of this mode share: a node's input and output, tables as columns, and the tidying of agents' texts."""

import csv
import json
import os
import re
import sys

MOST_ROWS = 200_000
TIME_NAMES = ("year", "date", "month", "time", "day", "week", "t")
NOTHING = ("", "na", "nan", "null", "none", "?")


def read_input():
    """The `with:` values of the node."""
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        return json.load(file)


def write_output(values):
    """The outputs of the node."""
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(values, file, ensure_ascii=False)


def write_text(path, text):
    """A file that ends in one line break."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.rstrip("\n") + "\n")


def stop(message):
    """Ends the node with an error for the user."""
    print("error: " + message, file=sys.stderr)
    sys.exit(1)


def read_rows(path):
    """(header, rows of text) of a CSV, TSV, JSON or JSON Lines table; None if the file is no table."""
    ending = os.path.splitext(path)[1].lower()
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            if ending in (".json", ".jsonl"):
                records = [json.loads(line) for line in file if line.strip()] if ending == ".jsonl" else json.load(file)
                if not isinstance(records, list) or not all(isinstance(record, dict) for record in records[:50]):
                    return None
                header = list(dict.fromkeys(key for record in records[:MOST_ROWS] for key in record))
                return header, [[_text(record.get(key)) for key in header] for record in records[:MOST_ROWS]]
            if ending not in (".csv", ".tsv", ".txt"):
                return None
            first = file.readline()
            file.seek(0)
            sign = "\t" if "\t" in first else ";" if first.count(";") > first.count(",") else ","
            reader = csv.reader(file, delimiter=sign)
            header = [name.strip() for name in next(reader, [])]
            if len(header) < 2 and ending == ".txt":
                return None
            rows = []
            for row in reader:
                if row and len(rows) < MOST_ROWS:
                    rows.append([cell.strip() for cell in row[:len(header)]] + [""] * (len(header) - len(row)))
            return (header, rows) if header and all(header) else None
    except (OSError, ValueError, csv.Error):
        return None


def _text(value):
    return "" if value is None else str(value)


def number(text):
    """The number that a cell holds; None if it holds none."""
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text.strip()):
        return None
    value = float(text)
    return value if abs(value) < 1e300 else None


def spoken(name):
    """The name of a column as it stands in a sentence: bill_length_mm is the bill length (mm)."""
    return re.sub(r" (mm|cm|km|m|kg|g|mg|s|ms|min|h|usd|eur|pct)$", r" (\1)", name.replace("_", " "))


class Column:
    """A column with what it is: `time` (a number or a date that never falls), `number`, `group` (few values) or `text`."""

    def __init__(self, name, cells):
        self.name, self.cells = name, cells
        # The name as it stands in a sentence.
        self.label = spoken(name)
        there = [cell for cell in cells if cell.lower() not in NOTHING]
        self.missing = len(cells) - len(there)
        values = [number(cell) for cell in there]
        self.values = [None if cell.lower() in NOTHING else number(cell) for cell in cells]
        distinct = len(set(there))
        is_number = bool(there) and all(value is not None for value in values)
        whole = is_number and all(value == int(value) for value in values)
        word = re.sub(r"[^a-z]", " ", name.lower()).split()
        rises = is_number and all(a <= b for a, b in zip(values, values[1:])) and distinct > 2
        if rises and not self.missing and any(part in TIME_NAMES for part in word):
            self.kind = "time"
        elif there and all(re.fullmatch(r"\d{4}-\d\d(-\d\d)?", cell) for cell in there) and there == sorted(there):
            self.kind = "time"
            self.values = [_years(cell) for cell in cells]
        elif is_number and distinct > (5 if whole else 2):
            self.kind = "number"
        elif 2 <= distinct <= 12 and len(there) >= 2 * distinct:
            self.kind = "group"
        else:
            self.kind = "number" if is_number and distinct > 1 else "text"
        self.distinct = distinct


def _years(cell):
    parts = [int(part) for part in cell.split("-")] + [1]
    return parts[0] + (parts[1] - 1) / 12 + (parts[2] - 1) / 365.25 if len(cell) >= 7 else None


class Table:
    """A file as columns."""

    def __init__(self, path, header, rows):
        self.name = os.path.basename(path)
        self.rows = len(rows)
        self.columns = [Column(name, [row[place] for row in rows]) for place, name in enumerate(header)]

    def of(self, kind):
        return [column for column in self.columns if column.kind == kind]


def read_tables(paths, most=3):
    """The tables among the files."""
    found = []
    for path in paths:
        read = read_rows(path)
        if read and read[1] and len(found) < most:
            found.append(Table(path, *read))
    return found


def show(value, digits=4):
    """A number as people write it: whole ones whole, others with so many digits."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.{digits}g}"
    if "e" in text and 1e-6 < abs(value) < 1e9:
        text = f"{value:.{max(0, digits - len(str(int(abs(value)))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def without_programs(text):
    """The text without the programs in it: they are no text of a paper, nor are the lines that announce them."""
    return re.sub(r"(?:^[^\n]*:[ \t]*\n+)?^[ \t]*```.*?(?:^[ \t]*```[ \t]*$|\Z)", "", text, flags=re.M | re.S).strip()


def dollar_formulas(text):
    """The text with formulas between \\[ \\] or \\( \\) between dollars, on one line."""
    return re.sub(r"\\\[\s*((?:[^\n$]|\n(?!\n))+?)\s*\\\]|\\\(\s*([^\n$]+?)\s*\\\)",
                  lambda match: "$" + re.sub(r"\s+", " ", match[1] or match[2]) + "$", text)
