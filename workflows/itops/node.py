# SPDX-License-Identifier: Apache-2.0
"""What the programs of this mode share: a node's input and output, and tables as lists of rows."""

import csv
import json
import os
import re
import sys

# A leading zero makes a name of a number: 007 stays text.
INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?", re.ASCII)


def read_input():
    """The `with:` values of the node."""
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        return json.load(file)


def write_output(values):
    """The outputs of the node."""
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(values, file, ensure_ascii=False)


def stop(message):
    """Ends the node with an error for the user."""
    print("error: " + message, file=sys.stderr)
    sys.exit(1)


def read_table(path):
    """Rows of a CSV file: numbers as numbers, an empty field as None. No path, no rows: the node was skipped."""
    if not path:
        return []
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [{key: _value(text) for key, text in row.items()} for row in csv.DictReader(file)]


def write_table(path, columns, rows):
    """Writes rows as CSV; None becomes an empty field."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def _value(text):
    if text is None or text == "":
        return None
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text
