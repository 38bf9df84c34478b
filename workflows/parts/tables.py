# SPDX-License-Identifier: Apache-2.0
"""Tables in text files, read with the standard library alone."""

import csv
import os
import re

LARGEST, MOST_ROWS, MOST_COLUMNS = 64 << 20, 200_000, 200


class Table:
    """The head and the rows of a table, and what its columns are."""

    def __init__(self, path, delimiter, names, rows):
        self.path, self.name, self.delimiter = path, os.path.basename(path), delimiter
        self.names, self.rows = names, rows

    def cells(self, place):
        """The cells of a column that are not empty."""
        return [row[place].strip() for row in self.rows if place < len(row) and row[place].strip()]

    def numbers(self, place):
        """The cells as numbers; None when more than one in twenty is none."""
        cells, found = self.cells(place), []
        for cell in cells:
            try:
                number = float(cell)
            except ValueError:
                continue
            if number - number == 0:  # neither infinite nor NaN
                found.append(number)
        return found if found and len(found) >= 0.95 * len(cells) else None

    def best_plot(self, task=""):
        """What shows most of the table at once: ("line", x, y), ("histogram", x) or ("bars", x), each x and y the place
        of a column; None where there is nothing to show. Columns that the task names go before others."""
        asked = set(re.findall(r"[a-z]{4,}", task.lower()))

        def is_named(place):
            parts = re.findall(r"[a-z]{4,}", self.names[place].lower())
            return any(part.startswith(word) or word.startswith(part) for part in parts for word in asked)

        numeric = [(place, numbers) for place in range(len(self.names)) if (numbers := self.numbers(place))]
        varied = [(place, numbers) for place, numbers in numeric if len(set(numbers)) > 1]
        whole = [(place, numbers) for place, numbers in varied if len(numbers) == len(self.rows)]
        rising = [place for place in range(len(self.names)) if self.is_time(place)]
        rising += [place for place, numbers in whole if all(a < b for a, b in zip(numbers, numbers[1:]))]
        values = sorted((place for place, _ in whole if place not in rising[:1]), key=lambda p: not is_named(p))
        kinds = {place: len(set(self.cells(place))) for place in range(len(self.names))}
        # A handful of kinds is easier to see than two dozen.
        texts = sorted(
            (place for place, count in kinds.items() if 1 < count <= 24 and not self.numbers(place)),
            key=lambda place: (not is_named(place), not 3 <= kinds[place] <= 12))
        if texts and is_named(texts[0]) and not any(is_named(place) for place in values):
            return "bars", texts[0]
        if rising and values:
            return "line", rising[0], values[0]
        many = [place for place, numbers in varied if len(set(numbers)) > 10 and place not in rising]
        many.sort(key=lambda place: not is_named(place))
        if many:
            return "histogram", many[0]
        return ("bars", texts[0]) if texts else ("histogram", varied[0][0]) if varied else None

    def is_time(self, place):
        """Whether a column has times, written so that their order is that of the text, each once and rising."""
        cells = [row[place].strip() if place < len(row) else "" for row in self.rows]
        return all(re.match(r"\d{4}-\d\d", cell) for cell in cells) and all(a < b for a, b in zip(cells, cells[1:]))


def read(path):
    """The table in a file, or None if there is none."""
    if os.path.splitext(path)[1].lower() not in (".csv", ".tsv", ".tab", ".txt", ".dat"):
        return None
    if not 0 < os.path.getsize(path) <= LARGEST:
        return None
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max("\t;,|", key=first.count)
            is_named_so = os.path.splitext(path)[1].lower() in (".csv", ".tsv")
            if "\0" in first or not (first.count(delimiter) or is_named_so):
                return None
            rows = []
            for row in csv.reader(file, delimiter=delimiter):
                if any(cell.strip() for cell in row):
                    rows.append(row[:MOST_COLUMNS])
                if len(rows) > MOST_ROWS:
                    break
    except (UnicodeDecodeError, csv.Error, OSError):
        return None
    if len(rows) < 2:
        return None
    return Table(path, delimiter, [name.strip() or f"column {n}" for n, name in enumerate(rows[0], 1)], rows[1:])


def short(number):
    """A number as people write it."""
    return f"{number:.6g}" if abs(number) < 1e6 and number != int(number) else f"{number:.10g}"
