#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program that takes the place of those of an agent when none of them works: tables in numbers, and one plot.

Reads `$FLOW_INPUT`: files (paths), task, why (what became of the agent's programs). Writes `$FLOW_OUTPUT`: summary,
printed, files, plot. It needs the standard library alone. No model has a part in what it writes, and it says so.
"""

import json
import math
import os
import statistics
import sys
from collections import Counter
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True  # The folder is part of what the run keeps.

import tables  # noqa: E402

MOST_TABLES, MOST_COLUMNS = 4, 16
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 400, 80, 70, 40, 20


def describe(table):
    """A table in numbers, as lines of text."""
    lines = [f"{table.name}: {len(table.rows)} rows, {len(table.names)} columns"]
    for place, name in enumerate(table.names[:MOST_COLUMNS]):
        numbers, cells = table.numbers(place), table.cells(place)
        empty = len(table.rows) - len(cells)
        missing = f"; {empty} empty" if empty else ""
        if numbers:
            facts = {
                "from": min(numbers), "to": max(numbers), "mean": statistics.fmean(numbers),
                "median": statistics.median(numbers)}
            if len(numbers) > 1:
                facts["standard deviation"] = statistics.stdev(numbers)
            text = ", ".join(f"{key} {tables.short(value)}" for key, value in facts.items())
        else:
            counts = Counter(cells)
            text = f"{len(counts)} different values"
            if counts and counts.most_common(1)[0][1] > 1:
                text += "; most often " + ", ".join(f"{value[:40]} ({n})" for value, n in counts.most_common(3))
        lines.append(f"- {name}: {text}{missing}")
    return lines


def ticks(low, high):
    """Round numbers from low to high, about five of them."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next((n for n in (1, 2, 5) if (high - low) / (step * n) <= 6), 10)
    first = math.ceil(low / step)
    return [(first + n) * step for n in range(12) if (first + n) * step <= high + step * 1e-9]


class Picture:
    """A plot as SVG."""

    def __init__(self, title, x_name, y_name, x_range, y_range):
        self.x_range, self.y_range = x_range, y_range
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
            f'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
        self.text(WIDTH / 2, 22, title, size=14)
        self.text(WIDTH / 2, HEIGHT - 12, x_name)
        self.parts.append(
            f'<text transform="translate(18 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(y_name)}</text>')
        self.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM)
        self.line(LEFT, TOP, LEFT, HEIGHT - BOTTOM)
        for value in ticks(*y_range):
            self.text(LEFT - 8, self.y(value) + 4, tables.short(value), anchor="end")
            self.line(LEFT - 4, self.y(value), LEFT, self.y(value))

    def x(self, value):
        low, high = self.x_range
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        low, high = self.y_range
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP)

    def number_axis(self):
        for value in ticks(*self.x_range):
            self.text(self.x(value), HEIGHT - BOTTOM + 18, tables.short(value))
            self.line(self.x(value), HEIGHT - BOTTOM, self.x(value), HEIGHT - BOTTOM + 4)

    def text(self, x, y, text, anchor="middle", size=12):
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>')

    def line(self, x1, y1, x2, y2):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#333"/>')

    def bar(self, x1, x2, value):
        top = self.y(value)
        self.parts.append(
            f'<rect x="{x1 + 1:.1f}" y="{top:.1f}" width="{max(1, x2 - x1 - 2):.1f}" '
            f'height="{HEIGHT - BOTTOM - top:.1f}" fill="#1565c0"/>')

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.parts) + "\n</svg>\n")


def draw(table, path, task=""):
    """Draws what shows most of a table. What it shows, in words; None when there is nothing to show."""
    found = table.best_plot(task)
    if found is None:
        return None
    kind, *places = found
    name = table.names[places[0]]
    if kind == "line":
        ys = table.numbers(places[1])
        xs = table.numbers(places[0]) or list(range(len(ys)))
        other = table.names[places[1]]
        picture = Picture(f"{table.name}: {other} over {name}", name, other, (xs[0], xs[-1]), (min(ys), max(ys)))
        if table.numbers(places[0]):
            picture.number_axis()
        else:
            times = table.cells(places[0])
            for n in range(0, len(times), max(1, (len(times) - 1) // 5)):
                picture.text(picture.x(n), HEIGHT - BOTTOM + 18, times[n][:10])
        points = " ".join(f"{picture.x(x):.1f},{picture.y(y):.1f}" for x, y in zip(xs, ys))
        picture.parts.append(f'<polyline points="{points}" fill="none" stroke="#1565c0" stroke-width="1.5"/>')
        picture.save(path)
        return f"{other} over {name}"
    if kind == "histogram":
        numbers = table.numbers(places[0])
        low, high = min(numbers), max(numbers)
        bins = [0] * 20
        for number in numbers:
            bins[min(19, int((number - low) / (high - low) * 20))] += 1
        picture = Picture(f"{table.name}: {name}", name, "rows", (low, high), (0, max(bins)))
        picture.number_axis()
        edges = [picture.x(low + (high - low) * n / 20) for n in range(21)]
        for n, count in enumerate(bins):
            picture.bar(edges[n], edges[n + 1], count)
        picture.save(path)
        return f"how often which {name} is there"
    counts = Counter(table.cells(places[0])).most_common(24)
    picture = Picture(f"{table.name}: rows by {name}", name, "rows", (0, len(counts)), (0, counts[0][1]))
    for n, (value, count) in enumerate(counts):
        picture.bar(picture.x(n + 0.1), picture.x(n + 0.9), count)
        picture.text(picture.x(n + 0.5), HEIGHT - BOTTOM + 18, value[: max(4, 90 // len(counts))])
    picture.save(path)
    return f"rows by {name}"


def main():
    with open(os.environ["FLOW_INPUT"], encoding="utf-8") as file:
        given = json.load(file)
    found, seen = [], set()
    for path in given.get("files") or []:
        table = tables.read(path) if os.path.basename(path) not in seen else None
        if table:
            seen.add(table.name)
            found.append(table)
    if not found:
        sys.exit("there is no table in the data files that the standard program can describe")
    lines = [line for table in found[:MOST_TABLES] for line in describe(table)]
    what, plot = next(((w, t) for t in found[:MOST_TABLES] if (w := draw(t, "standard_plot.svg", given.get("task") or ""))), (None, None))
    if what:
        lines.append(f"plot: {what} of {plot.name}, in standard_plot.svg")
    printed = "\n".join(lines) + "\n"
    with open("standard_summary.txt", "w", encoding="utf-8") as file:
        file.write(printed)
    why = " ".join((given.get("why") or "").split())
    mark = "Made by the standard program of this mode, not by a model" + (f": {why}" if why else ".")
    result = {
        "summary": f"{mark}\n\n{printed}", "printed": printed, "plot": "standard_plot.svg" if what else "",
        "files": ["standard_summary.txt"] + (["standard_plot.svg"] if what else [])}
    with open(os.environ["FLOW_OUTPUT"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    print(mark)


main()
