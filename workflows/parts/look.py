#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says of each data file what an agent must know to write a program for it: name, size, first lines, columns.

Reads `$FLOW_INPUT`: files, and the task if there is one. Writes `$FLOW_OUTPUT`
- about: the files in words
- start: how a program for the first table may begin, with the modules that are installed
- wants_plot: whether the task asks for a plot
"""

import json
import os
import re
import sys

sys.dont_write_bytecode = True  # The folder is part of what the run keeps.

import agent_python  # noqa: E402
import tables  # noqa: E402

LINES, WIDTH, MOST, COLUMNS = 4, 200, 20, 24
PLOT = re.compile(r"\b(plot|chart|histogram|scatter|visuali[sz])", re.I)


def about(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        head = file.read(8192)
    text = f"{os.path.basename(path)} ({size} bytes)"
    if b"\0" in head:
        return text + ", binary"
    try:
        # The last character of the head may be cut in its middle.
        lines = head.decode("utf-8", "strict" if size <= 8192 else "ignore").splitlines()[:LINES]
    except UnicodeDecodeError:
        return text + ", not UTF-8"
    text += ", begins:\n" + "\n".join("  " + line[:WIDTH] for line in lines)
    table = tables.read(path)
    return text + columns(table) if table else text


def columns(table):
    """The columns of a table in words."""
    words = []
    for place, name in enumerate(table.names[:COLUMNS]):
        numbers, cells = table.numbers(place), table.cells(place)
        if numbers:
            words.append(f"{name} (number, {tables.short(min(numbers))} to {tables.short(max(numbers))})")
        else:
            different = sorted(set(cells))
            few = len(different) <= 5 and all(len(value) <= 24 for value in different)
            words.append(f"{name} (text: {', '.join(different)})" if few else f"{name} (text)")
    more = f" and {len(table.names) - COLUMNS} more" if len(table.names) > COLUMNS else ""
    return f"\n  {len(table.rows)} rows. Columns: {'; '.join(words)}{more}"


def plot(table, task, has_pandas):
    """The lines that draw what the table has."""
    found = table.best_plot(task)
    if found is None:
        return ["# draw here"]

    def column(place):
        name = repr(table.names[place])
        if not has_pandas and not table.numbers(place):
            return f"[row[{name}] for row in rows]"
        return f"data[{name}]" if has_pandas else f"[float(row[{name}]) for row in rows if row[{name}]]"

    kind, *places = found
    names = [repr(table.names[place]) for place in places]
    if kind == "line":
        return [f"plt.plot({column(places[0])}, {column(places[1])})", f"plt.xlabel({names[0]})", f"plt.ylabel({names[1]})"]
    if kind == "histogram":
        return [f"plt.hist({column(places[0])}, bins=20)", f"plt.xlabel({names[0]})", "plt.ylabel('rows')"]
    if not has_pandas:
        return ["# draw here"]
    return [f"{column(places[0])}.value_counts().plot(kind='bar')", f"plt.xlabel({names[0]})", "plt.ylabel('rows')"]


def start(files, task, wants_plot):
    """The beginning of a program, to be filled. It has no double quotes, which small models forget to mark in JSON."""
    there = agent_python.modules()
    said = f"Python modules that are installed beside the standard library: {', '.join(there) or 'none'}."
    table = next(filter(None, map(tables.read, files)), None)
    if table is None:
        return said
    plain = [name for place, name in enumerate(table.names) if table.numbers(place)]
    lines = []
    if wants_plot and "matplotlib" in there:
        lines += ["import matplotlib", "matplotlib.use('Agg')", "import matplotlib.pyplot as plt"]
    if "pandas" in there:
        sep = "" if table.delimiter == "," else f", sep={repr(table.delimiter)}"
        lines += ["import pandas as pd", "", f"data = pd.read_csv({repr(table.name)}{sep})"]
        lines += ["print(data.describe())"]
        found = table.best_plot(task)
        if found and found[0] == "bars":
            lines += [f"print(data[{repr(table.names[found[1]])}].value_counts())"]
    else:
        sep = "" if table.delimiter == "," else f", delimiter={repr(table.delimiter)}"
        lines += ["import csv", "", f"with open({repr(table.name)}, newline='', encoding='utf-8') as file:",
                  f"    rows = list(csv.DictReader(file{sep}))"]
        lines += [f"values = [float(row[{repr(name)}]) for row in rows if row[{repr(name)}]]"
                  for name in plain[-1:]]
    if wants_plot and "matplotlib" in there:
        lines += ["", "plt.figure()", *plot(table, task, "pandas" in there), "plt.savefig('plot.png', dpi=300)",
                  "print('saved plot.png')"]
    return said + "\nA program may begin like this:\n" + "\n".join(lines)


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        given = json.load(file)
    files = given.get("files") or []
    wants_plot = bool(PLOT.search(given.get("task") or ""))
    texts = [about(path) for path in files[:MOST]]
    if len(files) > MOST:
        texts.append(f"and {len(files) - MOST} more files")
    result = {
        "about": "\n".join(texts) or "no files", "start": start(files[:MOST], given.get("task") or "", wants_plot), "wants_plot": wants_plot}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)


main()
