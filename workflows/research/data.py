# SPDX-License-Identifier: Apache-2.0
"""Makes the data of a run ready and says what it holds.

Input: files (paths), sheets (spreadsheets as CSV: lists of path and name), data_filter, description, project (what a
project folder holds already). Output: files (those that the programs of the run get), about (name, size and first lines
of each), facts (a fact a line), description (the whole text that agents read), rows, note.

A filter is conditions with `and` between them, such as `year >= 1899 and flow < 1200`: rows of tables that have these
columns and do not meet them are left out.
"""

import csv
import os
import re
import shutil

from node import number, read_input, read_rows, read_tables, show, stop, write_output

LINES, WIDTH, MOST_FILES = 4, 120, 20
CONDITION = re.compile(r"\s*([\w .-]+?)\s*(<=|>=|==|!=|=|<|>)\s*(.+?)\s*")


def conditions(text):
    found = []
    for part in re.split(r"\s+and\s+", text.strip(), flags=re.I) if text.strip() else []:
        match = CONDITION.fullmatch(part)
        if not match:
            stop(f'the data filter "{part}" is no condition: write such as year >= 1899 and species == Adelie')
        found.append((match[1], "==" if match[2] == "=" else match[2], match[3].strip("'\"")))
    return found


def meets(cell, sign, wanted):
    left, right = number(cell), number(wanted)
    if left is None or right is None:
        if sign not in ("==", "!="):
            return False
        left, right = cell.strip().lower(), wanted.lower()
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right, "==": left == right,
            "!=": left != right}[sign]


def filtered(path, wanted):
    """The path of the table with the rows that meet the conditions; the number of rows before and after."""
    read = read_rows(path)
    if not read or not all(name in read[0] for name, _, _ in wanted):
        return path, None
    header, rows = read
    kept = [row for row in rows if all(meets(row[header.index(name)], sign, value) for name, sign, value in wanted)]
    target = os.path.splitext(os.path.basename(path))[0] + ".csv"
    with open(target, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header] + kept)
    return target, (len(rows), len(kept))


def about(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(8192)
    text = f"{os.path.basename(path)} ({size} bytes)"
    if b"\0" in head:
        return text + ", binary"
    try:
        lines = head.decode("utf-8", "strict" if size <= 8192 else "ignore").splitlines()[:LINES]
    except UnicodeDecodeError:
        return text + ", not UTF-8"
    return text + ", begins:\n" + "\n".join("  " + line[:WIDTH] for line in lines)


def facts(table):
    """What a table holds, a fact a line."""
    columns = ", ".join(column.name for column in table.columns[:12])
    found = [f"The table {table.name} has {table.rows} rows and {len(table.columns)} columns: {columns}."]
    for column in table.columns[:12]:
        missing = f"; {column.missing} cells are empty" if column.missing else ""
        if column.kind == "time":
            found.append(f"The column {column.name} goes from {column.cells[0]} to {column.cells[-1]}{missing}.")
        elif column.kind == "number":
            values = [value for value in column.values if value is not None]
            found.append(f"The column {column.name} holds numbers from {show(min(values))} to {show(max(values))}{missing}.")
        elif column.kind == "group":
            names = ", ".join(sorted({cell for cell in column.cells if cell})[:8])
            found.append(f"The column {column.name} has {column.distinct} values: {names}{missing}.")
    return found


def main():
    given = read_input()
    paths = list(dict.fromkeys(given.get("files") or []))[:MOST_FILES]
    sheets = given.get("sheets") or []
    ready, notes = [], []
    for path in paths:
        if path.lower().endswith(".xlsx") and sheets:
            name = os.path.splitext(os.path.basename(path))[0] + ".csv"
            shutil.copyfile(sheets.pop(0), name)
            path = name
        ready.append(path)
    wanted = conditions(given.get("data_filter") or "")
    if wanted:
        kept = None
        for place, path in enumerate(ready):
            ready[place], count = filtered(path, wanted)
            if count:
                kept = count
                notes.append(f"Of {count[0]} rows of {os.path.basename(path)} the {count[1]} with {given['data_filter']} "
                             "are used.")
        if kept is None:
            stop("no data file is a table that has the columns of the data filter: " + given["data_filter"])
        if not kept[1]:
            stop("no row is left: " + given["data_filter"])
    tables = read_tables(ready)
    lines = [line for table in tables for line in facts(table)] + notes
    project = given.get("project") or {}
    said = (given.get("description") or project.get("data_description") or "").strip()
    if not said and not ready:
        stop("there is neither a data description nor a data file")
    heads = "\n".join(about(path) for path in ready)
    parts = [said, "What the data hold:\n" + "\n".join(f"- {line}" for line in lines) if lines else ""]
    if ready:
        parts.append("Data files, which lie in the folder of every program:\n" + heads)
    links = sorted(set(re.findall(r"arxiv\.org/\S+", said)))
    write_output({
        "files": ready, "about": heads or "no files", "facts": "\n".join(lines), "said": said,
        "description": "\n\n".join(part for part in parts if part), "rows": sum(table.rows for table in tables),
        "links": links,
    })
    print(f"{len(ready)} files, {len(tables)} tables, {len(lines)} facts")


main()
